import { own } from '../kernel/own.ts';
import { domainOf, isScalarKind, verdictOf } from '../model/conversion.ts';
import { type DataSpec, type DataSummary, sourceName } from '../model/data.ts';
import type { Hazard } from '../model/hazard.ts';
import { keyColumns, type Schema, type Table } from '../model/schema.ts';
import { sinceName } from '../model/since.ts';
import type { Reverse } from '../model/step.ts';
import { backUp, withoutKey } from './backups.ts';
import { dataProblem } from './data-checks.ts';
import { hazard, lwtTimestamps } from './hazards.ts';
import type { SourceFinding } from './input.ts';
import { listed } from './names.ts';
import { irreversible, none } from './reverse.ts';
import { columnOf } from './schema-objects.ts';
import type { SectionContext } from './section-context.ts';
import type { SectionWriter } from './writer.ts';

export interface DataContext extends SectionContext {
  /** The keyspace before the section. */
  readonly base: Schema;
  /** Staging tables of the tables that are made anew, by their name. */
  readonly staging: ReadonlyMap<string, Table>;
  /** By table, columns that an earlier step of the section backed up before writing; null: all. */
  readonly covered: Map<string, readonly string[] | null>;
}

/** `copy movies → movies_by_genre`, `backfill movies.rating`. */
export function dataTitle(spec: DataSpec): string {
  if (spec.kind === 'backfill')
    return `backfill ${listed(Object.keys(spec.columns).map((name) => `${spec.into.name}.${name}`))}`;
  return `${spec.kind} ${sourceName(spec.from)} → ${spec.into.name}`;
}

/** The step of one data function, with a backup before it where it writes over rows. */
export function planData(context: DataContext, spec: DataSpec): void {
  const { writer, base, staging } = context;
  const { schema } = writer.world;
  const staged = staging.get(spec.into.name);
  const into =
    spec.kind === 'backfill' ? own(schema.tables, spec.into.name) : (staged ?? own(schema.tables, spec.into.name));
  const from = spec.from.kind === 'table' ? own(schema.tables, spec.from.table.name) : null;
  const missing = into === undefined ? spec.into.name : from === undefined ? sourceName(spec.from) : null;
  if (into === undefined || from === undefined) {
    writer.refuse('OBJECT_MISSING', missing ?? '', {
      message: `${dataTitle(spec)}: there is no table ${missing}`,
      next: 'Create it in this migration or an earlier one.',
    });
    return;
  }
  const intoBefore = own(base.tables, spec.into.name) ?? null;
  const found = dataProblem(spec, { from, into, intoBefore, rebuilt: staged !== undefined });
  if (found !== null) {
    writer.refuse(found.code, spec.into.name, { message: `${dataTitle(spec)}: ${found.message}`, next: found.next });
    return;
  }
  const finding =
    spec.from.kind === 'table' ? undefined : writer.scope.input.sources?.[`${writer.migration}/${spec.index}`];
  if (finding !== undefined && !noteFinding(writer, spec, finding)) return;
  const guard = staged === undefined ? guardRows(context, { spec, into, intoBefore }) : stagedGuard(staged);
  writer.work(
    { kind: 'data', migration: writer.migration, data: summaryOf(spec), from, into },
    {
      object: spec.into.name,
      title: dataTitle(spec),
      class: 'copy',
      hazards: guard.hazards,
      destroys: guard.destroys,
      reverse: guard.reverse,
      ...(spec.from.kind === 'table' ? { rowsOf: spec.from.table.name } : {}),
      ...(finding === undefined ? {} : { rows: finding }),
    },
  );
  noteSince(writer, spec);
  writer.scope.filled.add(into.name);
  if (staged !== undefined) writer.scope.filled.add(spec.into.name);
}

/** False when the source cannot be read, which keeps the plan from being applied. */
function noteFinding(writer: SectionWriter, spec: DataSpec, { problem, missing, notes = [] }: SourceFinding): boolean {
  const { name } = spec.into;
  for (const { code, severity, message, next } of notes) {
    writer.notice({ code, severity, object: name }, { message: `${dataTitle(spec)}: ${message}`, next });
  }
  if (problem !== null) {
    writer.refuse(problem.code, name, { message: `${dataTitle(spec)}: ${problem.message}`, next: problem.next });
    return false;
  }
  noteConversions(writer, spec);
  if (missing.length === 0) return true;
  writer.notice(
    { code: 'SOURCE_COLUMNS_NOT_SEEN', severity: 'warning', object: name },
    {
      message: `${dataTitle(spec)}: the first rows of the source have no ${listed(missing)}, which would be read as null`,
      next: 'Check the spelling in `columns` and `fields`; go on if later rows have it.',
    },
  );
  return true;
}

/** Says what changes a watermark cannot tell, before anybody relies on it. */
function noteSince(writer: SectionWriter, spec: DataSpec): void {
  const { since } = spec;
  if (since === undefined) return;
  const by = sinceName(since);
  const unseen =
    since.by === 'writetime'
      ? 'rows and cells that are deleted'
      : `rows that are deleted, changes that leave ${by} as it was, and rows without one`;
  writer.notice(
    { code: 'CHANGES_TOLD', severity: 'info', object: spec.into.name },
    {
      message: `${dataTitle(spec)}: \`cqlform catch-up\` copies what changes later, told by ${by}; it does not see ${unseen}, and where a changed row gets another key the old row stays`,
      next: '`cqlform verify` finds those; docs/guides/moving-a-live-application.md has the whole way.',
    },
  );
}

