import { CqlformError } from '../kernel/errors.ts';
import { match } from '../kernel/match.ts';
import type { Ddl, DdlContext } from '../model/ddl.ts';
import { qualified, quoted, quotedType } from '../model/identifier.ts';
import type { Column, KeyspaceSettings } from '../model/schema.ts';
import { typeText } from '../model/type-text.ts';
import {
  columnText,
  createAggregate,
  createFunction,
  createIndex,
  createTable,
  createType,
  createView,
} from './create.ts';
import { mapText, optionTexts } from './option.ts';

/**
 * The one statement that makes the change, with qualified names and no semicolon; over several lines where it creates a
 * table, type, view, function or aggregate. A drop of columns without a timestamp carries a mark in its place: that is
 * for reading only, since the server would take the time of the drop.
 * Throws CqlformError `UNKNOWN_OPTION`, `OPTION_INVALID`, `TYPE_NAME_RESERVED`, `REPLICATION_MISSING`, `EMPTY_STATEMENT`.
 */
export function emitDdl(ddl: Ddl, context: DdlContext): string {
  const { keyspace } = context;
  const named = (name: string): string => qualified(keyspace, name);
  const typeNamed = (name: string): string => `${quoted(keyspace)}.${quotedType(name)}`;
  return match(ddl, {
    'create-keyspace': ({ settings, ifNotExists = false }) => createKeyspace(keyspace, settings, ifNotExists),
    'alter-keyspace': ({ settings }) =>
      `ALTER KEYSPACE ${quoted(keyspace)} WITH ${joined(settingTexts(settings), ddl)}`,
    'create-type': ({ type }) => createType(type, keyspace),
    'add-field': ({ type, field }) => `ALTER TYPE ${typeNamed(type)} ADD ${quoted(field.name)} ${typeText(field.type)}`,
    'rename-fields': ({ type, renames }) => `ALTER TYPE ${typeNamed(type)} RENAME ${joined(renameTexts(renames), ddl)}`,
    'drop-type': ({ name }) => `DROP TYPE ${typeNamed(name)}`,
    'create-table': ({ table }) => createTable(table, { keyspace, id: context.tableId }),
    'add-columns': ({ table, columns }) => `ALTER TABLE ${named(table)} ADD ${severalOf(columns.map(columnText), ddl)}`,
    'drop-columns': ({ table, columns }) => `ALTER TABLE ${named(table)} DROP ${dropText(columns, context, ddl)}`,
    'rename-columns': ({ table, renames }) => `ALTER TABLE ${named(table)} RENAME ${joined(renameTexts(renames), ddl)}`,
    'alter-options': ({ of, name, options }) =>
      `ALTER ${of === 'view' ? 'MATERIALIZED VIEW' : 'TABLE'} ${named(name)} WITH ${joined(optionTexts(options), ddl)}`,
    'drop-table': ({ name }) => `DROP TABLE ${named(name)}`,
    'create-index': ({ index }) => createIndex(index, keyspace),
    'drop-index': ({ name }) => `DROP INDEX ${named(name)}`,
    'create-view': ({ view }) => createView(view, keyspace),
    'drop-view': ({ name }) => `DROP MATERIALIZED VIEW ${named(name)}`,
    'create-function': (create) => createFunction(create.function, { keyspace, replace: create.replace }),
    'drop-function': ({ signature }) => `DROP FUNCTION ${quoted(keyspace)}.${signature}`,
    'create-aggregate': (create) => createAggregate(create.aggregate, { keyspace, replace: create.replace }),
    'drop-aggregate': ({ signature }) => `DROP AGGREGATE ${quoted(keyspace)}.${signature}`,
  });
}

function createKeyspace(keyspace: string, settings: KeyspaceSettings, ifNotExists: boolean): string {
  if (settings.replication === undefined) {
    throw new CqlformError('REPLICATION_MISSING', `keyspace ${keyspace} cannot be created without its replication`, {
      next: 'State the replication of this environment in the configuration, e.g. `{ class: "NetworkTopologyStrategy", dc1: "3" }`.',
      fields: { keyspace },
    });
  }
  return `CREATE KEYSPACE ${ifNotExists ? 'IF NOT EXISTS ' : ''}${quoted(keyspace)} WITH ${settingTexts(settings).join(' AND ')}`;
}

function settingTexts({ replication, durableWrites }: KeyspaceSettings): readonly string[] {
  return [
    ...(replication === undefined ? [] : [`replication = ${mapText(replication)}`]),
    ...(durableWrites === undefined ? [] : [`durable_writes = ${durableWrites}`]),
  ];
}

function renameTexts(renames: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(renames).map(([from, to]) => `${quoted(from)} TO ${quoted(to)}`);
}

function dropText(columns: readonly Column[], context: DdlContext, ddl: Ddl): string {
  const names = severalOf(
    columns.map(({ name }) => quoted(name)),
    ddl,
  );
  return `${names} USING TIMESTAMP ${context.dropTimestamp ?? '/* set when applied */'}`;
}

/** One stands alone, several in parentheses. */
function severalOf(texts: readonly string[], ddl: Ddl): string {
  const [only] = texts;
  if (only === undefined) throw emptyStatement(ddl);
  return texts.length === 1 ? only : `(${texts.join(', ')})`;
}

function joined(texts: readonly string[], ddl: Ddl): string {
  if (texts.length === 0) throw emptyStatement(ddl);
  return texts.join(' AND ');
}

function emptyStatement(ddl: Ddl): CqlformError {
  return new CqlformError('EMPTY_STATEMENT', `a change of kind ${ddl.kind} names nothing to change`, {
    next: 'Report this as a bug, with the migration that led to it.',
    fields: { kind: ddl.kind },
  });
}
