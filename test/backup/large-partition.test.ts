import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTable } from '../../src/cql/create.ts';
import type { Table } from '../../src/model/schema.ts';
import type { TableWriter } from '../../src/ports/cluster.ts';
import { tableOf } from '../cassandra/rows-fixture.ts';
import { type BackupFixture, backupFixture, soon } from './fixture.ts';
import { seeded } from './random.ts';

let fixture: BackupFixture;
let table: Table;
beforeAll(async () => {
  fixture = await backupFixture('backup_large');
  const base = tableOf('log', {
    columns: { p: 'int', at: 'bigint', s: 'static text', line: 'text' },
    partitionKey: ['p'],
    clusteringKey: ['at'],
  });
  table = { ...base, clusteringKey: [{ column: 'at', order: 'desc' }] };
  await fixture.cql(createTable(table, { keyspace: fixture.keyspace, id: null }));
});
afterAll(async () => {
  await fixture.close();
});

const rowsInLarge = 20_000;
const random = seeded(77);

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
function bigint(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}

async function written(write: (writer: TableWriter) => Promise<void>): Promise<void> {
  const { keyspace, rows } = fixture;
  const writer = rows.write({ keyspace, table, types: {}, consistency: 'ONE' });
  await write(writer);
  await writer.flush();
}

function line(
  p: number,
  at: number,
  timestamp: bigint,
  text = random.bytes(100).toString('hex'),
): Parameters<TableWriter['write']>[0] {
  return {
    kind: 'insert',
    partitionKey: [int(p)],
    clusteringKey: [bigint(at)],
    cells: { line: Buffer.from(text) },
    timestamp,
    ttl: 0,
  };
}

describe('a partition of many chunks', () => {
  it('is backed up in pieces, and every change to it undone', { timeout: 180_000 }, async () => {
    await written(async (writer) => {
      for (let at = 0; at < rowsInLarge; at += 1) await writer.write(line(7, at * 10, 1000n));
      for (let p = 100; p < 300; p += 1) for (let at = 0; at < 3; at += 1) await writer.write(line(p, at, 1000n));
    });
    await fixture.cql(`UPDATE ${fixture.keyspace}.log SET s = 'large' WHERE p = 7`);
    const started = fixture.checkpoints.length;
    const backup = await fixture.backup(table);
    expect(backup.rows).toBe(rowsInLarge + 600);
    const verified = await fixture.backups.verify(backup.id, () => undefined);
    expect(verified.damage).toEqual([]);
    expect(verified.chunks).toBeGreaterThan(70);

    const changedAt = 2_000_000n;
    await written(async (writer) => {
      for (let at = 0; at < rowsInLarge; at += 97) await writer.write(line(7, at * 10, changedAt, 'changed'));
      for (let at = 5; at < rowsInLarge; at += 101) {
        await writer.write({
          kind: 'delete-row',
          partitionKey: [int(7)],
          clusteringKey: [bigint(at * 10)],
          timestamp: changedAt,
        });
      }
      for (let at = -50; at < rowsInLarge; at += 89) await writer.write(line(7, at * 10 + 3, changedAt, 'new'));
      for (let p = 250; p < 400; p += 7) await writer.write(line(p, 1, changedAt, 'changed or new'));
    });
    await fixture.cql(`DELETE FROM ${fixture.keyspace}.log WHERE p = 100`);
    const report = await fixture.restore(backup, table, { mode: 'exact', timestamp: soon() });
    expect(report).toMatchObject({ rows: rowsInLarge + 600, digest: backup.valueDigest, expected: backup.valueDigest });
    // more than one group, and the large partition in one of them: live rows are read by token
    const groups = fixture.checkpoints.slice(started).filter(({ state }) => state === 'done');
    expect(groups.length).toBeGreaterThan(1);
  });
});
