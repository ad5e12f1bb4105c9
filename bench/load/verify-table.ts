import { connect } from '../../src/cassandra/connect.ts';
import { createRows } from '../../src/cassandra/rows.ts';
import { systemClock } from '../../src/cassandra/system-clock.ts';
import { createCopier } from '../../src/copy/copier.ts';
import type { ColumnMapping } from '../../src/model/data.ts';
import { columnNames, readingsTable } from './data.ts';

/**
 * Compares a table with its copy, all of it, as `cqlform verify` does:
 * `node bench/load/verify-table.ts HOST PORT KEYSPACE MODE`; mode `through` of a copy that carries all columns over,
 * `function` of one that makes a column by a function. Prints JSON.
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
const report = await copier.verify(
  {
    spec: { kind: 'copy', index: 0, from: { kind: 'table', table: from }, into, maxRejects: 0, columns: mappings },
    from,
    into,
    startedAt: new Date(),
    timestamp: systemClock.micros(),
    floor: null,
    share: 100,
    repair: false,
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
const { expected, actual, missing, extra, different } = report;
if (missing + extra + different > 0 || expected !== actual) throw new Error(`they differ: ${JSON.stringify(report)}`);
process.stdout.write(`${JSON.stringify({ rows: actual, seconds, cpuSeconds: (user + system) / 1e6 })}\n`);
