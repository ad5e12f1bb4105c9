import { codecOf } from '../cql/codec/codec.ts';
import { parseType } from '../cql/type-text.ts';
import { match } from '../kernel/match.ts';
import { own } from '../kernel/own.ts';
import { quoted, textLiteral } from '../model/identifier.ts';
import type { ByName, UserType } from '../model/schema.ts';
import type { CqlType, ScalarName } from '../model/type.ts';
import type { SchemaRow } from './introspect-rows.ts';
import { listField, textField } from './introspect-value.ts';

/** Types whose values CQL writes in single quotes. */
const quotedTypes: ReadonlySet<ScalarName> = new Set(['text', 'ascii', 'inet', 'date', 'time', 'timestamp']);

/** A row of `column_masks` as DESCRIBE states it: `system.mask_inner(1, null, '#')`. */
export function maskText(row: SchemaRow, types: ByName<UserType>): string {
  const argumentTypes = listField(row, 'function_argument_types');
  const nulls: unknown = row['function_argument_nulls'];
  const values = listField(row, 'function_argument_values').map((value, index) =>
    Array.isArray(nulls) && nulls[index] === true
      ? 'null'
      : argumentText(value, parseType(argumentTypes[index] ?? ''), types),
  );
  const name = `${quoted(textField(row, 'function_keyspace'))}.${quoted(textField(row, 'function_name'))}`;
  return `${name}(${values.join(', ')})`;
}

/** The server keeps scalars without their quotes, tuples and user-defined types as `1:@:text`, the rest as bytes in hex. */
function argumentText(value: string, type: CqlType, types: ByName<UserType>): string {
  if (type.kind === 'scalar') return scalarText(type.name, value);
  if (type.kind === 'tuple') {
    const parts = partsOf(value);
    return `(${type.elements.map((element, index) => partText(parts[index] ?? null, element, types)).join(', ')})`;
  }
  if (type.kind === 'udt') {
    const parts = partsOf(value);
    const fields = (own(types, type.name)?.fields ?? []).map(({ name, type: of }, index) => {
      const part = parts[index] ?? null;
      // Left out rather than null: the server cannot read back a null field whose name needs quotes.
      return part === null ? null : `${quoted(name)}: ${argumentText(part, of, types)}`;
    });
    return `{${fields.filter((field) => field !== null).join(', ')}}`;
  }
  return literal(type, codecOf(type, types).decode(Buffer.from(value, 'hex')), types);
}

function partText(part: string | null, type: CqlType, types: ByName<UserType>): string {
  return part === null ? 'null' : argumentText(part, type, types);
}

/** The components of a tuple as the server states it; `@` is null, a backslash stands before a `:` or `@` that is meant. */
function partsOf(text: string): readonly (string | null)[] {
  return text
    .split(/(?<!\\):/)
    .map((part) => (part === '@' ? null : part.replaceAll('\\:', ':').replaceAll('\\@', '@')));
}

function scalarText(name: ScalarName, value: string): string {
  if (quotedTypes.has(name)) return textLiteral(value);
  return name === 'blob' && !value.startsWith('0x') ? `0x${value}` : value;
}

function literal(type: CqlType, value: unknown, types: ByName<UserType>): string {
  if (value === null || value === undefined) return 'null';
  const each = (of: CqlType, values: Iterable<unknown>): string =>
    Array.from(values, (one) => literal(of, one, types)).join(', ');
  return match(type, {
    scalar: ({ name }) => scalarText(name, plainText(value)),
    list: ({ element }) => `[${each(element, iterable(value))}]`,
    set: ({ element }) => `{${each(element, iterable(value))}}`,
    vector: ({ element }) => `[${each(element, iterable(value))}]`,
    tuple: ({ elements }) => {
      const values = [...iterable(value)];
      return `(${elements.map((element, index) => literal(element, values[index], types)).join(', ')})`;
    },
    map: (map) => {
      const entries = value instanceof Map ? [...value] : [];
      return `{${entries.map(([k, v]) => `${literal(map.key, k, types)}: ${literal(map.value, v, types)}`).join(', ')}}`;
    },
    udt: ({ name }) => {
      const fields = (own(types, name)?.fields ?? []).map(
        (field) => `${quoted(field.name)}: ${literal(field.type, Reflect.get(Object(value), field.name), types)}`,
      );
      return `{${fields.join(', ')}}`;
    },
    custom: () => String(value),
  });
}

function plainText(value: unknown): string {
  if (value instanceof Date) return value.toISOString();
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value);
}

function iterable(value: unknown): Iterable<unknown> {
  return value !== null && typeof value === 'object' && Symbol.iterator in value ? (value as Iterable<unknown>) : [];
}
