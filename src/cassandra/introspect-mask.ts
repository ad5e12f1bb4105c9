import { quoted, textLiteral } from '../cql/identifier.ts';
import type { SchemaRow } from './introspect-rows.ts';
import { listField, textField } from './introspect-value.ts';

/** Types whose values CQL writes in single quotes. */
const quotedTypes: ReadonlySet<string> = new Set(['text', 'ascii', 'varchar', 'inet', 'date', 'time', 'timestamp']);

/** A row of `column_masks` as DESCRIBE states it: `system.mask_inner(1, null, '#')`. */
export function maskText(row: SchemaRow): string {
  const types = listField(row, 'function_argument_types');
  const nulls: unknown = row['function_argument_nulls'];
  const values = listField(row, 'function_argument_values').map((value, index) =>
    Array.isArray(nulls) && nulls[index] === true ? 'null' : literal(value, types[index] ?? ''),
  );
  const name = `${quoted(textField(row, 'function_keyspace'))}.${quoted(textField(row, 'function_name'))}`;
  return `${name}(${values.join(', ')})`;
}

/** The server keeps the values of the arguments without their quotes. */
function literal(value: string, type: string): string {
  if (quotedTypes.has(type)) return textLiteral(value);
  return type === 'blob' && !value.startsWith('0x') ? `0x${value}` : value;
}
