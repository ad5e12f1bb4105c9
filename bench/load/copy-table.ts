import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/cassandra/connect.ts';
import { createRows } from '../../src/cassandra/rows.ts';
import { systemClock } from '../../src/cassandra/system-clock.ts';
import { createCopier } from '../../src/copy/copier.ts';
import type { ColumnMapping } from '../../src/model/data.ts';
import { columnNames, readingsTable } from './data.ts';

/**
 * One table into another of the same shape, write times kept: `node bench/load/copy-table.ts HOST PORT KEYSPACE MODE`;
 * mode `through` carries all columns over, `function` makes one of them by a function. Prints JSON.
 */

const [host = '', port = '', keyspace = '', mode = 'through'] = process.argv.slice(2);
const [from, into] = [readingsTable('readings'), readingsTable('readings_copy')];
const connection = await connect({ contactPoints: [`${host}:${port}`], requestTimeoutMs: 60_000 });
const copier = createCopier({
  rows: createRows(connection),
  clock: systemClock,
  openSource: () => Promise.reject(new Error('there is no foreign source')),
  openTable: () => Promise.reject(new Error('there is no other cluster')),
});
const mappings = Object.fromEntries(
  columnNames.map((name): [string, ColumnMapping] => [name, { kind: 'column', from: name }]),
);
if (mode === 'function') mappings['note'] = { kind: 'function', value: (row) => `${String(row['note'])}!` };
const before = process.cpuUsage();
const begun = performance.now();
const { accounts } = await copier.copy(
  {
    spec: { kind: 'copy', index: 0, from: { kind: 'table', table: from }, into, maxRejects: 0, columns: mappings },
    from,
    into,
    startedAt: new Date(),
    timestamp: systemClock.micros(),
    floor: null,
    rejectsFile: join(tmpdir(), 'cqlform-bench-rejects.ndjson'),
  },
  {
    keyspace,
    types: {},
    attempt: 1,
    finished: [],
    onProgress: () => undefined,
    assertHeld: () => undefined,
    checkpoint: () => Promise.resolve(),
  },
);
const seconds = (performance.now() - begun) / 1000;
const { user, system } = process.cpuUsage(before);
await connection.shutdown();
process.stdout.write(`${JSON.stringify({ rows: accounts.written, seconds, cpuSeconds: (user + system) / 1e6 })}\n`);
