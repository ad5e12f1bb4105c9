import { own } from '../../kernel/own.ts';
import { emptySchema, type Schema, type Table, type UserType } from '../../model/schema.ts';
import { keyOf } from '../../planner/names.ts';
import { typesBehind } from '../../planner/references.ts';
import { laidOut, list, object, type Piece, text } from './layout.ts';
import { Names } from './names.ts';
import { constOf, objectSource, tablePiece } from './object.ts';
import { declarationOrder, importLine } from './schema.ts';

/**
 * A migration that creates everything in a schema. Tables and types of `base` that these objects stand on are declared
 * as what is there already.
 */
export function wholeMigrationSource(
  schema: Schema,
  { description, base }: { readonly description: string; readonly base: Schema },
): string {
  const names = new Names();
  const objects = declarationOrder(schema);
  const tables = tablesBeneath(schema, base);
  const types = typesOf([...tables, ...Object.values(schema.tables)], base, schema);
  for (const one of [...objects, ...types, ...tables]) names.of(one.kind, keyOf(one));
  const entries = [
    ...(schema.keyspace.durableWrites === false ? ['keyspace({ durableWrites: false })'] : []),
    ...objects.map((one) => names.of(one.kind, keyOf(one))),
  ];
  const sources = [
    ...types.map((type) => objectSource(type, names)),
    ...tables.map((table) => declared(names.of('table', table.name), tablePiece('existing', table, constOf(names)))),
    ...objects.map((one) => objectSource(one, names)),
  ];
  return fileOf(sources, { description: text(description), schema: list(entries) });
}

/** Tables of the base that indexes and views of the schema stand on. */
function tablesBeneath(schema: Schema, base: Schema): readonly Table[] {
  const used = [...Object.values(schema.indexes), ...Object.values(schema.views)].map((one) => one.table);
  return [...new Set(used)].flatMap((name) => {
    const table = own(schema.tables, name) === undefined ? own(base.tables, name) : undefined;
    return table === undefined ? [] : [table];
  });
}

export interface NewMigration {
  readonly description: string;
  /** A name for a table that takes the rows of the tables in `from`. */
  readonly target: string;
  /** Tables that are read. */
  readonly from: readonly Table[];
  /** Tables that are changed. */
  readonly alter: readonly Table[];
}

/** A migration for a person to finish: what is there as `existing` blocks, and a beginning that passes `check`. */
export function newMigrationSource(migration: NewMigration, schema: Schema): string {
  const { description, from, alter, target } = migration;
  const names = new Names();
  const tables = [...new Map([...from, ...alter].map((table) => [table.name, table])).values()];
  for (const table of tables) names.of('table', table.name);
  const [first] = from;
  const made = first === undefined || alter.length > 0 ? null : targetOf(first, target);
  const into = made === null ? null : names.of('table', made.name);
  const blocks = [
    ...typesOf(tables, schema).map((type) => objectSource(type, names)),
    ...tables.map((table) => declared(names.of('table', table.name), tablePiece('existing', table, constOf(names)))),
    ...(made === null || into === null ? [] : [declared(into, tablePiece('table', made, constOf(names)))]),
  ];
  const entries = [
    ...alter.map((table) => `alter(${names.of('table', table.name)}, { add: {} })`),
    ...(into === null ? [] : [into]),
  ];
  const data = into === null ? [] : from.map((table) => dataPiece(table, { names, into, first: table === first }));
  return fileOf(blocks, {
    description: text(description),
    schema: list(entries),
    data: data.length === 0 ? null : list(data),
  });
}

/** The first of the sources as it is, under another name; counters and static columns are left to the person. */
function targetOf(source: Table, name: string): Table {
  const columns = source.columns.filter((column) => !isSpecial(column));
  return { ...source, name, columns, options: {} };
}

function isSpecial({ type, static: fixed }: Table['columns'][number]): boolean {
  return fixed || (type.kind === 'scalar' && type.name === 'counter');
}

function dataPiece(
  table: Table,
  { names, into, first }: { readonly names: Names; readonly into: string; readonly first: boolean },
): Piece {
  const from = names.of('table', table.name);
  const plain = first && !table.columns.some(isSpecial);
  if (plain) return callOf('copy', { from, into });
  return callOf('transform', { from, into, rows: "() => skip('to be written')" });
}

export function callOf(name: string, members: Readonly<Record<string, Piece>>): Piece {
  const piece = object(members);
  return typeof piece === 'string' ? piece : { ...piece, open: `${name}(${piece.open}`, close: `${piece.close})` };
}

/** The types within the tables' columns that `schema` has and `made` does not. */
export function typesOf(tables: readonly Table[], schema: Schema, made: Schema = emptySchema): readonly UserType[] {
  return typesBehind(tables, schema).filter(({ name }) => own(made.types, name) === undefined);
}

export function declared(name: string, piece: Piece): string {
  const head = `const ${name} = `;
  return `${head}${laidOut(piece, 0, head.length + 1)};`;
}

/** `imports`: lines behind the one of `cqlform` itself. */
export function fileOf(
  blocks: readonly string[],
  members: Readonly<Record<string, Piece | null>>,
  imports: readonly string[] = [],
): string {
  // A migration is laid out over several lines even when it is short: it will grow.
  const lines = Object.entries(members).flatMap(([name, piece]) =>
    piece === null ? [] : [`  ${name}: ${laidOut(piece, 2, name.length + 3)},`],
  );
  const last = `export default migration({\n${lines.join('\n')}\n});`;
  const body = [...blocks, last].join('\n\n');
  return `${[importLine(body), ...imports].join('\n')}\n\n${body}\n`;
}
