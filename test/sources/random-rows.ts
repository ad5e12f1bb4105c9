import type { Dice } from '../planner/random.ts';

/** A value of a random row: how SQL writes it, and what Cassandra has to have. */
export interface RandomValue {
  readonly sql: string;
  readonly stored: unknown;
}
type Generate = (dice: Dice, system: System) => RandomValue;
export type System = 'mysql' | 'postgres' | 'sqlite';

const digits = (dice: Dice, most: number): string =>
  Array.from({ length: 1 + dice.roll(most) }, () => dice.roll(10)).join('');

const whole =
  (bits: number): Generate =>
  (dice) => {
    const edges = [0n, -1n, 1n, 2n ** BigInt(bits - 1) - 1n, -(2n ** BigInt(bits - 1))];
    const value = dice.roll(4) === 0 ? (dice.one(edges) ?? 0n) : BigInt.asIntN(bits, BigInt(digits(dice, 20)));
    return { sql: String(value), stored: bits > 32 ? String(value) : Number(value) };
  };

const decimal: Generate = (dice, system) => {
  const value = `${dice.roll(2) === 0 ? '-' : ''}${BigInt(digits(dice, 18)) + 1n}.${digits(dice, 8).padEnd(8, '0')}`;
  // SQLite would make a double of it.
  return { sql: system === 'sqlite' ? `'${value}'` : value, stored: value };
};

const double: Generate = (dice) => {
  const value = Number(`${digits(dice, 3)}.${digits(dice, 14)}e${dice.roll(600) - 300}`);
  return { sql: value.toExponential(17), stored: value };
};

const letters = [
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
  '\t',
  'é',
  'ß',
  'Ω',
  '漢',
  '🦆',
  '\u200d',
  'NULL',
];
const text: Generate = (dice, system) => {
  const stored = Array.from({ length: dice.roll(12) }, () => dice.one(letters)).join('');
  const hex = Buffer.from(stored, 'utf8').toString('hex');
  const sql = {
    mysql: `CONVERT(X'${hex}' USING utf8mb4)`,
    postgres: `convert_from('\\x${hex}', 'UTF8')`,
    sqlite: `CAST(X'${hex}' AS TEXT)`,
  }[system];
  return { sql, stored };
};

const bytes: Generate = (dice, system) => {
  const hex = Array.from({ length: dice.roll(20) }, () => dice.roll(256).toString(16).padStart(2, '0')).join('');
  return { sql: system === 'postgres' ? `'\\x${hex}'` : `X'${hex}'`, stored: `0x${hex}` };
};

const two = (number: number): string => String(number).padStart(2, '0');
const day = (dice: Dice): string => `${1900 + dice.roll(200)}-${two(1 + dice.roll(12))}-${two(1 + dice.roll(28))}`;
const date: Generate = (dice) => {
  const value = day(dice);
  return { sql: `'${value}'`, stored: value };
};

const timestamp: Generate = (dice) => {
  const value = `${day(dice)}T${two(dice.roll(24))}:${two(dice.roll(60))}:${two(dice.roll(60))}.${String(dice.roll(1000)).padStart(3, '0')}`;
  return { sql: `'${value.replace('T', ' ')}'`, stored: `${value}Z` };
};

const boolean: Generate = (dice, system) => {
  const value = dice.roll(2) === 1;
  return { sql: system === 'sqlite' ? String(Number(value)) : String(value), stored: value };
};

const uuid: Generate = (dice) => {
  const hex = Array.from({ length: 32 }, () => dice.roll(16).toString(16)).join('');
  // MariaDB takes only those of a known variant.
  const value = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
  return { sql: `'${value}'`, stored: value };
};

/** By column. */
export const generators: Readonly<Record<string, Generate>> = {
  small: whole(16),
  number: whole(32),
  big: whole(64),
  exact: decimal,
  real: double,
  words: text,
  bytes,
  day: date,
  at: timestamp,
  flag: boolean,
  uid: uuid,
};

/** Random rows: an INSERT of each, and what Cassandra has to have by id. One value in five is null. */
export function randomRows(
  dice: Dice,
  { system, count }: { readonly system: System; readonly count: number },
): { readonly insert: string; readonly stored: ReadonlyMap<number, Readonly<Record<string, unknown>>> } {
  const stored = new Map<number, Record<string, unknown>>();
  const lines = Array.from({ length: count }, (_, id) => {
    const values = Object.entries(generators).map(([name, generate]) => {
      const value = generate(dice, system);
      return { name, ...(dice.roll(5) === 0 ? { sql: 'NULL', stored: null } : value) };
    });
    stored.set(id, { id, ...Object.fromEntries(values.map((value) => [value.name, value.stored])) });
    return `(${[id, ...values.map(({ sql }) => sql)].join(', ')})`;
  });
  return { insert: `INSERT INTO random_rows VALUES ${lines.join(',\n')}`, stored };
}
