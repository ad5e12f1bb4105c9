import { randomBytes } from 'node:crypto';
import { plainFolderOf } from '../backup/plain/plain-files.ts';
import { type DecidedStrategy, decideStrategy, type StrategyWanted } from '../backup/strategy.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { own } from '../kernel/own.ts';
import type { BackupFormat, BackupStrategy, Definitions, TokenSpan } from '../model/backup.ts';
import type { Progress } from '../model/event.ts';
import type { LiveKeyspace } from '../model/live.ts';
import type { Grants } from '../model/right.ts';
import { keyColumns, type Table } from '../model/schema.ts';
import type { BackupRequest, BackupStored, Backups, WorkContext } from '../ports/engines.ts';
import { actorOf } from './actor.ts';
import { contentsNamed, listBackups } from './backup.ts';
import { formOf, placeForPlain } from './backup-form.ts';
import { type SpanWish, spanOf } from './backup-span.ts';
import { type TtlUse, ttlsOf } from './backup-ttl.ts';
import { enginesOf } from './engines.ts';
import { isSystemKeyspace } from './keyspace-name.ts';
import type { Project } from './project.ts';
import { isScratch } from './scratch-keyspace.ts';
import type { Session } from './session.ts';
import { chooseStore } from './store.ts';
import { assertGoingOn, unrecorded } from './unrecorded.ts';

export interface CreateInput {
  /** Tables of the keyspace; empty: all of them. */
  readonly tables: readonly string[];
  /** Of one table, besides its key; null: whole rows. */
  readonly columns: readonly string[] | null;
  /** Of the partitions, one of one table or those of a range of tokens; null: all. */
  readonly span?: SpanWish | null;
  readonly to: string | undefined;
  readonly label: string | null;
  readonly strategy: StrategyWanted;
  /** The scheduled job that asks for it; left out: a person does. */
  readonly schedule?: string;
  /** Left out: chunks. */
  readonly format?: BackupFormat;
  /** As `--compression` says it; null or left out: as the configuration says. */
  readonly compression?: string | null;
  /** Left out: as the configuration says. */
  readonly writeTimes?: boolean | undefined;
  readonly consistency: BackupRequest['consistency'];
  readonly onProgress: (progress: Progress) => void;
  readonly signal: AbortSignal;
}

export interface CreateReport extends BackupStored {
  readonly id: string;
  readonly format: BackupFormat;
  /** Of plain files: where in the store they are. */
  readonly folder: string | null;
  readonly keyspace: string;
  readonly store: string;
  readonly strategy: BackupStrategy;
  /** Of a mix: why it is this one; null: it was said. */
  readonly why: string | null;
  /** False: without them, and without TTLs. */
  readonly writeTimes: boolean;
  /** Whether roles and permissions are in it: `none` where the servers check none, `unreadable` where this role may not read them. */
  readonly grants: Grants['kind'];
  readonly tables: readonly {
    readonly table: string;
    readonly columns: readonly string[] | null;
    readonly tokens: TokenSpan | null;
    readonly rows: number;
    readonly staticRows: number;
    readonly valueDigest: string;
    /** Columns whose write times the server does not tell. */
    readonly timesInferred: readonly string[];
    /** Of a backup without write times: what tells that cells of the table end, which restored ones will not. */
    readonly ttl: TtlUse | null;
  }[];
  readonly milliseconds: number;
}

/**
 * A backup of tables as they are read, while applications go on writing: each row is as it was at some moment between
 * its table's two scan times, which the manifest tells.
 */
