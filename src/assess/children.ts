import type { ChildTable, ProposedKey } from '../model/assessment.ts';
import type { Column, Table } from '../model/schema.ts';
import { freeName } from '../planner/names.ts';
import type { SurveyedColumn } from '../ports/survey.ts';
import type { ColumnTypes } from './columns.ts';
import { columnNames } from './names.ts';

/** What becomes of an array of documents: a list in its row, or a table with a row for each. */
export type ArraysAs = 'list' | 'table';

/** A list is read and written whole, so a longer one is better a table, unless said otherwise. */
const longestList = 100;

/** Whether an array is proposed as a table of its own. */
export function isTableOfItsOwn({ read, longest = 0 }: SurveyedColumn, said: ArraysAs | null): boolean {
  if (read?.element?.fields === undefined || read.key !== undefined) return false;
  return said === null ? longest > longestList : said === 'table';
}

/** A table that takes the documents of an array, each under the whole key of its row and the place in the array. */
export function childTable(
  {
    target,
    key,
    column,
    surveyed,
  }: {
    readonly target: Table;
    readonly key: ProposedKey;
    readonly column: string;
    readonly surveyed: SurveyedColumn;
  },
  types: ColumnTypes,
  taken: (name: string) => boolean,
): ChildTable {
  const keys = [...key.partition, ...key.clustering];
  const fields = surveyed.read?.element?.fields ?? {};
  const position = freeName('position', (name) => keys.includes(name));
  const inKey = [...keys, position];
  const placed = [...columnNames(Object.keys(fields))].map(([field, wanted]) => {
    return [
      freeName(inKey.includes(wanted) ? `${column}_${wanted}` : wanted, (name) => inKey.includes(name)),
      field,
    ] as const;
  });
  const columns: readonly Column[] = [
    ...keys.flatMap((name) => target.columns.filter((one) => one.name === name)),
    { name: position, type: { kind: 'scalar', name: 'int' }, static: false },
    ...placed.map(([name, field]): Column => {
      const read = fields[field] ?? { type: '' };
      return { name, type: types.targetOf(read, `${column}_${field}`), static: false };
    }),
  ];
  return {
    column,
    keys,
    position,
    fields: Object.fromEntries(placed),
    target: {
      kind: 'table',
      name: freeName(`${target.name}_${column}`, taken),
      columns,
      partitionKey: key.partition,
      clusteringKey: [...key.clustering, position].map((name) => ({ column: name, order: 'asc' as const })),
      options: {},
    },
  };
}
