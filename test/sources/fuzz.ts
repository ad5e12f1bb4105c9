import { types } from 'cassandra-driver';
import { expect } from 'vitest';
import { copy, t, table } from '../../src/index.ts';
import type { CopyFixture } from '../copy/copy-fixture.ts';
import { type Dice, diceOf } from '../planner/random.ts';
import { byId } from './sql-source.ts';

/*
 * Random rows of random types. What a value is, is said once (`kinds`): what it looks like to a source, and what
 * Cassandra has to have. Each source says which kinds it has, how they are declared there, and how a value is written.
 * `CQLFORM_FUZZ_SEED` and `CQLFORM_FUZZ_ROWS` give other and more of them.
 */

/** `raw` is what is written; `stored` what the Cassandra driver gives, as `plain` writes it down. */
export interface FuzzValue {
  readonly raw:
    | bigint
    | number
    | string
    | boolean
    | Buffer
    | readonly (number | string)[]
    | ReadonlyMap<string, number>;
  readonly stored: unknown;
}

const digits = (dice: Dice, most: number): string =>
  Array.from({ length: 1 + dice.roll(most) }, () => dice.roll(10)).join('');
const oneOf = <T>(dice: Dice, of: readonly [T, ...T[]]): T => dice.one(of) ?? of[0];
const two = (number: number): string => String(number).padStart(2, '0');

/** One value in three is an edge. */
const whole =
  (bits: number) =>
  (dice: Dice): FuzzValue => {
    const most = 2n ** BigInt(bits - 1) - 1n;
    const random = BigInt.asIntN(bits, BigInt(digits(dice, 20)));
    const raw = dice.roll(3) === 0 ? oneOf(dice, [0n, -1n, 1n, most, -most - 1n]) : random;
    return { raw, stored: bits > 32 ? String(raw) : Number(raw) };
  };

const words: readonly [string, ...string[]] = [
  ...([
    'a',
    'Z',
    ' ',
    "'",
    '"',
    '\\',
    '%',
    ',',
    '{',
    '}',
    '\n',
    '\r\n',
    '\t',
    'é',
    'ß',
    'Ω',
    '漢',
    '🦆',
    '\u200d',
  ] as const),
  ...(['NULL', '\ufeff', '\u202e', 'e\u0301', '--', '/*', '$$', '<b>', '\u0001', '\u007f', '=1+1', '`'] as const),
];
const text = (dice: Dice): FuzzValue => {
  const random = Array.from({ length: dice.roll(12) }, () => oneOf(dice, words)).join('');
  const raw = dice.roll(10) === 0 ? oneOf(dice, ['', ' ', 'null', 'x'.repeat(70_000), '🦆'.repeat(300)]) : random;
  return { raw, stored: raw };
};

const day = (dice: Dice): string => {
  const random = `${1900 + dice.roll(200)}-${two(1 + dice.roll(12))}-${two(1 + dice.roll(28))}`;
  return dice.roll(4) === 0
    ? oneOf(dice, ['1000-01-01', '9999-12-31', '1969-12-31', '1970-01-01', '2000-02-29'])
    : random;
};
const clock = (dice: Dice): string =>
  `${two(dice.roll(24))}:${two(dice.roll(60))}:${two(dice.roll(60))}.${String(dice.roll(1000)).padStart(3, '0')}`;

const doubles: readonly [number, ...number[]] = [
  0,
  0.1,
  5e-324,
  2.2250738585072014e-308,
  1.7976931348623157e308,
  -1e-9,
  2 ** 53,
];

