import type { LoadSource } from '../copy/load.ts';
import { own, setOwn } from '../kernel/own.ts';
import type { JsRow } from '../model/data.ts';
import type { Source } from '../ports/source.ts';
import { rowTimestamp, rowTtl } from './load-times.ts';

export interface ConvertedColumn {
  readonly name: string;
  /** Throws `RowRejected`. */
  readonly convert: (value: unknown) => unknown;
}

/** Rows whose values become what their columns take, each at the time and with the TTL that its fields say. */
export function convertedRows(
  source: Source,
  columns: readonly ConvertedColumn[],
): Extract<LoadSource, { kind: 'values' }> {
  return {
    kind: 'values',
    source,
    valuesOf: (row: JsRow) => {
      const values: Record<string, unknown> = {};
      for (const { name, convert } of columns) {
        const value = own(row, name);
        // null leaves a column as it is: a null would make a tombstone
        if (value !== null && value !== undefined) setOwn(values, name, convert(value));
      }
      return values;
    },
    timeOf: ({ values }) => rowTimestamp(values),
    ttlOf: ({ values }) => rowTtl(values),
  };
}
