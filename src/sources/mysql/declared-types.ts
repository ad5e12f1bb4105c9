import { own } from '../../kernel/own.ts';
import type { ForeignSource } from '../../model/data.ts';
import type { SourceNote } from '../../ports/source.ts';
import { labelsDiffer, typeDiffers, typeUnsupported } from '../sql/notes.ts';
import type { Catalogue, CatalogueColumn } from './catalogue.ts';

const bits: Readonly<Record<string, number>> = { tinyint: 8, smallint: 16, mediumint: 24, int: 32, bigint: 64 };
const texts = ['char', 'varchar', 'tinytext', 'text', 'mediumtext', 'longtext', 'enum', 'set'];
const blobs = ['binary', 'varbinary', 'tinyblob', 'blob', 'mediumblob', 'longblob'];
const spatial = [
  'geometry',
  'point',
  'linestring',
  'polygon',
  'multipoint',
  'multilinestring',
  'multipolygon',
  'geometrycollection',
  'geomcollection',
];

/** By declared type, the types of the catalogue whose values it reads; whole numbers apart. */
const reads: Readonly<Record<string, readonly string[]>> = {
  bit: ['bit'],
  boolean: ['tinyint', 'bit'],
  decimal: ['decimal', ...Object.keys(bits)],
  float: ['float'],
  double: ['double', 'float', 'tinyint', 'smallint', 'mediumint', 'int'],
  char: texts,
  varchar: texts,
  text: [
    ...texts,
    'json',
    'uuid',
    'inet4',
    'inet6',
    'date',
    'datetime',
    'timestamp',
    'time',
    'decimal',
    'year',
    ...Object.keys(bits),
  ],
  enum: ['enum', 'char', 'varchar'],
  set: ['set', 'varchar'],
  json: ['json', 'tinytext', 'text', 'mediumtext', 'longtext', 'varchar'],
  date: ['date'],
  time: ['time'],
  duration: ['time'],
  datetime: ['datetime'],
  timestamp: ['timestamp'],
  year: ['year'],
  binary: blobs,
  varbinary: blobs,
  blob: blobs,
  uuid: ['uuid', 'char', 'varchar', 'binary'],
  inet: ['inet4', 'inet6', 'char', 'varchar'],
};

/** Where the catalogue has another type than is declared. */
export function typeNotes(declared: ForeignSource, catalogue: Catalogue): readonly SourceNote[] {
  return Object.entries(declared.columns).flatMap(([name, { field, type, labels }]) => {
    const column = catalogue.columns.get(field);
    if (column === undefined || column.type === '') return [];
    const what = `${declared.place}.${field} is ${column.full}`;
    if (spatial.includes(column.type)) {
      return [typeUnsupported(what, `Read it through \`mysql.query\`, e.g. as ST_AsText(${field}).`)];
    }
    return [...fitNotes(type, column, what), ...labelNotes(name, labels ?? null, column)];
  });
}

function fitNotes(type: string, column: CatalogueColumn, what: string): readonly SourceNote[] {
  const [word = '', sign] = type.slice('mysql.'.length).split(' ');
  const size = own(bits, word);
  const real = own(bits, column.type);
  const isUnsigned = column.full.includes('unsigned');
  if (size !== undefined && real !== undefined) {
    const fits = sign === 'unsigned' ? isUnsigned && real <= size : isUnsigned ? real < size : real <= size;
    return fits
      ? []
      : [
          typeDiffers(
            'warning',
            `${what}, and ${type} is declared`,
            'Values that do not fit are rejected; declare the column as it is.',
          ),
        ];
  }
  if (size !== undefined ? column.type === 'year' && size >= 16 : own(reads, word)?.includes(column.type)) return [];
  return [typeDiffers('error', `${what}, and ${type} is declared`, 'Declare the column as it is.')];
}

function labelNotes(
  name: string,
  labels: readonly string[] | null,
  { type, full }: CatalogueColumn,
): readonly SourceNote[] {
  if (labels === null || (type !== 'enum' && type !== 'set')) return [];
  const real = [...full.matchAll(/'((?:[^']|'')*)'/g)].map(([, label = '']) => label.replaceAll("''", "'"));
  const strangers = real.filter((label) => !labels.includes(label));
  return strangers.length === 0 ? [] : [labelsDiffer(name, strangers)];
}
