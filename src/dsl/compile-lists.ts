import { listOf, mistake, type Properties, shown, textOf } from './mistake.ts';
import { refuseTwice } from './name.ts';
import { type DataOrigin, originOf } from './origin.ts';

export interface Lists {
  readonly description: string;
  readonly schema: readonly unknown[];
  readonly data: readonly unknown[];
  readonly replaces: readonly string[];
}

/** What a migration was given, its lists checked to be lists. */
export function listsOf(id: string, definition: Properties): Lists {
  const { description, schema, data, replaces } = definition;
  const replaced = listOf(`replaces of ${id}`, replaces ?? []).map((one) =>
    textOf(`an entry of replaces of ${id}`, one),
  );
  refuseTwice(`replaces of ${id}`, replaced);
  return {
    description: textOf(`the description of ${id}`, description),
    schema: listOf(`schema of ${id}`, schema ?? []),
    data: listOf(`data of ${id}`, data ?? []),
    replaces: Object.freeze(replaced),
  };
}

/** The data steps in order; throws `MIGRATION_NOT_DATA` and `MIGRATION_DATA_TWICE`. */
export function dataOf(id: string, list: readonly unknown[]): readonly DataOrigin[] {
  const found = list.map((entry, index) => {
    const origin = originOf(entry);
    if (origin?.kind === 'data') return origin;
    throw mistake('NOT_DATA', {
      message: `entry ${index + 1} of data of ${id} is ${shown(entry)}, not a data step`,
      next: 'List what `copy`, `transform` and `backfill` return; objects of the schema stand in `schema`.',
      fields: { migration: id, entry: index + 1 },
    });
  });
  const twice = found.findIndex((origin, index) => found.indexOf(origin) !== index);
  if (twice === -1) return found;
  throw mistake('DATA_TWICE', {
    message: `entry ${twice + 1} of data of ${id} stands in the list before`,
    next: 'List each step once.',
    fields: { migration: id, entry: twice + 1 },
  });
}
