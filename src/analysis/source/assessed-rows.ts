import type { AssessedColumn, AssessedTable, ChildTable, Convert } from '../../model/assessment.ts';
import { domainOf } from '../../model/conversion.ts';
import { call, list, object, type Piece, prefixed, text } from './layout.ts';
import { callOf } from './migration.ts';

/** Ids of rows that have no key are made of the row, in this namespace: the same row always has the same id. */
const rowNamespace = '0b9ea1ee-9d15-4f1b-8a0a-6c2c7a1f5d34';

/** Values that are there already; nulls stay what they are, but for columns of the key, which have none. */
export function conversionOf(
  column: string,
  { convert, inKey }: { readonly convert: Convert; readonly inKey: boolean },
): Piece {
  const value = `row.${column}`;
  const made = conversions[convert](value);
  return inKey ? `(row) => ${made}` : `(row) => (${value} === null ? null : ${made})`;
}

const conversions: Readonly<Record<Convert, (value: string) => string>> = {
  // Nothing is known of the value but that it is not null, which would be a type that fits nothing.
  text: (value) => `to.text<unknown>(${value})`,
  json: (value) => `to.json(${value})`,
  texts: (value) => `${value}.map((one) => to.text(one))`,
  ints: (value) => `${value}.map((one) => to.int(one))`,
  doubles: (value) => `${value}.map((one) => to.double(one))`,
  booleans: (value) => `${value}.map((one) => to.boolean(one))`,
};

/** Of all that JSON can hold; whole numbers of 64 bits and more go in as text. */
export function rowId(columns: readonly AssessedColumn[]): Piece {
  const parts = columns.flatMap(({ column, read: { type, key, element, fields } }) => {
    const domain = domainOf(type);
    if (domain === 'bytes') return [];
    if (key !== undefined || type.endsWith('.map')) return [`[...(row.${column} ?? [])]`];
    if (element !== undefined || fields !== undefined) return [`row.${column}`];
    const large = domain === 'int64' || domain === 'uint64' || domain === 'integer' || type === 'sqlite.any';
    return [large ? `String(row.${column})` : `row.${column}`];
  });
  const deep = columns.some(({ read: { element, fields } }) => element !== undefined || fields !== undefined);
  // JSON has no whole numbers of 64 bits
  const digits = deep ? ["(_, one) => (typeof one === 'bigint' ? String(one) : one)"] : [];
  return call('to.uuidV5', [text(rowNamespace), call('JSON.stringify', [list(parts), ...digits])]);
}

/** A row of the child for each element of the array, under the key of the row that it stands in. */
export function childPiece(
  { key, columns }: AssessedTable,
  { column, keys, position, fields }: ChildTable,
  { from, into }: { readonly from: string; readonly into: string },
): Piece {
  const keyed = keys.map((name): readonly [string, Piece] => {
    const convert = columns.find((one) => one.column === name)?.convert ?? null;
    if (key.by === 'row') return [name, rowId(columns)];
    return [name, convert === null ? `row.${name}` : conversions[convert](`row.${name}`)];
  });
  const members = [
    ...keyed,
    [position, 'at'] as const,
    ...Object.entries(fields).map(([name, field]) => [name, memberOf('item', field)] as const),
  ];
  const emit = call('out.emit', [object(Object.fromEntries(members))]);
  const each = call(`row.${column}?.forEach`, [prefixed('(item, at) => ', emit)]);
  return callOf('transform', { from, into, rows: prefixed('(row, out) => ', each) });
}

function memberOf(value: string, name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `${value}.${name}` : `${value}[${JSON.stringify(name)}]`;
}