export const kinds = {
  smallint: { type: () => t.smallint(), value: whole(16) },
  int: { type: () => t.int(), value: whole(32) },
  bigint: { type: () => t.bigint(), value: whole(64) },
  /** Unsigned, of 64 bits. */
  unsigned: {
    type: () => t.varint(),
    value: (dice: Dice): FuzzValue => {
      const random = BigInt.asUintN(64, BigInt(digits(dice, 20)));
      const raw = dice.roll(3) === 0 ? oneOf(dice, [0n, 2n ** 63n, 2n ** 64n - 1n]) : random;
      return { raw, stored: String(raw) };
    },
  },
  /** Eight digits after the point, the last of them not 0. */
  decimal: {
    type: () => t.decimal(),
    value: (dice: Dice): FuzzValue => {
      const sign = dice.roll(2) === 0 ? '-' : '';
      const raw = `${sign}${BigInt(digits(dice, 18)) + 1n}.${digits(dice, 7).padEnd(7, '0')}${1 + dice.roll(9)}`;
      return { raw, stored: raw };
    },
  },
  double: {
    type: () => t.double(),
    value: (dice: Dice): FuzzValue => {
      const random = Number(`${digits(dice, 3)}.${digits(dice, 14)}e${dice.roll(600) - 300}`);
      const raw = dice.roll(3) === 0 ? oneOf(dice, doubles) : random;
      return { raw, stored: raw };
    },
  },
  float: {
    type: () => t.float(),
    value: (dice: Dice): FuzzValue => {
      const random = Math.fround(Number(`${digits(dice, 3)}.${digits(dice, 8)}e${dice.roll(60) - 30}`));
      const raw =
        dice.roll(3) === 0 ? oneOf(dice, [0, Math.fround(0.1), 1.401298464324817e-45, 3.4028234663852886e38]) : random;
      return { raw, stored: raw };
    },
  },
  text: { type: () => t.text(), value: text },
  blob: {
    type: () => t.blob(),
    value: (dice: Dice): FuzzValue => {
      const raw = Buffer.from(
        Array.from({ length: dice.roll(40) }, () => oneOf(dice, [0, 0x27, 0x5c, 0xff, dice.roll(256)])),
      );
      return { raw, stored: `0x${raw.toString('hex')}` };
    },
  },
  date: {
    type: () => t.date(),
    value: (dice: Dice): FuzzValue => {
      const raw = day(dice);
      return { raw, stored: raw };
    },
  },
  /** `2026-01-02T03:04:05.006Z` */
  timestamp: {
    type: () => t.timestamp(),
    value: (dice: Dice): FuzzValue => {
      const raw = `${day(dice)}T${clock(dice)}Z`;
      return { raw, stored: raw };
    },
  },
  boolean: {
    type: () => t.boolean(),
    value: (dice: Dice): FuzzValue => {
      const raw = dice.roll(2) === 1;
      return { raw, stored: raw };
    },
  },
  uuid: {
    type: () => t.uuid(),
    value: (dice: Dice): FuzzValue => {
      const hex = Array.from({ length: 32 }, () => dice.roll(16).toString(16)).join('');
      // MariaDB takes only those of a known variant
      const raw = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
      return { raw, stored: raw };
    },
  },
  /** `23:59:59.999999` */
  time: {
    type: () => t.time(),
    value: (dice: Dice): FuzzValue => {
      const random = `${clock(dice)}${String(dice.roll(1000)).padStart(3, '0')}`;
      const raw = dice.roll(4) === 0 ? oneOf(dice, ['00:00:00.000000', '23:59:59.999999']) : random;
      return { raw, stored: String(types.LocalTime.fromString(raw)) };
    },
  },
  inet: {
    type: () => t.inet(),
    value: (dice: Dice): FuzzValue => {
      const four = Array.from({ length: 4 }, () => dice.roll(256)).join('.');
      const six = Array.from({ length: 8 }, () => (dice.roll(3) === 0 ? 0 : dice.roll(65_536)).toString(16)).join(':');
      const edge = oneOf(dice, ['::', '::1', '1::', '0.0.0.0', '255.255.255.255', '2001:db8::8a2e:0:7334', 'fe80::1']);
      const raw = dice.roll(3) === 0 ? edge : oneOf(dice, [four, six]);
      return { raw, stored: String(types.InetAddress.fromString(raw)) };
    },
  },
  /** Months, days and microseconds of one sign: `-1mo2d3us`. */
  duration: {
    type: () => t.duration(),
    value: (dice: Dice): FuzzValue => {
      const parts = [dice.roll(2 ** 31), dice.roll(2 ** 31), Number(digits(dice, 15))].map((part) =>
        dice.roll(3) === 0 ? 0 : part,
      );
      const raw = `${dice.roll(2) === 0 ? '-' : ''}${parts[0]}mo${parts[1]}d${parts[2]}us`;
      return { raw, stored: String(types.Duration.fromString(raw)) };
    },
  },
  counts: {
    type: () => t.map(t.text(), t.int()),
    value: (dice: Dice): FuzzValue => {
      const entry = (): readonly [string, number] => [`k${digits(dice, 3)}`, Number(whole(32)(dice).raw)];
      const raw = new Map(Array.from({ length: dice.roll(5) }, entry));
      return { raw, stored: raw.size === 0 ? null : Object.fromEntries(raw) };
    },
  },
  ints: {
    type: () => t.list(t.int()),
    value: (dice: Dice): FuzzValue => {
      const raw = Array.from({ length: dice.roll(5) }, () => Number(whole(32)(dice).raw));
      // Cassandra cannot tell an empty list from none
      return { raw, stored: raw.length === 0 ? null : raw };
    },
  },
  texts: {
    type: () => t.list(t.text()),
    value: (dice: Dice): FuzzValue => {
      const raw = Array.from({ length: dice.roll(5) }, () => String(text(dice).raw).slice(0, 50).toWellFormed());
      return { raw, stored: raw.length === 0 ? null : raw };
    },
  },
} as const;
export type Kind = keyof typeof kinds;