export async function createBackupNow(session: Session, input: CreateInput): Promise<CreateReport> {
  const { project, cluster, clock } = session;
  const form = formOf(project, { format: input.format ?? 'chunks', compression: input.compression ?? null });
  const wanted = form.format === 'csv' ? 'full' : input.strategy;
  const writeTimes = input.writeTimes ?? project.backupWriteTimes;
  const live = await cluster.describe(project.keyspace);
  const scopes = scopesOf(live, input);
  const begun = clock.monotonic();
  const grants = await cluster.grants(live.name);
  const store = chooseStore(project, form.format === 'csv' ? placeForPlain(input.to, project) : input.to).name;
  const backups = enginesOf(session).backupsAt(store);
  const id = idOf(project.keyspace, clock.now());
  const { strategy, why } = await decided(backups, live, { scopes, wanted, writeTimes, now: clock.now() });
  const ttls = writeTimes ? new Map<string, TtlUse | null>() : await ttlsOf(session, live, scopes);
  const stored: BackupStored[] = [];
  const made = await backups.create(
    {
      id,
      label: input.label,
      scopes,
      consistency: input.consistency,
      secondPasses: 0,
      allowStillWritten: true,
      ledgerHead: 'none',
      strategy,
      writeTimes,
      ...(input.schedule === undefined ? {} : { schedule: input.schedule }),
      ...form,
      definitions: definitionsOf(live, scopes),
      grants,
      onStored: (one) => {
        stored.push(one);
      },
    },
    contextOf(live, input),
  );
  const tables = made.map(({ table, columns, rows, staticRows = 0, valueDigest }) => {
    const scope = scopes.find((one) => one.table.name === table);
    const untimed = scope === undefined || !writeTimes ? [] : session.rows.untimedColumns(scope.table);
    const timesInferred = untimed.filter((name) => columns?.includes(name) ?? true);
    const tokens = scope?.tokens ?? null;
    return { table, columns, tokens, rows, staticRows, valueDigest, timesInferred, ttl: ttls.get(table) ?? null };
  });
  const [cost] = stored;
  if (cost === undefined) throw new TypeError('nobody has told what was stored');
  const milliseconds = Math.round(clock.monotonic() - begun);
  const folder = form.format === 'csv' ? plainFolderOf(id) : null;
  const facts = { id, keyspace: project.keyspace, store, strategy, why, writeTimes, format: form.format, folder };
  return { ...facts, grants: grants.kind, tables, ...cost, milliseconds };
}

/** By what there is of the same tables; nothing is listed where nothing has to be decided. */
async function decided(
  backups: Backups,
  live: LiveKeyspace,
  of: {
    readonly scopes: BackupRequest['scopes'];
    readonly wanted: StrategyWanted;
    readonly writeTimes: boolean;
    readonly now: Date;
  },
): Promise<DecidedStrategy> {
  if (typeof of.wanted === 'string') return decideStrategy(of.wanted, [], of.now);
  // one that cannot be read counts as none: a full backup too many does no harm
  const { found } = await listBackups(backups, live.name);
  const these = contentsNamed({
    tables: of.scopes.map(({ table, columns, tokens = null }) => ({ table: table.name, columns, tokens })),
    writeTimes: of.writeTimes,
  });
  const same = found.filter(
    (one) => one.format === 'chunks' && one.cluster === live.cluster && contentsNamed(one) === these,
  );
  return decideStrategy(of.wanted, same, of.now);
}

/**
 * The keyspaces of a cluster that are backed up as the whole of it: those of the servers, the ledger and drills are not,
 * nor those without tables.
 */
export async function keyspacesToBackUp({ cluster, project }: Session): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of (await cluster.keyspaces()).toSorted()) {
    if (isSystemKeyspace(name) || name === project.ledgerKeyspace || isScratch(name)) continue;
    const { schema } = await cluster.describe(name);
    if (Object.keys(schema.tables).length > 0) found.push(name);
  }
  return found;
}

