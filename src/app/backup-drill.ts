import { CqlformError } from '../kernel/errors.ts';
import type { BackupInfo } from '../model/backup.ts';
import type { Progress } from '../model/event.ts';
import type { Table } from '../model/schema.ts';
import type { BackupContents, Backups } from '../ports/engines.ts';
import { actorOf } from './actor.ts';
import { type BackupChoice, chooseBackup } from './backup-choice.ts';
import type { Waivers } from './privacy.ts';
import { assertMayReturn } from './restore.ts';
import { makeTable, tableLike } from './restore-create.ts';
import { referencesOf } from './restore-plan.ts';
import { inScratchKeyspace, removeLeftovers } from './scratch-keyspace.ts';
import type { Session } from './session.ts';
import { assertGoingOn, unrecorded } from './unrecorded.ts';

export interface DrillInput {
  /** Without id, label and time the newest. */
  readonly choice: BackupChoice;
  /** Of the backup; empty: all. */
  readonly tables: readonly string[];
  /** The environment of whose repository the backup is; null: the session's own. */
  readonly fromEnvironment: string | null;
  /** Personal column → why it may come as it is into a lower environment. */
  readonly waivers: Waivers;
  readonly onProgress: (progress: Progress) => void;
  readonly signal: AbortSignal;
}

export interface DrilledTable {
  readonly table: string;
  readonly rows: number;
  readonly staticRows: number;
  /** Cells whose time had run out since the backup. */
  readonly expired: number;
  /** In the manifest, and of the restored table; null: it could not be restored. */
  readonly expected: string;
  readonly digest: string | null;
  readonly matches: boolean;
  /** Why it could not be restored, or how it differs; null: it matches. */
  readonly problem: string | null;
  readonly milliseconds: number;
}

export interface DrillReport {
  readonly backup: string;
  readonly createdAt: string;
  readonly keyspace: string;
  readonly cluster: string;
  /** Where it was restored to. */
  readonly drilledOn: string;
  readonly scratch: string;
  /** Scratch keyspaces of drills that were killed, which this one has removed. */
  readonly removed: readonly string[];
  readonly startedAt: string;
  readonly milliseconds: number;
  readonly bytes: number;
  readonly tables: readonly DrilledTable[];
  readonly matches: boolean;
}

/**
 * Restores a backup into a keyspace that is made for it, compares every table's digest with the manifest's, and removes
 * the keyspace, also after a failure or a stop. `backups` is bound to the session's cluster.
 */
export async function drillBackup(session: Session, backups: Backups, input: DrillInput): Promise<DrillReport> {
  const { cluster, project, clock } = session;
  const startedAt = clock.now();
  const begun = clock.monotonic();
  const live = await cluster.describe(project.keyspace);
  const { id, label, at } = input.choice;
  const newest = id === null && label === null && at === null;
  const choice = newest ? { ...input.choice, at: startedAt } : input.choice;
  const info = await chooseBackup(backups, choice, live.cluster);
  const contents = await backups.contents(info.id);
  if (contents === null) throw new TypeError(`backup ${info.id} vanished`);
  const tablesOf = referencesOf(info, { tables: input.tables, into: null, renamed: {} });
  const planned = tablesOf.map((reference) => {
    const from = tableIn(contents, reference.table);
    return { backup: reference, from, into: from, leaveOut: [], renamed: {} };
  });
  await assertMayReturn(project, { info, live, planned }, input);
  const removed = await removeLeftovers(session);
  const { scratch, tables } = await inScratchKeyspace(session, live, async (keyspace) => ({
    scratch: keyspace,
    tables: await drillTables({ session, backups, input, info, contents }, { keyspace, version: live.version.text }),
  }));
  return {
    ...{ backup: info.id, createdAt: info.createdAt, keyspace: info.keyspace, cluster: info.cluster },
    ...{ drilledOn: live.cluster, scratch, removed, startedAt: startedAt.toISOString() },
    milliseconds: Math.round(clock.monotonic() - begun),
    bytes: info.bytes,
    tables,
    matches: tables.every(({ matches }) => matches),
  };
}

interface Drill {
  readonly session: Session;
  readonly backups: Backups;
  readonly input: DrillInput;
  readonly info: BackupInfo;
  readonly contents: BackupContents;
}

interface Scratch {
  readonly keyspace: string;
  /** Of the server. */
  readonly version: string;
}

async function drillTables(drill: Drill, scratch: Scratch): Promise<readonly DrilledTable[]> {
  const { info, input, contents } = drill;
  const drilled: DrilledTable[] = [];
  for (const reference of referencesOf(info, { tables: input.tables, into: null, renamed: {} })) {
    drilled.push(await drillTable(drill, scratch, { reference, table: tableIn(contents, reference.table) }));
  }
  return drilled;
}

function tableIn(contents: BackupContents, name: string): Table {
  const table = contents.tables.find((one) => one.table.name === name)?.table;
  if (table === undefined) throw new TypeError(`the backup has no table ${name}`);
  return table;
}

async function drillTable(
  { session, backups, input, contents }: Drill,
  { keyspace, version }: Scratch,
  { reference, table }: { readonly reference: ReturnType<typeof referencesOf>[number]; readonly table: Table },
): Promise<DrilledTable> {
  const { cluster, clock } = session;
  const begun = clock.monotonic();
  const { rows, staticRows = 0, valueDigest } = reference;
  const said = { table: reference.table, rows, staticRows, expected: valueDigest };
  const assertHeld = (): void =>
    assertGoingOn(input.signal, {
      message: `${actorOf()} stopped the drill`,
      next: 'Run it again; what it had restored is gone.',
    });
  const time = (): number => Math.round(clock.monotonic() - begun);
  try {
    assertHeld();
    const into = scratchTable(table, { backup: contents.serverVersion, live: version });
    await makeTable(cluster, keyspace, { table: into, types: contents.types });
    const { types } = (await cluster.describe(keyspace)).schema;
    const { digest, expired } = await backups.restore(
      { backup: reference, into, mode: 'new-table', renamed: {}, timestamp: clock.micros() },
      { keyspace, types, onProgress: input.onProgress, assertHeld, ...unrecorded },
    );
    const matches = digest === valueDigest;
    const problem = matches ? null : 'the restored rows are not those of the manifest';
    return { ...said, expired, digest, matches, problem, milliseconds: time() };
  } catch (thrown) {
    // A stop ends the drill; whatever else goes wrong with a table is what a drill is there to find.
    if (!(thrown instanceof CqlformError) || input.signal.aborted) throw thrown;
    const problem = `${thrown.code}: ${thrown.message}`;
    return { ...said, expired: 0, digest: null, matches: false, problem, milliseconds: time() };
  }
}

/** Without masks, which would be read in place of the values, and without what is left on disk when it is dropped. */
function scratchTable(table: Table, versions: { readonly backup: string; readonly live: string }): Table {
  const { options, ...rest } = tableLike(table, table.name, versions);
  const kept = Object.fromEntries(Object.entries(options).filter(([name]) => name === 'gc_grace_seconds'));
  const newEnough = Number(versions.live.split('.')[0]) >= 5;
  return {
    ...rest,
    columns: rest.columns.map(({ mask: _mask, ...column }) => column),
    options: newEnough ? { ...kept, allow_auto_snapshot: false } : kept,
  };
}
