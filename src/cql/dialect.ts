import { CqlformError } from '../kernel/errors.ts';
import type { Ddl } from '../model/ddl.ts';
import { longestNames } from '../model/identifier.ts';
import type { ServerVersion } from '../model/live.ts';
import type { Column, Field, Options } from '../model/schema.ts';
import type { CqlType } from '../model/type.ts';
import { type OptionRule, optionRules, unknownOption } from './option.ts';

/** What one line of Cassandra can do. */
export interface Dialect {
  readonly name: '4.0' | '4.1' | '5.0';
  readonly vectors: boolean;
  /** StorageAttachedIndex. */
  readonly sai: boolean;
  readonly masks: boolean;
  /** `ALTER TABLE … ADD IF NOT EXISTS`. */
  readonly addIfNotExists: boolean;
  /** Characters that the name of a table or view may have. */
  readonly longestName: number;
  /** Write times and TTLs of unfrozen collections and user-defined types can be read. */
  readonly collectionTimes: boolean;
  /** The options of tables and views that this line knows. */
  readonly options: Readonly<Record<string, OptionRule>>;
}

/** The dialect of a server; a newer one than 5.0 is taken for 5.0. Throws CqlformError `SERVER_TOO_OLD` below 4.0. */
export function dialectOf(version: ServerVersion): Dialect {
  if (version.major < 4) {
    throw new CqlformError('SERVER_TOO_OLD', `Cassandra ${version.text} is older than 4.0`, {
      next: 'Upgrade the cluster to Cassandra 4.0 or newer.',
      fields: { version: version.text },
    });
  }
  if (version.major >= 5) return dialects['5.0'];
  return version.minor >= 1 ? dialects['4.1'] : dialects['4.0'];
}

const dialects: Readonly<Record<Dialect['name'], Dialect>> = {
  '4.0': {
    name: '4.0',
    vectors: false,
    sai: false,
    masks: false,
    addIfNotExists: false,
    longestName: longestNames.tableBefore5,
    collectionTimes: false,
    options: optionsSince('4.0'),
  },
  '4.1': {
    name: '4.1',
    vectors: false,
    sai: false,
    masks: false,
    addIfNotExists: true,
    longestName: longestNames.tableBefore5,
    collectionTimes: false,
    options: optionsSince('4.0', '4.1'),
  },
  '5.0': {
    name: '5.0',
    vectors: true,
    sai: true,
    masks: true,
    addIfNotExists: true,
    longestName: longestNames.table,
    collectionTimes: true,
    options: optionsSince('4.0', '4.1', '5.0'),
  },
};

function optionsSince(...versions: readonly OptionRule['since'][]): Readonly<Record<string, OptionRule>> {
  return Object.fromEntries(Object.entries(optionRules).filter(([, rule]) => versions.includes(rule.since)));
}

/** Throws CqlformError `UNKNOWN_OPTION`, `NAME_INVALID` or `NOT_IN_THIS_VERSION` when the change needs what this dialect has not. */
export function refuseUnsupported(ddl: Ddl, dialect: Dialect): void {
  refuseLongName(ddl, dialect);
  for (const { name, type } of typesIn(ddl)) {
    if (!dialect.vectors && holdsVector(type)) throw notInThisVersion(name, 'the type vector', dialect);
  }
  for (const { name, mask } of columnsIn(ddl)) {
    if (!dialect.masks && mask !== undefined) throw notInThisVersion(name, 'masking', dialect);
  }
  for (const name of Object.keys(optionsIn(ddl))) {
    if (!Object.hasOwn(dialect.options, name)) {
      throw unknownOption(name, `Cassandra ${dialect.name} does not have it`, Object.keys(dialect.options));
    }
  }
  if (ddl.kind === 'create-index' && ddl.index.using === 'sai' && !dialect.sai) {
    throw notInThisVersion(ddl.index.name, 'StorageAttachedIndex', dialect);
  }
}

function refuseLongName(ddl: Ddl, { name: version, longestName }: Dialect): void {
  const named = ddl.kind === 'create-table' ? ddl.table : ddl.kind === 'create-view' ? ddl.view : null;
  if (named === null || named.name.length <= longestName) return;
  throw new CqlformError(
    'NAME_INVALID',
    `${named.kind} ${named.name}: Cassandra ${version} takes names of at most ${longestName} characters`,
    { next: 'Choose a shorter name.', fields: { name: named.name } },
  );
}

/** Every type that the change brings in, with the name of what has it. */
function typesIn(ddl: Ddl): readonly Field[] {
  switch (ddl.kind) {
    case 'create-type':
      return ddl.type.fields.map(({ name, type }) => ({ name: `${ddl.type.name}.${name}`, type }));
    case 'add-field':
      return [{ name: `${ddl.type}.${ddl.field.name}`, type: ddl.field.type }];
    case 'create-function':
      return [{ name: ddl.function.name, type: ddl.function.returns }, ...ddl.function.arguments];
    case 'create-aggregate':
      return [ddl.aggregate.stateType, ...ddl.aggregate.arguments].map((type) => ({ name: ddl.aggregate.name, type }));
    default:
      return columnsIn(ddl);
  }
}

function columnsIn(ddl: Ddl): readonly Column[] {
  if (ddl.kind === 'create-table') return addressed(ddl.table.name, ddl.table.columns);
  return ddl.kind === 'add-columns' ? addressed(ddl.table, ddl.columns) : [];
}

function addressed(table: string, columns: readonly Column[]): readonly Column[] {
  return columns.map((column) => ({ ...column, name: `${table}.${column.name}` }));
}

function optionsIn(ddl: Ddl): Options {
  switch (ddl.kind) {
    case 'create-table':
      return ddl.table.options;
    case 'create-view':
      return ddl.view.options;
    case 'alter-options':
      return ddl.options;
    default:
      return {};
  }
}

function holdsVector(type: CqlType): boolean {
  switch (type.kind) {
    case 'vector':
      return true;
    case 'list':
    case 'set':
      return holdsVector(type.element);
    case 'map':
      return holdsVector(type.key) || holdsVector(type.value);
    case 'tuple':
      return type.elements.some(holdsVector);
    default:
      return false;
  }
}

function notInThisVersion(address: string, what: string, dialect: Dialect): CqlformError {
  return new CqlformError(
    'NOT_IN_THIS_VERSION',
    `${address} needs ${what}, which Cassandra ${dialect.name} does not have`,
    {
      next: 'Upgrade the cluster to Cassandra 5.0, or do without it.',
      fields: { address, version: dialect.name },
    },
  );
}