/** `mixed` by the rule of the configuration. Throws `BACKUP_STRATEGY` where it has none. */
export function strategyNamed(project: Project, named: BackupStrategy | 'mixed' | undefined): StrategyWanted {
  const configured = project.strategy ?? 'incremental';
  if (named === undefined) return configured;
  if (named !== 'mixed') return named;
  if (typeof configured !== 'string') return configured;
  throw new CqlformError('BACKUP_STRATEGY', 'nothing says how often a mix of backups has a full one', {
    next: "Say it in the configuration: `backup: { strategy: { kind: 'mixed', fullEvery: { days: 7 } } }`.",
    exitCode: exitCodes.usage,
  });
}

/** One backup of each, one after the other. */
export async function createBackupsNow(
  session: Session,
  keyspaces: readonly string[],
  input: CreateInput,
): Promise<readonly CreateReport[]> {
  const reports: CreateReport[] = [];
  for (const keyspace of keyspaces) {
    const project = { ...session.project, keyspace };
    reports.push(await createBackupNow({ ...session, project }, input));
  }
  return reports;
}

/** Sorts by time within a keyspace. */
function idOf(keyspace: string, now: Date): string {
  const time = now.toISOString().replaceAll(/[-:]/g, '').slice(0, 15).toLowerCase();
  return `${keyspace}-${time}z-${randomBytes(3).toString('hex')}`;
}

function scopesOf(live: LiveKeyspace, { tables, columns, span = null }: CreateInput): BackupRequest['scopes'] {
  if (!live.exists) throw nothing(`there is no keyspace ${live.name}`, 'Correct --keyspace or the configuration.');
  const named = tables.length > 0 ? tables : Object.keys(live.schema.tables);
  if (named.length === 0)
    throw nothing(`keyspace ${live.name} has no tables`, 'Name another keyspace with --keyspace.');
  if (columns !== null && named.length !== 1) {
    throw nothing('columns of several tables cannot be named', 'Name one table before --columns.');
  }
  if (span?.kind === 'partition' && named.length !== 1) {
    throw nothing('a partition of several tables cannot be named', 'Name one table before --partition.');
  }
  return named.map((name) => {
    const table = own(live.schema.tables, name);
    if (table === undefined) {
      throw nothing(`${live.name}.${name} is not there`, `It has ${Object.keys(live.schema.tables).join(', ')}.`);
    }
    assertColumns(live.name, table, columns);
    const tokens = span === null ? {} : { tokens: spanOf(span, table, live.schema.types) };
    return { table, columns, tableId: own(live.facts, name)?.id ?? '', ...tokens };
  });
}

function definitionsOf({ schema }: LiveKeyspace, scopes: BackupRequest['scopes']): Definitions {
  const of = new Set(scopes.map(({ table }) => table.name));
  return {
    indexes: Object.values(schema.indexes).filter(({ table }) => of.has(table)),
    views: Object.values(schema.views).filter(({ table }) => of.has(table)),
    functions: Object.values(schema.functions),
    aggregates: Object.values(schema.aggregates),
  };
}

function assertColumns(keyspace: string, table: Table, columns: readonly string[] | null): void {
  const keys = keyColumns(table);
  const possible = table.columns.map(({ name }) => name).filter((name) => !keys.includes(name));
  const wrong = columns?.find((name) => !possible.includes(name));
  if (wrong === undefined) return;
  const why = keys.includes(wrong) ? 'is part of the key, which is always kept' : 'is not there';
  throw nothing(`${keyspace}.${table.name}: column ${wrong} ${why}`, `Name some of ${possible.join(', ')}.`);
}

function nothing(message: string, next: string): CqlformError {
  return new CqlformError('BACKUP_SCOPE', message, { next, exitCode: exitCodes.usage });
}

function contextOf(live: LiveKeyspace, { onProgress, signal }: CreateInput): WorkContext {
  return {
    keyspace: live.name,
    types: live.schema.types,
    onProgress,
    assertHeld: () =>
      assertGoingOn(signal, {
        message: `${actorOf()} stopped the backup`,
        next: 'Run it again: what is stored already is used, and not stored twice.',
      }),
    ...unrecorded,
  };
}