/** A random table: some columns of random kinds, and rows of them; one value in six is null. */
export interface Fuzzed {
  readonly seed: number;
  readonly columns: readonly { readonly name: string; readonly kind: Kind }[];
  readonly rows: readonly { readonly id: number; readonly values: readonly (FuzzValue | null)[] }[];
}

export function fuzzed(
  of: readonly Kind[],
  rowCount: number = Number(process.env['CQLFORM_FUZZ_ROWS'] ?? 300),
): Fuzzed {
  const seed = Number(process.env['CQLFORM_FUZZ_SEED'] ?? 20_261_122);
  const dice = diceOf(seed + of.length);
  // each kind once, and some of them again
  const chosen = [...of, ...Array.from({ length: dice.roll(4) }, () => dice.one(of) ?? 'int')];
  const columns = chosen.map((kind, at) => ({ name: `c${at}_${kind}`, kind }));
  const rows = Array.from({ length: rowCount }, (_, id) => ({
    id,
    values: columns.map(({ kind }) => (dice.roll(6) === 0 ? null : kinds[kind].value(dice))),
  }));
  return { seed, columns, rows };
}

const untyped = (value: unknown): never => value as never;

/** Copies what was written into a source, and compares: by `verify`, all rows, and by what the driver reads. */
export async function expectToArrive(
  fixture: CopyFixture,
  { seed, columns, rows }: Fuzzed,
  { name, from }: { readonly name: string; readonly from: (columns: Fuzzed['columns']) => unknown },
): Promise<void> {
  const said = `seed ${seed}, ${columns.map(({ kind }) => kind).join(' ')}`;
  const typed = Object.fromEntries(columns.map((column) => [column.name, kinds[column.kind].type()]));
  const into = table(name, { columns: { id: t.int(), ...typed }, partitionKey: ['id'] });
  await fixture.create(into);
  const data = copy(untyped({ from: from(columns), into }));
  const { result, verified } = await fixture.run(data, { verify: 'full', schema: [into] });
  expect(result, said).toMatchObject({ read: rows.length, written: rows.length, rejected: 0, skipped: 0 });
  expect(verified, said).toEqual({ level: 'full', rows: rows.length, newer: 0, repaired: 0 });
  const found = byId(await fixture.query(`SELECT * FROM KS.${name}`));
  expect(found.size, said).toBe(rows.length);
  for (const { id, values } of rows) {
    const stored = columns.map((column, at) => [column.name, values[at]?.stored ?? null] as const);
    expect(found.get(id), `${said}, row ${id}`).toEqual({ id, ...Object.fromEntries(stored) });
  }
}

/** Columns declared by kind. */
export function declaredBy<K extends Kind>(
  columns: Fuzzed['columns'],
  by: Readonly<Record<K, () => unknown>>,
): Readonly<Record<string, unknown>> {
  const known: Readonly<Partial<Record<Kind, () => unknown>>> = by;
  return Object.fromEntries(columns.map(({ name, kind }) => [name, known[kind]?.()]));
}
