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
