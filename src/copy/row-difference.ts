import type { Digest } from '../cql/digest.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { StoredRow } from '../model/row.ts';
import { type ByName, keyColumns, type Table, type UserType } from '../model/schema.ts';
import type { CopyTableRequest } from '../ports/engines.ts';
import { jsonSafe } from './json-safe.ts';
import { RowDecoder } from './table-pieces.ts';

/** A row that two tables do not have alike; null: not there. */
export interface Example {
  readonly key: string;
  readonly expected: string | null;
  readonly actual: string | null;
}

/** Key and values of a row as people read them. */
export function describer(
  { table, columns }: { readonly table: Table; readonly columns: readonly string[] },
  types: ByName<UserType>,
): (row: StoredRow) => { readonly key: string; readonly text: string } {
  const keys = new Set(keyColumns(table));
  const decoder = new RowDecoder({ table, columns, types });
  return (row) => {
    const values = decoder.decode(
      row.kind === 'row'
        ? { ...row, statics: [] }
        : { partitionKey: row.partitionKey, clusteringKey: null, statics: row.cells, cells: [] },
    );
    const [key, others] = [Object.entries(values), Object.entries(values)];
    const shown = (entries: readonly (readonly [string, unknown])[]): string =>
      JSON.stringify(Object.fromEntries(entries.map(([name, value]) => [name, jsonSafe(value)])));
    return {
      key: shown(key.filter(([name]) => keys.has(name))),
      text: shown(others.filter(([name]) => !keys.has(name))).slice(0, 500),
    };
  };
}

export function rowsDiffer(
  { from, into }: Pick<CopyTableRequest, 'from' | 'into'>,
  {
    expected,
    actual,
    examples,
  }: { readonly expected: Digest; readonly actual: Digest; readonly examples: readonly Example[] },
): CqlformError {
  const shown = examples.map(
    ({ key, expected: wants, actual: has }) =>
      `${key}: ${wants ?? 'nothing'} in ${from.name}, ${has ?? 'nothing'} in ${into.name}`,
  );
  return new CqlformError(
    'ROWS_DIFFER',
    `${from.name} has ${expected.rows} rows and ${into.name} ${actual.rows}, and they differ: ${shown[0] ?? 'the difference was gone when it was looked for'}`,
    {
      next: 'If the application writes meanwhile, stop it and run again; else roll back and report what differs.',
      fields: { expected: expected.hex(), actual: actual.hex(), examples: shown },
      exitCode: exitCodes.integrity,
    },
  );
}
