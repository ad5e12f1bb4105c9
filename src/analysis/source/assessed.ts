import { own } from '../../kernel/own.ts';
import type { AssessedColumn, AssessedTable, Convert } from '../../model/assessment.ts';
import { domainOf } from '../../model/conversion.ts';
import { keyColumns } from '../../model/schema.ts';
import { call, list, object, type Piece, prefixed, text } from './layout.ts';
import { callOf, declared, fileOf } from './migration.ts';
import { Names } from './names.ts';
import { constOf, tablePiece } from './object.ts';

/** Ids of rows that have no key are made of the row, in this namespace: the same row always has the same id. */
const rowNamespace = '0b9ea1ee-9d15-4f1b-8a0a-6c2c7a1f5d34';

/** A migration that brings the assessed tables in: their sources, the tables proposed, and a copy for each. */
export function assessedMigrationSource(tables: readonly AssessedTable[], description: string): string {
  const names = new Names();
  const builders = [...new Set(tables.map(builderOf))].sort();
  // The imports come first: no other constant gets their names.
  for (const builder of builders) names.of('import', builder);
  for (const { target } of tables) names.of('table', target.name);
  const blocks = tables.flatMap((table) => [
    `${commentOf(table)}${declared(sourceConst(table, names), sourcePiece(table))}`,
    declared(names.of('table', table.target.name), tablePiece('table', table.target, constOf(names))),
  ]);
  return fileOf(
    blocks,
    {
      description: text(description),
      schema: list(tables.map(({ target }) => names.of('table', target.name))),
      data: list(tables.map((table) => copyPiece(table, names))),
    },
    importsOf(builders),
  );
}

function sourceConst({ source, target }: AssessedTable, names: Names): string {
  return names.of('source', `${target.name}_${source.connection === null ? 'file' : 'source'}`);
}

const folders: Readonly<Record<string, string>> = { csv: 'files', tsv: 'files', json: 'files', ndjson: 'files' };

function importsOf(builders: readonly string[]): readonly string[] {
  const byModule = Map.groupBy(builders, (builder) => own(folders, builder) ?? builder);
  return [...byModule].map(([module, names]) => `import { ${names.join(', ')} } from 'cqlform/${module}';`);
}

function builderOf({ source }: AssessedTable): string {
  return source.system === 'csv' && source.settings['delimiter'] === '\t' ? 'tsv' : source.system;
}

function sourcePiece(table: AssessedTable): Piece {
  const { source, columns } = table;
  const builder = builderOf(table);
  const isFile = source.connection === null;
  const renamed = columns.filter(({ field, column }) => field !== column);
  const key = keyOf(table);
  const needed = neededOf(table).filter((name) => !key.includes(name));
  const settings = Object.entries(source.settings).filter(([name]) => builder !== 'tsv' || name !== 'delimiter');
  const members: Readonly<Record<string, Piece | null>> = {
    connection: source.connection === null ? null : text(source.connection),
    columns: object(Object.fromEntries(columns.map((one) => [one.column, typePiece(builder, one.read)]))),
    key: key.length === 0 ? null : list(key.map(text)),
    ...(needed.length === 0 ? {} : { [isFile ? 'required' : 'notNull']: list(needed.map(text)) }),
    ...(renamed.length === 0
      ? {}
      : { fields: object(Object.fromEntries(renamed.map(({ column, field }) => [column, text(field)]))) }),
    ...Object.fromEntries(
      settings.map(([name, value]) => [name, typeof value === 'string' ? text(value) : String(value)]),
    ),
  };
  return call(`${builder}.${isFile ? 'file' : 'table'}`, [text(source.place), object(members)]);
}

/** What names a row in reports: the source's own key, or else the one proposed. */
function keyOf({ keys, key, columns }: AssessedTable): readonly string[] {
  const [own] = keys;
  if (own?.by === 'primary key')
    return own.fields.map((field) => columns.find((one) => one.field === field)?.column ?? field);
  return key.by === 'row' || key.by === 'asked' ? [] : [...key.partition, ...key.clustering];
}

/** Columns in which a row without a value is rejected: the key's, and those that are never null there. */
function neededOf({ key, columns, target }: AssessedTable): readonly string[] {
  const keys = key.by === 'row' ? [] : keyColumns(target);
  return columns.flatMap(({ column, nullable }) => (keys.includes(column) || !nullable ? [column] : []));
}

