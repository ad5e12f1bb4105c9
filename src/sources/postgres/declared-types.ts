import { own } from '../../kernel/own.ts';
import type { ForeignSource } from '../../model/data.ts';
import type { SourceNote } from '../../ports/source.ts';
import { labelsDiffer, typeDiffers, typeUnsupported } from '../sql/notes.ts';
import type { Catalogue, CatalogueColumn } from './catalogue.ts';

const texts = ['text', 'varchar', 'bpchar', 'name', 'citext'];
const sizes: Readonly<Record<string, number>> = { int2: 16, int4: 32, int8: 64 };
const declaredSizes: Readonly<Record<string, number>> = { smallint: 16, int: 32, bigint: 64 };

/** By declared type, the types of the catalogue whose values it reads; whole numbers apart. */
const reads: Readonly<Record<string, readonly string[]>> = {
  numeric: ['numeric', 'int2', 'int4', 'int8'],
  real: ['float4'],
  double: ['float8', 'float4', 'int2', 'int4'],
  boolean: ['bool'],
  bytea: ['bytea'],
  uuid: ['uuid', ...texts],
  date: ['date'],
  time: ['time'],
  timestamp: ['timestamp'],
  timestamptz: ['timestamptz'],
  interval: ['interval'],
  json: ['json', 'jsonb', ...texts],
  jsonb: ['json', 'jsonb'],
  inet: ['inet', ...texts],
  cidr: ['cidr'],
  macaddr: ['macaddr', 'macaddr8'],
};
/** Their text depends on settings of the server, or is none that people read. */
const refused: Readonly<Record<string, string>> = {
  money: 'Read it through `postgres.query`, e.g. as CAST(price AS numeric).',
  geometry: 'Read it through `postgres.query`, e.g. as ST_AsText(place).',
  geography: 'Read it through `postgres.query`, e.g. as ST_AsText(place).',
};

/** Where the catalogue has another type than is declared. */
export function typeNotes(declared: ForeignSource, catalogue: Catalogue): readonly SourceNote[] {
  return Object.entries(declared.columns).flatMap(([name, { field, type, labels = [] }]) => {
    const column = catalogue.columns.get(field);
    if (column === undefined || column.type === '') return [];
    const what = `${declared.place}.${field} is ${column.full}`;
    const next = own(refused, column.type);
    if (next !== undefined) return [typeUnsupported(what, next)];
    const strangers = column.labels.filter((label) => !labels.includes(label));
    const unknown = type === 'postgres.enum' && strangers.length > 0 ? [labelsDiffer(name, strangers)] : [];
    return [...fitNotes(type.slice('postgres.'.length), column, what), ...unknown];
  });
}

function fitNotes(type: string, column: CatalogueColumn, what: string): readonly SourceNote[] {
  const size = own(declaredSizes, type);
  const real = own(sizes, column.type);
  if (size !== undefined && real !== undefined) {
    if (real <= size) return [];
    const next = 'Values that do not fit are rejected; declare the column as it is.';
    return [typeDiffers('warning', `${what}, and postgres.${type} is declared`, next)];
  }
  if (readsColumn(type, column)) return [];
  return [typeDiffers('error', `${what}, and postgres.${type} is declared`, 'Declare the column as it is.')];
}

function readsColumn(type: string, { type: real, kind }: CatalogueColumn): boolean {
  if (['text', 'varchar', 'char'].includes(type)) return true;
  if (type === 'enum') return kind === 'enum' || texts.includes(real);
  if (type.endsWith('[]')) return real.startsWith('_');
  if (type.endsWith('~')) return kind === 'range';
  return own(reads, type)?.includes(real) ?? false;
}
