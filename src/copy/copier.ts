import type { Clock } from '../ports/clock.ts';
import type { Rows } from '../ports/cluster.ts';
import type { Copier } from '../ports/engines.ts';
import type { OpenSource } from '../ports/source.ts';
import { compareTables } from './compare-tables.ts';
import { copyData } from './copy-data.ts';
import { copyTable } from './copy-table.ts';

/** The data engine over one cluster. */
export function createCopier(dependencies: {
  readonly rows: Rows;
  readonly openSource: OpenSource;
  readonly clock: Clock;
}): Copier {
  return {
    copy: (request, context) => copyData(request, context, dependencies),
    copyTable: (request, context) => copyTable(request, context, dependencies),
    compare: (request, context) => compareTables(request, context, dependencies.rows),
  };
}
