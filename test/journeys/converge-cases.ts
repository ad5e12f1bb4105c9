import type { Convergence } from './converge.ts';
import { columns } from './converge-cases/columns.ts';
import { data } from './converge-cases/data.ts';
import { functions } from './converge-cases/functions.ts';
import { indexesAndViews } from './converge-cases/indexes-and-views.ts';
import { names } from './converge-cases/names.ts';
import { tables } from './converge-cases/tables.ts';
import { types } from './converge-cases/types.ts';

/** Every kind of object and of change; the names are those of the tests. */
export const convergences: Readonly<Record<string, Convergence>> = {
  ...tables,
  ...columns,
  ...types,
  ...indexesAndViews,
  ...functions,
  ...data,
  ...names,
};
