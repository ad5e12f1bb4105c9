import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contextIn, costOf, openCopier } from '../copier.ts';
import { requestOf } from './data.ts';

/**
 * One table into another of the same shape, write times kept: `node bench/load/copy-table.ts HOST PORT KEYSPACE MODE`;
 * mode `through` carries all columns over, `function` makes one of them by a function. Prints JSON.
 */

const [host = '', port = '', keyspace = '', mode = 'through'] = process.argv.slice(2);
const { copier, close } = await openCopier(`${host}:${port}`);
const request = { ...requestOf(mode), rejectsFile: join(tmpdir(), 'cqlform-bench-rejects.ndjson') };
const { result, seconds, cpuSeconds } = await costOf(() => copier.copy(request, contextIn(keyspace)));
await close();
process.stdout.write(`${JSON.stringify({ rows: result.accounts.written, seconds, cpuSeconds })}\n`);
