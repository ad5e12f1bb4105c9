import { own } from '../../kernel/own.ts';
import type { AssessedColumn, AssessedTable } from '../../model/assessment.ts';
import { keyColumns, type Table } from '../../model/schema.ts';
import { childPiece, conversionOf, rowId } from './assessed-rows.ts';
import { foreignType, moduleOf, neverNull, placeVerb } from './foreign.ts';
import { call, list, object, type Piece, prefixed, text } from './layout.ts';
import { callOf, declared, fileOf } from './migration.ts';
import { Names } from './names.ts';
import { constOf, objectSource, tableWith } from './object.ts';
import { columnType } from './type.ts';

/** A migration that brings the assessed tables in: their sources, the tables proposed, and a copy for each. */
export function assessedMigrationSource(
  tables: readonly AssessedTable[],
  { description, present }: { readonly description: string; readonly present: ReadonlySet<string> },
): string {
  const types = [...new Map(tables.flatMap((table) => table.types.map((type) => [type.name, type]))).values()];
  const names = new Names();
  const builders = [...new Set(tables.map(builderOf))].sort();
  // The imports come first: no other constant gets their names.
  for (const builder of builders) names.of('import', builder);
  for (const table of tables) for (const name of targetsOf(table)) names.of('table', name);
  const blocks = tables.flatMap((table) => {
    // JSON is text that row functions know parsed
    const json = new Set(table.columns.flatMap(({ column, read }) => (isJson(read) ? [column] : [])));
    return [
      `${commentOf(table)}${declared(sourceConst(table, names), sourcePiece(table, names))}`,
      ...[table.target, ...table.children.map(({ target }) => target)].map((target) =>
        declared(
          names.of('table', target.name),
          tableWith('table', target, (column, inKey) =>
            json.has(column.name) && !inKey ? 't.json()' : columnType(column, inKey, constOf(names)),
          ),
        ),
      ),
    ];
  });
  return fileOf(
    [...types.map((type) => objectSource(type, names)), ...blocks],
    {
      description: text(description),
      // a type that is there already is used as it is
      schema: list([
        ...types.filter(({ name }) => !present.has(name)).map(({ name }) => names.of('type', name)),
        ...tables.flatMap(targetsOf).map((name) => names.of('table', name)),
      ]),
      data: list(
        tables.flatMap((table) => [
          copyPiece(table, names),
          ...table.children.map((child) =>
            childPiece(table, child, { from: sourceConst(table, names), into: names.of('table', child.target.name) }),
          ),
        ]),
      ),
    },
    importsOf(builders),
  );
}

function targetsOf({ target, children }: AssessedTable): readonly string[] {
  return [target.name, ...children.map((child) => child.target.name)];
}

function isJson({ type }: AssessedColumn['read']): boolean {
  return type === 'mongo.json';
}

function sourceConst({ source, target }: AssessedTable, names: Names): string {
  return names.of('source', `${target.name}_${source.connection === null ? 'file' : 'source'}`);
}

const folders: Readonly<Record<string, string>> = {
  csv: 'files',
  tsv: 'files',
  json: 'files',
  ndjson: 'files',
  parquet: 'files',
};

function importsOf(builders: readonly string[]): readonly string[] {
  const byModule = Map.groupBy(builders, (builder) => own(folders, builder) ?? moduleOf(builder));
  return [...byModule].map(([module, names]) => `import { ${names.join(', ')} } from 'cqlform/${module}';`);
}

function builderOf({ source }: AssessedTable): string {
  return source.system === 'csv' && source.settings['delimiter'] === '\t' ? 'tsv' : source.system;
}

