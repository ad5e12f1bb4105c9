import { CqlformError } from '../../kernel/errors.ts';
import type { ForeignColumn } from '../../model/data.ts';
import type { FieldReader } from './misfit.ts';

export interface ColumnReader<T> {
  readonly column: string;
  readonly field: string;
  readonly type: string;
  readonly required: boolean;
  readonly read: FieldReader<T>;
}

/** The readers of the declared columns, in their order; throws `UNKNOWN_SOURCE_TYPE` for a type that the system does not have. */
export function columnReaders<T>(
  columns: Readonly<Record<string, ForeignColumn>>,
  readers: ReadonlyMap<string, FieldReader<T>>,
  system: string,
): readonly ColumnReader<T>[] {
  return Object.entries(columns).map(([column, { field, type, required }]) => {
    const read = readers.get(type);
    if (read !== undefined) return { column, field, type, required, read };
    throw new CqlformError('UNKNOWN_SOURCE_TYPE', `column ${column}: ${system} files have no type ${type}`, {
      next: `Use one of ${[...readers.keys()].join(', ')}.`,
      fields: { column, type },
    });
  });
}
