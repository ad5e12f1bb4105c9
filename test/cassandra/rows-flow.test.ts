import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Brake } from '../../src/cassandra/brake.ts';
import { usualLimits } from '../../src/cassandra/server-load.ts';
import { Writer } from '../../src/cassandra/write.ts';
import type { Mutation } from '../../src/model/row.ts';
import type { Table } from '../../src/model/schema.ts';
import type { FlowChange } from '../../src/ports/flow.ts';
import { type RowsFixture, rowsFixture } from './rows-fixture.ts';

let fixture: RowsFixture;
let table: Table;
beforeAll(async () => {
  fixture = await rowsFixture('rows_flow');
  table = await fixture.table('numbers', { columns: { k: 'int' }, partitionKey: ['k'] });
});
afterAll(() => fixture.close());

const insert = (k: number): Mutation => {
  const key = Buffer.alloc(4);
  key.writeInt32BE(k);
  return { kind: 'insert', partitionKey: [key], clusteringKey: [], cells: {}, timestamp: 1n, ttl: 0 };
};
const request = () => ({ keyspace: 'rows_flow', table, types: {}, consistency: 'LOCAL_QUORUM' as const });
const stored = async (): Promise<number> => (await fixture.read(table)).length;

describe('rows', () => {
  it('wait while somebody wants a pause, and arrive afterwards', async () => {
    const { rows } = fixture;
    const writer = rows.write(request());
    rows.flow.pause();
    for (let k = 0; k < 10; k += 1) await writer.write(insert(k));
    let flushed = false;
    const flushing = writer.flush().then(() => {
      flushed = true;
    });
    // readers wait, too: what reads here goes another way
    const count = async (): Promise<number> =>
      Number(
        (await fixture.connection.client.execute('SELECT count(*) AS n FROM rows_flow.numbers')).first()?.get('n'),
      );
    expect(await count()).toBe(0);
    const reading = stored();
    expect([await count(), flushed, rows.flow.state]).toEqual([0, false, { kind: 'paused' }]);
    rows.flow.resume();
    await flushing;
    await reading;
    expect(await count()).toBe(10);
  });

  it('that end at a moment of their own end then, however long they were held back', async () => {
    const { client } = fixture.connection;
    const columns = { k: 'int', v: 'int', l: 'list<int>' };
    const ending = await fixture.table('ending', { columns, partitionKey: ['k'] });
    let second = Math.floor(Date.now() / 1000);
    const brake = new Brake(client);
    const writer = new Writer(client, { ...request(), table: ending }, { bound: brake, nowSeconds: () => second });
    const int = Buffer.from([0, 0, 0, 7]);
    const list = Buffer.from([0, 0, 0, 1, 0, 0, 0, 4, ...int]);
    const end = { timestamp: 1n, ttl: 1000, expiresAt: second + 1000 };
    const update = (k: number, cells: Readonly<Record<string, Buffer>>) =>
      ({ ...insert(k), kind: 'update', cells, add: {}, fields: {}, ...end }) as const;
    brake.pause();
    await writer.write({ ...insert(1), cells: { v: int }, ...end } as Mutation);
    await writer.write(update(2, { v: int }));
    await writer.write({ ...insert(3), cells: { v: int }, timestamp: 1n, ttl: 1000 } as Mutation);
    await writer.write({ ...insert(4), cells: { v: int }, ...end, ttl: 300, expiresAt: second + 300 } as Mutation);
    const listed = writer.write(update(5, { l: list }));
    second += 400;
    brake.resume();
    await listed;
    await writer.flush();
    const left = async (k: number, column: string): Promise<number> => {
      const row = (await client.execute(`SELECT TTL(${column}) AS t FROM rows_flow.ending WHERE k = ${k}`)).first();
      const found: unknown = row?.get('t') ?? 0;
      return Number(Array.isArray(found) ? found[0] : found);
    };
    expect(await left(4, 'v')).toBeLessThanOrEqual(1);
    for (const [k, column] of [
      [1, 'v'],
      [2, 'v'],
    ] as const) {
      expect(await left(k, column)).toBeLessThanOrEqual(600);
      expect(await left(k, column)).toBeGreaterThan(500);
    }
    // a time to live that begins with the write is not touched
    expect(await left(3, 'v')).toBeGreaterThan(900);
    expect(await left(5, 'l')).toBeLessThanOrEqual(600);
    expect(await left(5, 'l')).toBeGreaterThan(500);
  });

  it('flow as the load of the servers allows, which is looked at only while something is written', async () => {
    const { client } = fixture.connection;
    const asked = vi.spyOn(client, 'execute');
    const changes: FlowChange[] = [];
    // every queue counts as too long
    const limits = { ...usualLimits, requests: { slow: 0, hold: Number.POSITIVE_INFINITY } };
    const brake = new Brake(client, { everyMs: 10, limits });
    brake.watch((change) => changes.push(change));
    const writer = new Writer(client, request(), { bound: brake });
    await writer.write(insert(100));
    await writer.flush();
    await vi.waitFor(() => expect(brake.state.kind).toBe('slowed'), { timeout: 5000 });
    expect(changes).toEqual([
      { kind: 'state', state: { kind: 'slowed', why: expect.stringContaining('tasks wait in') } },
    ]);
    expect(asked.mock.calls.some(([text]) => text.includes('system_views.thread_pools'))).toBe(true);
    await writer.write(insert(101));
    await writer.flush();
    expect(await stored()).toBe(12);
    asked.mockRestore();
  });

  it('flow on where the load cannot be seen, and it is said once', async () => {
    const { client } = fixture.connection;
    // as a server before 4.0 answers
    await fixture.cql('CREATE TABLE rows_flow.thread_pools (name text PRIMARY KEY)');
    const execute = client.execute.bind(client);
    const asked = vi
      .spyOn(client, 'execute')
      .mockImplementation(((text: string, ...more: []) =>
        execute(text.replace('system_views', 'rows_flow'), ...more)) as never);
    const changes: FlowChange[] = [];
    const brake = new Brake(client, { everyMs: 10 });
    brake.watch((change) => changes.push(change));
    brake.writing();
    await vi.waitFor(() => expect(changes).toHaveLength(1), { timeout: 5000 });
    brake.writing();
    expect(changes).toEqual([{ kind: 'unseen', reason: expect.stringMatching(/active_tasks_limit|sstable_tasks/) }]);
    expect(brake.state).toEqual({ kind: 'free' });
    asked.mockRestore();
  });
});
