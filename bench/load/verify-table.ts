import { contextIn, costOf, openCopier } from '../copier.ts';
import { requestOf } from './data.ts';

/**
 * Compares a table with its copy, all of it, as `cqlform verify` does:
 * `node bench/load/verify-table.ts HOST PORT KEYSPACE MODE`; mode `through` of a copy that carries all columns over,
 * `function` of one that makes a column by a function. Prints JSON.
 */

const [host = '', port = '', keyspace = '', mode = 'through'] = process.argv.slice(2);
const { copier, close } = await openCopier(`${host}:${port}`);
const request = { ...requestOf(mode), share: 100, repair: false };
const { result, seconds, cpuSeconds } = await costOf(() => copier.verify(request, contextIn(keyspace)));
await close();
const { expected, actual, missing, extra, different } = result;
if (missing + extra + different > 0 || expected !== actual) throw new Error(`they differ: ${JSON.stringify(result)}`);
process.stdout.write(`${JSON.stringify({ rows: actual, seconds, cpuSeconds })}\n`);