/** `mysql.intUnsigned()`, `postgres.array(postgres.int())`, `mysql.enum('a', 'b')`. */
function typePiece(builder: string, { type, labels }: AssessedColumn['read']): Piece {
  const name = type.slice(type.indexOf('.') + 1);
  if (name.endsWith('[]')) {
    const inner = typePiece(builder, { type: type.slice(0, -2), ...(labels === undefined ? {} : { labels }) });
    return call(`${builder}.array`, [inner]);
  }
  const member = name.replaceAll(/ ([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return call(`${builder}.${member}`, (labels ?? []).map(text));
}

function copyPiece(table: AssessedTable, names: Names): Piece {
  const { target, key, columns, maxRejects } = table;
  const keys = keyColumns(target);
  const converted = columns.flatMap((one): readonly (readonly [string, Piece])[] => {
    const { column, convert } = one;
    return convert === null ? [] : [[column, conversionOf(column, { convert, inKey: keys.includes(column) })]];
  });
  const made = key.by === 'row' ? key.partition.map((name) => [name, rowId(columns)] as const) : [];
  const functions = [...made, ...converted];
  return callOf('copy', {
    from: sourceConst(table, names),
    into: names.of('table', target.name),
    ...(functions.length === 0 ? {} : { columns: object(Object.fromEntries(functions)) }),
    ...(maxRejects === null
      ? {}
      : { maxRejects: typeof maxRejects === 'string' ? text(maxRejects) : String(maxRejects) }),
  });
}

/** Values that are there already; nulls stay what they are, but for columns of the key, which have none. */
function conversionOf(
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
  json: (value) => `JSON.stringify(${value})`,
  texts: (value) => `${value}.map((one) => to.text(one))`,
  ints: (value) => `${value}.map((one) => to.int(one))`,
  doubles: (value) => `${value}.map((one) => to.double(one))`,
  booleans: (value) => `${value}.map((one) => to.boolean(one))`,
};

/** Of all that JSON can hold; whole numbers of 64 bits and more go in as text. */
function rowId(columns: readonly AssessedColumn[]): Piece {
  const parts = columns.flatMap(({ column, read: { type } }) => {
    const domain = domainOf(type);
    if (domain === 'bytes') return [];
    const large = domain === 'int64' || domain === 'uint64' || domain === 'integer' || type === 'sqlite.any';
    return [large ? `String(row.${column})` : `row.${column}`];
  });
  return prefixed('(row) => ', call('to.uuidV5', [text(rowNamespace), call('JSON.stringify', [list(parts)])]));
}

const lossySettings = ['fractions', 'zeroDates'];

/** What a reader of the file has to know: how sure its types are, and what will be rejected. Values are not shown. */
function commentOf(table: AssessedTable): string {
  const { name, read, whole, columns, unreadable, key, refused, source } = table;
  const lossy = Object.entries(source.settings).filter(([setting]) => lossySettings.includes(setting));
  const count = read.toLocaleString('en-US');
  const lines = [
    whole
      ? `${name}: all of its ${count} rows were looked at.`
      : `${name}: only ${count} rows were looked at, so the types are likely and not proved.`,
    ...columns.flatMap(({ column, unfit }) =>
      unfit.map(
        (one) =>
          `${column}: ${one.count} of ${one.reason}, will be rejected (${one.examples.map(({ place }) => place).join(', ')}).`,
      ),
    ),
    ...(unreadable.count === 0
      ? []
      : [`${unreadable.count} rows cannot be read (${unreadable.examples.map(({ place }) => place).join(', ')}).`]),
    ...lossy.map(([setting, value]) => `${setting}: '${value}' changes values that would be rejected without it.`),
    ...refused.map((one) => `Left out: ${one.field}${one.type === null ? '' : ` (${one.type})`}, ${one.reason}.`),
    ...(key.by === 'row' ? ['No field is unique: the id is made of the row, and rows that are alike become one.'] : []),
    ...(key.by === 'sample'
      ? ['The key was unique among the first 200,000 rows looked at, which proves nothing for the others.']
      : []),
  ];
  return lines.map((line) => `// ${line.replaceAll(/\s+/g, ' ')}\n`).join('');
}
