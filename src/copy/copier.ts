import type { Table } from '../model/schema.ts';
import type { Copier, WorkContext } from '../ports/engines.ts';
import { compareTables } from './compare-tables.ts';
import { type CopyDependencies, copyData } from './copy-data.ts';
import { copyTable } from './copy-table.ts';
import { lagOf, markOf } from './lag.ts';
import { replayRejects } from './replay.ts';
import { countRows } from './verify/count-rows.ts';
import { verifyData } from './verify/verify-data.ts';

/** The data engine over one cluster. */
export function createCopier(dependencies: CopyDependencies): Copier {
  return {
    copy: (request, context) => copyData(request, context, dependencies),
    copyTable: (request, context) => copyTable(request, context, dependencies),
    replay: (request, context) => replayRejects(request, context, dependencies),
    verify: (request, context) => verifyData(request, namingTable(request.into, context), dependencies),
    mark: (request, context) => markOf(request, context, dependencies),
    lag: (request, context) => lagOf(request, context, dependencies),
    count: (table, context) => countRows(table, namingTable(table, context), dependencies.rows),
    compare: (request, context) => compareTables(request, context, dependencies.rows),
  };
}

/** Progress that tells which of several tables is looked at. */
function namingTable({ name }: Pick<Table, 'name'>, context: WorkContext): WorkContext {
  return { ...context, onProgress: (progress) => context.onProgress({ table: name, ...progress }) };
}
