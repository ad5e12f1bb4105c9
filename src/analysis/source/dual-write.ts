import { own } from '../../kernel/own.ts';
import type { DataSpec, ForeignSource } from '../../model/data.ts';
import { type ByName, emptySchema, type UserType } from '../../model/schema.ts';
import { foreignType, moduleOf, neverNull, placeVerb } from './foreign.ts';
import { call, list, object, type Piece, text } from './layout.ts';
import { declared, typesOf } from './migration.ts';
import { Names, pascal } from './names.ts';
import { constOf, objectSource, tablePiece } from './object.ts';
import { importLine } from './schema.ts';

export interface DualWriteFile {
  /** The migration's id. */
  readonly migration: string;
  /** How the file that is written imports it. */
  readonly from: string;
  readonly data: readonly DataSpec[];
  /** User-defined types of the keyspace. */
  readonly types: ByName<UserType>;
}

/** The first words of every such file. */
export const dualWriteHead = '// Written by `cqlform dual-write`';

/** Copies that an application can write to the source and the target of: not files, and not a table into itself. */
export function dualWritten(spec: DataSpec): boolean {
  return spec.kind !== 'backfill' && !(spec.from.kind === 'foreign' && spec.from.connection === null);
}

/**
 * A module of an application: for each copy of a migration the type of the source's rows, that of the target's, and the
 * copy's own functions between them.
 */
export function dualWriteSource({ migration, from, data, types }: DualWriteFile): string {
  const names = new Names();
  const kept = data.filter(dualWritten);
  const systems = [...new Set(kept.flatMap((spec) => (spec.from.kind === 'foreign' ? [spec.from.system] : [])))].sort();
  for (const name of [...systems, 'copies']) names.of('import', name);
  const tables = kept.flatMap((spec) => [spec.into, ...(spec.from.kind === 'foreign' ? [] : [spec.from.table])]);
  const own = kept.flatMap((spec) => (spec.from.kind === 'cluster' ? Object.values(spec.from.types) : []));
  const all = { ...Object.fromEntries(own.map((type) => [type.name, type])), ...types };
  const blocks = typesOf(tables, { ...emptySchema, types: all }).map((type) => objectSource(type, names));
  for (const spec of kept) blocks.push(...blocksOf(spec, names));
  const body = blocks.join('\n\n');
  const lines = [
    `${dualWriteHead} from ${migration}: do not edit, write it anew.`,
    importLine(body),
    ...systems.map((system) => `import { ${system} } from 'cqlform/${moduleOf(system)}';`),
    `import ${names.of('import', 'copies')} from ${text(from)};`,
  ];
  return `${lines.join('\n')}\n\n${body}\n`;
}

function blocksOf(spec: DataSpec, names: Names): readonly string[] {
  const place = `${spec.into.name}_${spec.index}`;
  const constant = (kind: string, suffix: string): string =>
    names.of(`${kind} ${place}`, `${spec.into.name}_${suffix}`);
  const [source, target] = [constant('source', 'source'), constant('target', 'table')];
  const written = constant('written', 'dual_write');
  const type = pascal(written.replace(/DualWrite/, ''));
  const row = `${type}SourceRow`;
  const targetRow = `${type}TargetRow`;
  return [
    declared(
      source,
      spec.from.kind === 'foreign' ? foreignPiece(spec.from) : tablePiece('existing', spec.from.table, constOf(names)),
    ),
    declared(target, tablePiece('existing', spec.into, constOf(names))),
    `/** A row as the source has it. */\nexport type ${row} = RowOf<typeof ${source}>;`,
    `/** A row of ${spec.into.name} as it is written: null deletes, what is left out stays. */\nexport type ${targetRow} = InsertOf<typeof ${target}>;`,
    `/** Rows of the source as those of ${spec.into.name}, made as the migration makes them. */\nexport const ${written} = dualWrite<${row}, ${targetRow}>(${names.of('import', 'copies')}, ${spec.index});`,
  ];
}

function foreignPiece(source: ForeignSource): Piece {
  const { system, place, connection, columns, key, settings } = source;
  const required = Object.entries(columns).flatMap(([name, column]) =>
    column.required && !key.includes(name) ? [name] : [],
  );
  const query = own(settings, 'query');
  const verb = typeof query === 'string' ? 'query' : placeVerb(system);
  return call(`${system}.${verb}`, [
    text(typeof query === 'string' ? query : place),
    object({
      connection: text(connection ?? ''),
      columns: object(
        Object.fromEntries(Object.entries(columns).map(([name, one]) => [name, foreignType(system, one)])),
      ),
      key: key.length === 0 ? null : list(key.map(text)),
      [neverNull(system)]: required.length === 0 ? null : list(required.map(text)),
    }),
  ]);
}
