import { CqlformError } from '../kernel/errors.ts';
import { match } from '../kernel/match.ts';
import { own } from '../kernel/own.ts';
import { quoted, textLiteral } from '../model/identifier.ts';
import type { ByName, UserType } from '../model/schema.ts';
import type { CqlType, ScalarName } from '../model/type.ts';

/**
 * A value in the form that codecs read, as CQL writes it, e.g. `{'a': [1, 2]}`; null is `null`. `types` must hold the
 * user-defined types that the type names, or CqlformError `TYPE_UNKNOWN` is thrown.
 */
export function literalOf(value: unknown, type: CqlType, types: ByName<UserType> = {}): string {
  if (value === null || value === undefined) return 'null';
  const inner = (item: unknown, of: CqlType): string => literalOf(item, of, types);
  return match(type, {
    scalar: ({ name }) => scalarLiteral(value, name),
    list: ({ element }) =>
      `[${itemsOf(value)
        .map((item) => inner(item, element))
        .join(', ')}]`,
    set: ({ element }) =>
      `{${itemsOf(value)
        .map((item) => inner(item, element))
        .join(', ')}}`,
    map: ({ key, value: of }) =>
      `{${entriesOf(value)
        .map(([one, other]) => `${inner(one, key)}: ${inner(other, of)}`)
        .join(', ')}}`,
    tuple: ({ elements }) => `(${elements.map((element, index) => inner(itemsOf(value)[index], element)).join(', ')})`,
    udt: ({ name }) =>
      `{${fieldsOf(name, value, types)
        .map(([field, of, item]) => `${quoted(field)}: ${inner(item, of)}`)
        .join(', ')}}`,
    vector: ({ element }) =>
      `[${itemsOf(value)
        .map((item) => inner(item, element))
        .join(', ')}]`,
    custom: () => blobLiteral(value),
  });
}

function scalarLiteral(value: unknown, name: ScalarName): string {
  switch (name) {
    case 'ascii':
    case 'text':
    case 'date':
    case 'time':
    case 'inet':
      return textLiteral(String(value));
    case 'timestamp':
      return timestampLiteral(value);
    case 'blob':
      return blobLiteral(value);
    case 'float':
      return numberText(shortestFloat(Number(value)));
    case 'double':
      return numberText(Number(value));
    default:
      return String(value);
  }
}

/** Like `String`, but −0 keeps its sign. */
function numberText(value: number): string {
  return Object.is(value, -0) ? '-0.0' : String(value);
}

/** The number with the fewest digits that is the same float. */
export function shortestFloat(value: number): number {
  if (value === 0) return value;
  for (let digits = 1; digits < 10; digits += 1) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return shorter;
  }
  return value;
}

/** The server reads ISO texts only of years with four digits; beyond, milliseconds say the same. */
function timestampLiteral(value: unknown): string {
  const date = value instanceof Date ? value : new Date(Number.NaN);
  const year = date.getUTCFullYear();
  return year >= 0 && year <= 9999 ? `'${date.toISOString()}'` : String(date.getTime());
}

function blobLiteral(value: unknown): string {
  return `0x${value instanceof Uint8Array ? Buffer.from(value).toString('hex') : ''}`;
}

function itemsOf(value: unknown): readonly unknown[] {
  return isIterable(value) ? [...value] : [];
}

function entriesOf(value: unknown): readonly (readonly [unknown, unknown])[] {
  if (value instanceof Map) return [...(value as Map<unknown, unknown>)];
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}

/** The fields that have a value, or the first when none has: CQL takes those left out as null, and `{}` for a set. */
function fieldsOf(
  name: string,
  value: unknown,
  types: ByName<UserType>,
): readonly (readonly [field: string, type: CqlType, value: unknown])[] {
  const type = own(types, name);
  if (type === undefined) {
    throw new CqlformError('TYPE_UNKNOWN', `there is no user-defined type ${name}`, {
      next: `Declare ${name} with udt(), or correct the name.`,
      fields: { type: name },
    });
  }
  const given = new Map(entriesOf(value)) as ReadonlyMap<unknown, unknown>;
  const fields = type.fields.map((field) => [field.name, field.type, given.get(field.name) ?? null] as const);
  const filled = fields.filter(([, , item]) => item !== null);
  return filled.length > 0 ? filled : fields.slice(0, 1);
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}
