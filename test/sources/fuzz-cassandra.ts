import { cassandra } from '../../src/cassandra.ts';
import { type Fuzzed, type FuzzValue, type Kind, kinds } from './fuzz.ts';

/** Literals of CQL, written by hand. */
const literals: Readonly<Record<Kind, (raw: FuzzValue['raw']) => string>> = {
  smallint: String,
  int: String,
  bigint: String,
  unsigned: String,
  decimal: String,
  double: (raw) => Number(raw).toExponential(17),
  float: (raw) => Number(raw).toExponential(17),
  text: (raw) => textOf(String(raw)),
  blob: (raw) => `0x${(raw as Buffer).toString('hex')}`,
  date: (raw) => `'${raw}'`,
  timestamp: (raw) => `'${raw}'`,
  boolean: String,
  uuid: String,
  time: (raw) => `'${raw}'`,
  inet: (raw) => `'${raw}'`,
  duration: String,
  counts: (raw) =>
    `{${[...(raw as ReadonlyMap<string, number>)].map(([key, one]) => `${textOf(key)}: ${one}`).join(', ')}}`,
  ints: (raw) => `[${(raw as readonly number[]).join(', ')}]`,
  texts: (raw) => `[${(raw as readonly string[]).map(textOf).join(', ')}]`,
};
const cqlTypes: Readonly<Record<Kind, string>> = {
  smallint: 'smallint',
  int: 'int',
  bigint: 'bigint',
  unsigned: 'varint',
  decimal: 'decimal',
  double: 'double',
  float: 'float',
  text: 'text',
  blob: 'blob',
  date: 'date',
  timestamp: 'timestamp',
  boolean: 'boolean',
  uuid: 'uuid',
  time: 'time',
  inet: 'inet',
  duration: 'duration',
  counts: 'map<text, int>',
  ints: 'list<int>',
  texts: 'list<text>',
};
export const cassandraKinds = Object.keys(cqlTypes) as readonly Kind[];

function textOf(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A table of random rows; values that are null are left out. */
export function cassandraStatements(table: string, { columns, rows }: Fuzzed): readonly string[] {
  const types = columns.map(({ name, kind }) => `${name} ${cqlTypes[kind]}`);
  const inserts = rows.map(({ id, values }) => {
    const set = columns.flatMap(({ name, kind }, at) => {
      const value = values[at] ?? null;
      return value === null ? [] : [[name, literals[kind](value.raw)] as const];
    });
    const names = ['id', ...set.map(([name]) => name)];
    return `INSERT INTO ${table} (${names.join(', ')}) VALUES (${[id, ...set.map(([, text]) => text)].join(', ')})`;
  });
  return [`CREATE TABLE ${table} (id int PRIMARY KEY, ${types.join(', ')})`, ...inserts];
}

const untyped = (value: unknown): never => value as never;

export function fuzzCassandra(columns: Fuzzed['columns']): unknown {
  const types = Object.fromEntries(columns.map(({ name, kind }) => [name, kinds[kind].type()]));
  return cassandra.table(
    'fuzz',
    untyped({ connection: 'other', columns: { id: kinds.int.type(), ...types }, partitionKey: ['id'] }),
  );
}