function sourcePiece(table: AssessedTable, names: Names): Piece {
  const { source, columns, origin } = table;
  if (origin !== null) return clusterPiece(source, origin, names);
  const builder = builderOf(table);
  const isFile = source.connection === null;
  const renamed = columns.filter(({ field, column }) => field !== column);
  const key = keyOf(table);
  const needed = neededOf(table).filter((name) => !key.includes(name));
  const settings = Object.entries(source.settings).filter(([name]) => builder !== 'tsv' || name !== 'delimiter');
  const members: Readonly<Record<string, Piece | null>> = {
    connection: source.connection === null ? null : text(source.connection),
    columns: object(Object.fromEntries(columns.map((one) => [one.column, foreignType(builder, one.read)]))),
    key: key.length === 0 ? null : list(key.map(text)),
    ...(needed.length === 0 ? {} : { [isFile ? 'required' : neverNull(builder)]: list(needed.map(text)) }),
    ...(renamed.length === 0
      ? {}
      : { fields: object(Object.fromEntries(renamed.map(({ column, field }) => [column, text(field)]))) }),
    ...Object.fromEntries(
      settings.map(([name, value]) => [name, typeof value === 'string' ? text(value) : String(value)]),
    ),
  };
  return call(`${builder}.${isFile ? 'file' : placeVerb(builder)}`, [text(source.place), object(members)]);
}

/** `cassandra.table('movies', { connection: 'old', … })`: what a mask hides here is read in the clear there. */
function clusterPiece({ connection, settings }: AssessedTable['source'], origin: Table, names: Names): Piece {
  const { keyspace } = settings;
  const inKey = new Set(keyColumns(origin));
  const columns = origin.columns.map(({ mask: _, ...column }) => {
    return [column.name, columnType(column, inKey.has(column.name), constOf(names))] as const;
  });
  const clustering = origin.clusteringKey.map(({ column, order }) =>
    order === 'desc' ? `desc(${text(column)})` : text(column),
  );
  return call('cassandra.table', [
    text(origin.name),
    object({
      connection: text(connection ?? ''),
      keyspace: typeof keyspace === 'string' ? text(keyspace) : null,
      columns: object(Object.fromEntries(columns)),
      partitionKey: list(origin.partitionKey.map(text)),
      clusteringKey: clustering.length === 0 ? null : list(clustering),
    }),
  ]);
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

function copyPiece(table: AssessedTable, names: Names): Piece {
  const { target, key, columns, maxRejects } = table;
  const keys = keyColumns(target);
  const converted = columns.flatMap((one): readonly (readonly [string, Piece])[] => {
    const { column } = one;
    const convert = isJson(one.read) && keys.includes(column) ? 'json' : one.convert;
    return convert === null ? [] : [[column, conversionOf(column, { convert, inKey: keys.includes(column) })]];
  });
  const made =
    key.by === 'row' ? key.partition.map((name) => [name, prefixed('(row) => ', rowId(columns))] as const) : [];
  const functions = [...made, ...converted];
  return callOf('copy', {
    from: sourceConst(table, names),
    into: names.of('table', target.name),
    ...(functions.length === 0 ? {} : { columns: object(Object.fromEntries(functions)) }),
    ...(maxRejects === null
      ? {}
      : { maxRejects: typeof maxRejects === 'string' ? text(maxRejects) : String(maxRejects) }),
    // rows that are alike in everything are one
    ...(key.by === 'row' ? { maxCollisions: text('100%') } : {}),
  });
}

const lossySettings = ['fractions', 'zeroDates'];

/** What a reader of the file has to know: how sure its types are, and what will be rejected. Values are not shown. */
function commentOf(table: AssessedTable): string {
  const { name, read, whole, columns, unreadable, key, refused, source } = table;
  const lossy = Object.entries(source.settings).filter(([setting]) => lossySettings.includes(setting));
  const count = read.toLocaleString('en-US');
  const collisions = table.partitions?.collisions ?? 0;
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
    ...(collisions === 0
      ? []
      : [`${collisions.toLocaleString('en-US')} of them have a key that another one has, and would overwrite it.`]),
    ...lossy.map(([setting, value]) => `${setting}: '${value}' changes values that would be rejected without it.`),
    ...refused.map((one) => `Left out: ${one.field}${one.type === null ? '' : ` (${one.type})`}, ${one.reason}.`),
    ...table.children.map(
      ({ column, target: child, position }) =>
        `The documents in ${column} go to ${child.name}, numbered by ${position} from 0.`,
    ),
    ...(key.by === 'row' ? ['No field is unique: the id is made of the row, and rows that are alike become one.'] : []),
    ...(key.by === 'sample'
      ? ['The key was unique among the first 200,000 rows looked at, which proves nothing for the others.']
      : []),
  ];
  return lines.map((line) => `// ${line.replaceAll(/\s+/g, ' ')}\n`).join('');
}