/** Names what is converted by itself because it loses nothing. */
function noteConversions(writer: SectionWriter, spec: DataSpec): void {
  const converted = losslessConversions(spec);
  if (converted.length === 0) return;
  writer.notice(
    { code: 'LOSSLESS_CONVERSIONS', severity: 'info', object: spec.into.name },
    {
      message: `${dataTitle(spec)}: converted without loss: ${converted.join(', ')}`,
      next: 'docs/conversions.md has the whole table; give a function of the row where it shall be otherwise.',
    },
  );
}

function losslessConversions(spec: DataSpec): readonly string[] {
  const { from, into } = spec;
  if (from.kind !== 'foreign' || spec.kind !== 'copy') return [];
  return Object.entries(spec.columns).flatMap(([name, mapping]) => {
    const source = mapping.kind === 'unset' || mapping.from === undefined ? undefined : own(from.columns, mapping.from);
    const target = columnOf(into, name)?.type;
    const domain = source === undefined ? null : domainOf(source.type);
    if (domain === null || target?.kind !== 'scalar' || !isScalarKind(target.name)) return [];
    if (verdictOf(domain, target.name) !== 'lossless') return [];
    return [`${name} (${source?.type.replace(/^\w+\./, '')} → ${target.name})`];
  });
}

interface Guard {
  readonly reverse: Reverse;
  readonly hazards: readonly Hazard[];
  readonly destroys: boolean;
}

function stagedGuard(staging: Table): Guard {
  return { reverse: none(`${staging.name} is dropped`), hazards: [], destroys: false };
}

interface Write {
  readonly spec: DataSpec;
  readonly into: Table;
  readonly intoBefore: Table | null;
}

/** How what is in the table now comes back. */
function guardRows(context: DataContext, write: Write): Guard {
  const { writer, covered } = context;
  const { spec, into, intoBefore } = write;
  const { name } = into;
  if (intoBefore === null)
    return { reverse: none(`${name} is dropped, which this migration made`), hazards: [], destroys: false };
  const columns = scopeOf(write);
  if (columns?.length === 0 && spec.kind === 'backfill')
    return {
      reverse: none('the columns it fills are dropped, which this migration added'),
      hazards: [],
      destroys: false,
    };
  const earlier = covered.get(name);
  if (earlier !== undefined && includesAll(earlier, columns))
    return { reverse: none('the rows come back with those of the earlier step'), hazards: [], destroys: false };
  const backup = backUp(writer, { table: into, columns, why: 'before-overwrite' });
  const address = writer.address(name);
  const mayHaveRows = !isEmpty(context, name);
  const hazards: readonly Hazard[] = mayHaveRows
    ? [overwrites(address, spec, columns), lwtTimestamps(address), ...backup.hazards]
    : backup.hazards;
  if (backup.backup === null) return { reverse: irreversible(backup.noBackup), hazards, destroys: mayHaveRows };
  covered.set(name, columns);
  const reverse: Reverse = {
    kind: 'steps',
    steps: [
      // The application may have written since: what the restore takes away has to be kept somewhere.
      { kind: 'backup', scope: { table: into, columns }, label: writer.newLabel(`undo-${name}`), why: 'before-undo' },
      { kind: 'restore', scope: { table: into, columns }, label: backup.backup, mode: 'exact', renamed: {} },
    ],
  };
  return { reverse, hazards, destroys: mayHaveRows };
}

function overwrites(address: string, spec: DataSpec, columns: readonly string[] | null): Hazard {
  const what = columns === null ? 'what the step writes' : listed(columns);
  const why =
    spec.kind === 'backfill'
      ? `Writes over ${what} of the rows that are there. The backup keeps what was in them.`
      : `Rows of the same key that are there get new values in ${what}. The backup keeps them.`;
  return hazard('OVERWRITES_ROWS', address, why);
}

/**
 * Columns that may lose what they hold; null: the whole table, since a copy also makes rows, which only a backup of all
 * can tell from those that were there. A backfill's new columns hold nothing yet.
 */
function scopeOf({ spec, into, intoBefore }: Write): readonly string[] | null {
  if (spec.kind !== 'backfill') return null;
  const written = withoutKey(into, writtenBy(spec));
  return written.filter((name) => intoBefore !== null && columnOf(intoBefore, name) !== undefined);
}

function includesAll(earlier: readonly string[] | null, columns: readonly string[] | null): boolean {
  if (earlier === null) return true;
  return columns?.every((name) => earlier.includes(name)) ?? false;
}

function isEmpty({ writer }: DataContext, table: string): boolean {
  const { input, made, filled } = writer.scope;
  return (input.emptyTables.includes(table) || made.has(table)) && !filled.has(table);
}

function summaryOf(spec: DataSpec): DataSummary {
  return {
    kind: spec.kind,
    index: spec.index,
    from: { kind: spec.from.kind, name: sourceName(spec.from) },
    into: spec.into.name,
    columns: spec.kind === 'transform' ? null : withKey(spec),
  };
}

function withKey(spec: Exclude<DataSpec, { readonly kind: 'transform' }>): readonly string[] {
  const written = writtenBy(spec);
  return spec.kind === 'backfill' ? written : [...new Set([...keyColumns(spec.into), ...written])];
}

function writtenBy(spec: Exclude<DataSpec, { readonly kind: 'transform' }>): readonly string[] {
  return Object.entries(spec.columns)
    .filter(([, mapping]) => mapping.kind !== 'unset')
    .map(([name]) => name);
}
