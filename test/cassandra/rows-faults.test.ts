import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Connection, connect } from '../../src/cassandra/connect.ts';
import { createRows } from '../../src/cassandra/rows.ts';
import { Writer } from '../../src/cassandra/write.ts';
import { createTable } from '../../src/cql/create.ts';
import type { Mutation } from '../../src/model/row.ts';
import type { Table } from '../../src/model/schema.ts';
import { type PrivateCluster, privateCluster } from '../support/cassandra.ts';
import { ring, tableOf } from './rows-fixture.ts';

const keyspace = 'rows_faults';
let own: PrivateCluster;
let patient: Connection;
let hasty: Connection;
beforeAll(async () => {
  own = await privateCluster({ settings: { batch_size_fail_threshold: '4KiB' } });
  const contactPoints = [`${own.address.host}:${own.address.port}`];
  patient = await connect({ contactPoints });
  hasty = await connect({ contactPoints, requestTimeoutMs: 400 });
  await patient.client.execute(
    `CREATE KEYSPACE ${keyspace} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
  );
});
afterAll(async () => {
  await hasty?.shutdown();
  await patient?.shutdown();
  await own?.[Symbol.asyncDispose]();
});

async function makeTable(name: string, value: string): Promise<Table> {
  const table = tableOf(name, { columns: { k: 'int', v: value }, partitionKey: ['k'] });
  await patient.client.execute(createTable(table, { keyspace, id: null }));
  return table;
}
const int = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const insert = (k: number, timestamp: bigint | null = 5n): Mutation => ({
  kind: 'insert',
  partitionKey: [int(k)],
  clusteringKey: [],
  cells: { v: int(k) },
  timestamp,
  ttl: 0,
});
const request = (table: Table): ConstructorParameters<typeof Writer>[1] => ({
  keyspace,
  table,
  types: {},
  consistency: 'QUORUM',
});
async function countRows(connection: Connection, table: Table): Promise<number> {
  let count = 0;
  const scan = createRows(connection).scan({
    keyspace,
    table,
    types: {},
    columns: ['v'],
    range: ring,
    times: true,
    consistency: 'ALL',
  });
  for await (const page of scan) count += page.length;
  return count;
}
/** Resumes the node after a while, whatever happens meanwhile. */
async function pausedFor(milliseconds: number, work: () => Promise<void>): Promise<void> {
  await own.pause();
  const resumed = new Promise((resolve) => setTimeout(resolve, milliseconds)).then(() => own.resume());
  try {
    await work();
  } finally {
    await resumed;
  }
}

/** For work that does not wait for the node. */
async function pausedWhile(work: () => Promise<void>): Promise<void> {
  await own.pause();
  try {
    await work();
  } finally {
    await own.resume();
  }
}

describe('a node that stops answering for a while', () => {
  it('delays writes that may be sent twice, and loses none', async () => {
    const table = await makeTable('delayed', 'int');
    const writer = new Writer(hasty.client, request(table));
    for (let k = 0; k < 500; k++) await writer.write(insert(k));
    await writer.flush();
    await pausedFor(2500, async () => {
      for (let k = 500; k < 2000; k++) await writer.write(insert(k));
      await writer.flush();
    });
    expect(await countRows(patient, table)).toBe(2000);
  });

  it('leaves what may not be sent twice unknown, and says so', async () => {
    const table = await makeTable('lists', 'list<int>');
    const append: Mutation = {
      kind: 'update',
      partitionKey: [int(1)],
      clusteringKey: [],
      cells: {},
      add: { v: Buffer.concat([int(1), int(4), int(7)]) },
      fields: {},
      timestamp: 5n,
      ttl: 0,
    };
    const warm = new Writer(hasty.client, request(table));
    await warm.write(append);
    await warm.flush();
    await pausedWhile(async () => {
      const writer = new Writer(hasty.client, request(table));
      await writer.write(append);
      await expect(writer.flush()).rejects.toMatchObject({
        code: 'WRITE_UNKNOWN',
        retryable: true,
        fields: { table: 'lists', key: 'k = 1' },
      });
      await expect(writer.write(append)).rejects.toMatchObject({ code: 'WRITE_UNKNOWN' });
    });
  });

  it('delays a scan', async () => {
    const table = tableOf('delayed', { columns: { k: 'int', v: 'int' }, partitionKey: ['k'] });
    expect(await countRows(hasty, table)).toBe(2000);
    await pausedFor(1500, async () => {
      expect(await countRows(hasty, table)).toBe(2000);
    });
  });
});

describe('what does not go away', () => {
  it('ends writes after their deadline and scans after their attempts, naming table and place', async () => {
    const table = tableOf('delayed', { columns: { k: 'int', v: 'int' }, partitionKey: ['k'] });
    await own.pause();
    try {
      const writer = new Writer(hasty.client, request(table), { deadlineMs: 1500 });
      await writer.write(insert(42));
      await expect(writer.flush()).rejects.toMatchObject({
        code: 'WRITE_FAILED',
        message: expect.stringContaining('k = 42 into rows_faults.delayed'),
        retryable: true,
      });
      await expect(countRows(hasty, table)).rejects.toMatchObject({
        code: 'READ_TIMEOUT',
        fields: { table: 'delayed', range: `(${ring.start}, ${ring.end}]`, consistency: 'ALL' },
        retryable: true,
      });
    } finally {
      await own.resume();
    }
  });

  it('names how many replicas are missing', async () => {
    const two = 'rows_faults_two';
    await patient.client.execute(
      `CREATE KEYSPACE ${two} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 2}`,
    );
    const table = tableOf('t', { columns: { k: 'int', v: 'int' }, partitionKey: ['k'] });
    await patient.client.execute(createTable(table, { keyspace: two, id: null }));
    const scan = createRows(patient).scan({
      keyspace: two,
      table,
      types: {},
      columns: ['v'],
      range: ring,
      times: false,
      consistency: 'ALL',
    });
    await expect(scan[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'NODES_MISSING',
      fields: { required: 2, alive: 1, table: 't' },
    });
    const writer = new Writer(patient.client, { ...request(table), keyspace: two }, { deadlineMs: 500 });
    await writer.write(insert(1));
    await expect(writer.flush()).rejects.toMatchObject({ code: 'NODES_MISSING', fields: { key: 'k = 1', alive: 1 } });
    const rows = createRows(patient);
    await expect(rows.newestWriteTime({ keyspace: two, table, types: {}, columns: ['v'] })).rejects.toMatchObject({
      code: 'NODES_MISSING',
      message: expect.stringContaining('QUORUM'),
    });
  });

  it('refuses at once what the server refuses', async () => {
    const table = await makeTable('refused', 'int');
    const writer = new Writer(patient.client, request(table));
    await writer.write({ ...insert(1), partitionKey: [Buffer.from('xyz')] });
    await expect(writer.flush()).rejects.toMatchObject({ code: 'WRITE_REFUSED', fields: { key: 'k = 0x78797a' } });
  });

  it('names the table whose tombstones a replica cannot read past', async () => {
    const table = tableOf('graves', {
      columns: { k: 'int', c: 'int', v: 'int' },
      partitionKey: ['k'],
      clusteringKey: ['c'],
    });
    await patient.client.execute(createTable(table, { keyspace, id: null }));
    const writer = new Writer(patient.client, request(table));
    for (let c = 0; c < 101_000; c++) {
      await writer.write({ kind: 'delete-row', partitionKey: [int(1)], clusteringKey: [int(c)], timestamp: 5n });
    }
    await writer.flush();
    await expect(countRows(patient, table)).rejects.toMatchObject({
      code: 'READ_FAILED',
      next: expect.stringContaining('tombstones'),
    });
  });
});

describe('a node that takes smaller batches than others', () => {
  it('gets them smaller, and every row', async () => {
    const table = tableOf('small_batches', {
      columns: { k: 'int', c: 'int', v: 'blob' },
      partitionKey: ['k'],
      clusteringKey: ['c'],
    });
    await patient.client.execute(createTable(table, { keyspace, id: null }));
    const writer = new Writer(patient.client, request(table));
    for (let c = 0; c < 1000; c++) {
      const cells = { v: Buffer.alloc(c === 500 ? 10_000 : 100, c) };
      await writer.write({
        kind: 'insert',
        partitionKey: [int(c % 3)],
        clusteringKey: [int(c)],
        cells,
        timestamp: 5n,
        ttl: 0,
      });
    }
    await writer.flush();
    expect(await countRows(patient, table)).toBe(1000);
  });
});

describe('a restarted node', () => {
  it('is written to and scanned again through the same connection, statements prepared anew', {
    timeout: 300_000,
  }, async () => {
    const table = await makeTable('restarted', 'int');
    const writer = new Writer(patient.client, request(table));
    for (let k = 0; k < 100; k++) await writer.write(insert(k));
    await writer.flush();
    await own.flush(keyspace);
    await own.restart();
    for (let k = 100; k < 200; k++) await writer.write(insert(k));
    await writer.flush();
    expect(await countRows(patient, table)).toBe(200);
    const rows = createRows(patient);
    expect(await rows.newestWriteTime({ keyspace, table, types: {}, columns: ['v'] })).toBe(5n);
  });
});
