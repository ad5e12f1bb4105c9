import { codecOf } from '../cql/codec/codec.ts';
import { valueOfText } from '../cql/from-json.ts';
import { tokenOf } from '../cql/token.ts';
import { CqlformError, exitCodes, reasonOf } from '../kernel/errors.ts';
import type { TokenSpan } from '../model/backup.ts';
import type { Bytes } from '../model/row.ts';
import type { ByName, Table, UserType } from '../model/schema.ts';

/** A part of a table's partitions, as it is asked for. */
export type SpanWish =
  | { readonly kind: 'tokens'; readonly first: bigint; readonly last: bigint }
  /** One, by its key. */
  | { readonly kind: 'partition'; readonly key: readonly string[] };

const smallest = -(2n ** 63n);
const largest = 2n ** 63n - 1n;

/** `FIRST:LAST`, both inclusive. Throws `USAGE`. */
export function tokensNamed(text: string): SpanWish {
  const [, first, last] = /^(-?\d{1,19}):(-?\d{1,19})$/.exec(text) ?? [];
  const wish = first === undefined || last === undefined ? null : { first: BigInt(first), last: BigInt(last) };
  if (wish !== null && wish.first >= smallest && wish.last <= largest && wish.first <= wish.last)
    return { kind: 'tokens', ...wish };
  throw usage(`--token-range ${text} is no range of tokens`, 'Write FIRST:LAST, both inclusive, from -2^63 to 2^63-1.');
}

/** A value, or the values of a key of several columns as a list in JSON. */
export function partitionNamed(text: string): SpanWish {
  const list: unknown = text.startsWith('[') ? parsed(text) : [text];
  const values: readonly unknown[] = Array.isArray(list) ? list : [list];
  return { kind: 'partition', key: values.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The tokens of what is asked for: a partition's is its own and, as far as can be told, of no other. */
export function spanOf(wish: SpanWish, table: Table, types: ByName<UserType>): TokenSpan {
  if (wish.kind === 'tokens') return { first: String(wish.first), last: String(wish.last) };
  const token = String(tokenOf(keyOf(wish.key, table, types)));
  return { first: token, last: token };
}

function keyOf(key: readonly string[], table: Table, types: ByName<UserType>): readonly Bytes[] {
  const { partitionKey } = table;
  if (key.length !== partitionKey.length) {
    throw usage(
      `the partition key of ${table.name} is ${partitionKey.join(', ')}, and --partition names ${key.length} values`,
      'Name one value for each column; several as a list in JSON: \'["a", 1]\'.',
    );
  }
  return partitionKey.map((name, index) => {
    const type = table.columns.find((column) => column.name === name)?.type;
    if (type === undefined) throw new TypeError(`${table.name} has no column ${name}`);
    try {
      return codecOf(type, types).encode(valueOfText(key[index] ?? '', type, types));
    } catch (thrown) {
      throw usage(`--partition: ${name}: ${reasonOf(thrown)}`, 'Write it as `cqlform load` would read it from CSV.');
    }
  });
}

function usage(message: string, next: string): CqlformError {
  return new CqlformError('USAGE', message, { next, exitCode: exitCodes.usage });
}
