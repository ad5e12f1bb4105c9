import type { RestoreDifference } from '../backup/restore-differences.ts';
import { own } from '../kernel/own.ts';
import type { Progress } from '../model/event.ts';
import { keyColumns } from '../model/schema.ts';
import { isCounterTable } from '../planner/schema-objects.ts';
import type { Backups, RestoreReport, RestoreWay, WorkContext } from '../ports/engines.ts';
import { actorOf } from './actor.ts';
import { type MadeBeside, makeBeside, makeTable } from './restore-create.ts';
import { dropAhead, notEmpty, timesAhead } from './restore-errors.ts';
import type { PlannedRestore, RestoreInto } from './restore-plan.ts';
import { type LeftRestore, type RestoreRecord, RestoreRecords } from './restore-record.ts';
import type { Session } from './session.ts';
import { assertGoingOn, unrecorded } from './unrecorded.ts';

/** How each table is restored. */
export interface RestoreHow {
  readonly way: RestoreInto;
  /** Tables that are not there are made as they were. */
  readonly create: boolean;
  /** Nothing is written; the report says what would be. */
  readonly dryRun: boolean;
  /** Chunks that are not whole are passed over. */
  readonly skipDamaged: boolean;
  readonly onProgress: (progress: Progress) => void;
  readonly signal: AbortSignal;
}

export interface RestoredTable extends RestoreReport {
  readonly table: string;
  readonly into: string;
  readonly mode: RestoreWay;
  readonly created: boolean;
  readonly differences: readonly RestoreDifference[];
  readonly leaveOut: readonly string[];
  /** Rows that a deletion newer than their own times hid, and that were written again at the present time. */
  readonly hidden: number;
  /** Indexes and views that the table had, where it was made. */
  readonly beside: readonly MadeBeside[];
  /** True when it went on where an earlier try had stopped. */
  readonly resumed: boolean;
}

/** The restore of one table, which goes on where an earlier try of the same one was killed. */
export class TableRestoring {
  readonly #session: Session;
  readonly #backups: Backups;
  readonly #how: RestoreHow;
  readonly #one: PlannedRestore;

  constructor(session: Session, backups: Backups, of: { readonly how: RestoreHow; readonly one: PlannedRestore }) {
    this.#session = session;
    this.#backups = backups;
    this.#how = of.how;
    this.#one = of.one;
  }

  /** Before anything is written into any table. Throws `TABLE_NOT_EMPTY` where `run` would. */
  async assertMayBegin(): Promise<void> {
    const { create, into } = this.#one;
    if (this.#how.way !== 'empty' || create) return;
    const { project, rows } = this.#session;
    if ((await this.#left()) !== null || (await rows.isEmpty(project.keyspace, into.name))) return;
    throw notEmpty(`${project.keyspace}.${into.name}`);
  }

  /** Once all tables of the same command are restored: the next one begins anew. */
  async forget(): Promise<void> {
    if (!this.#how.dryRun) await this.#records.forget(await this.#identity());
  }

  /** Throws `RESTORE_RUNNING` where somebody else is at it. */
  async run(): Promise<RestoredTable> {
    const { project, identity } = this.#session;
    if (this.#how.dryRun) return this.#run();
    const into = { cluster: identity.name, keyspace: project.keyspace, table: this.#one.into.name };
    return this.#records.exclusively(into, () => this.#run());
  }

  get #records(): RestoreRecords {
    return new RestoreRecords(this.#session.project.stateFolder);
  }

  async #run(): Promise<RestoredTable> {
    const { cluster, project } = this.#session;
    const { create, into, types, leaveOut, differences, backup } = this.#one;
    const { dryRun } = this.#how;
    const said = { table: backup.table, into: into.name, created: create, differences, leaveOut };
    // A table that is not there yet is as good as empty: what would be written is known.
    if (create && dryRun)
      return { ...said, ...unwritten(backup), mode: 'new-table', hidden: 0, beside: [], resumed: false };
    if (create) await makeTable(cluster, project.keyspace, { table: into, types });
    const left = dryRun ? null : await this.#left();
    if (left !== null && left.ended !== null) {
      const beside = await this.#makeBeside();
      return { ...said, ...left.ended, mode: left.mode, beside, resumed: true };
    }
    const record = dryRun ? null : await this.#record(left);
    try {
      const { mode, timestamp } = record ?? (await this.#begin());
      const report = await this.#restore({ mode, timestamp, record });
      const { hidden, ...found } =
        mode === 'new-table' && !dryRun ? await this.#bringOut(report) : { ...report, hidden: 0 };
      const resumed = (record?.attempt ?? 1) > 1;
      const beside = create || resumed ? await this.#makeBeside() : [];
      await record?.end({ ...found, hidden });
      return { ...said, ...found, mode, hidden, beside, resumed };
    } finally {
      await record?.close();
    }
  }

  /** Names are a keyspace's own: a table of another name gets none. */
  async #makeBeside(): Promise<readonly MadeBeside[]> {
    const { backup, into, definitions } = this.#one;
    if (definitions === null || into.name !== backup.table || !this.#how.create) return [];
    const { cluster, project } = this.#session;
    return makeBeside(cluster, project.keyspace, { table: into.name, definitions });
  }

  /** What tells this restore from every other. */
  async #identity(): Promise<Readonly<Record<string, unknown>>> {
    const { cluster, project } = this.#session;
    const { backup, into, leaveOut, renamed } = this.#one;
    const live = await cluster.describe(project.keyspace);
    return {
      ...{ backup: backup.id, manifest: backup.manifestHash, table: backup.table, leaveOut, renamed },
      ...{ way: this.#how.way, skipDamaged: this.#how.skipDamaged },
      ...{ cluster: live.cluster, keyspace: live.name, into: into.name },
      id: own(live.facts, into.name)?.id ?? '',
    };
  }

  /**
   * What an earlier try left that holds still. A table that was emptied since is restored anew, and so is one that was
   * finished, unless it was to be empty: that can be said once only, and other tables of the same command may wait.
   */
  async #left(): Promise<LeftRestore | null> {
    const { project, rows, clock } = this.#session;
    const left = await this.#records.find(await this.#identity(), clock.now());
    if (left === null || (left.ended !== null && this.#how.way !== 'empty')) return null;
    if (left.mode !== 'new-table' || !left.hasRows) return left;
    return (await rows.isEmpty(project.keyspace, this.#one.into.name)) ? null : left;
  }

  async #record(left: LeftRestore | null): Promise<RestoreRecord> {
    if (left !== null) return left.goOn();
    return this.#records.begin(await this.#identity(), await this.#begin(), this.#session.clock.now());
  }

  /** Throws `TABLE_NOT_EMPTY` where nobody has said what shall become of the rows that are there. */
  async #begin(): Promise<{ readonly mode: RestoreWay; readonly timestamp: bigint }> {
    const { project, rows } = this.#session;
    const { into } = this.#one;
    const { way } = this.#how;
    const empty = await rows.isEmpty(project.keyspace, into.name);
    if (!empty && way === 'empty') throw notEmpty(`${project.keyspace}.${into.name}`);
    const mode = empty || way === 'empty' ? 'new-table' : way;
    return { mode, timestamp: await this.#present(mode) };
  }

  /**
   * After whatever the table shows, and after the drop of every column that is there again. Throws `WRITE_TIMES_AHEAD`
   * where what is to be written over is dated so far ahead that all that is restored would hide what is written until then.
   */
  async #present(way: RestoreWay): Promise<bigint> {
    const { project, cluster, rows, clock } = this.#session;
    const { into, floors } = this.#one;
    const { schema } = await cluster.describe(project.keyspace);
    const keys = keyColumns(into);
    const columns = into.columns.map(({ name }) => name).filter((name) => !keys.includes(name));
    const newest = await rows.newestWriteTime({
      keyspace: project.keyspace,
      table: into,
      types: schema.types,
      columns,
    });
    await this.#waitFor(Object.values(floors));
    const present = [clock.micros(), ...Object.values(floors)].reduce((a, b) => (a > b ? a : b));
    if (newest === null || newest < present) return present;
    if (newest - present < furthestWriteMicros) return newest + 1n;
    // What is missing is not written over anything.
    if (way === 'exact' || way === 'overwrite') throw timesAhead(`${project.keyspace}.${into.name}`, newest);
    return present;
  }

  /** A column may have been dropped at a time that is still to come: what is written before it is hidden. */
  async #waitFor(floors: readonly bigint[]): Promise<void> {
    const { clock } = this.#session;
    for (;;) {
      const ahead = Math.max(0, ...floors.map((floor) => Number(floor / 1000n) + 1 - clock.now().getTime()));
      if (ahead === 0) return;
      if (ahead > furthestDropMs) throw dropAhead(this.#one.into.name, ahead);
      this.#assertGoingOn();
      await clock.sleep(Math.min(ahead, 1000));
    }
  }

  async #restore(how: {
    readonly mode: RestoreWay;
    readonly timestamp: bigint;
    readonly record: RestoreRecord | null;
  }): Promise<RestoreReport> {
    const { backup, into, renamed, leaveOut, floors } = this.#one;
    const { mode, timestamp, record } = how;
    const { schema } = await this.#session.cluster.describe(this.#session.project.keyspace);
    const context: WorkContext = {
      keyspace: this.#session.project.keyspace,
      types: schema.types,
      onProgress: this.#how.onProgress,
      assertHeld: () => this.#assertGoingOn(),
      ...(record ?? unrecorded),
    };
    const { dryRun, skipDamaged } = this.#how;
    return this.#backups.restore(
      { backup, into, mode, renamed, timestamp, leaveOut, floors, dryRun, skipDamaged },
      context,
    );
  }

  /**
   * Rows with their original times stay hidden behind deletions that are newer, which no reading tells: what is missing
   * after all was written is written again at the present time.
   */
  async #bringOut(report: RestoreReport): Promise<RestoreReport & { readonly hidden: number }> {
    const whole = report.digest === report.expected && report.expiring.found >= report.expiring.restored;
    if (whole || isCounterTable(this.#one.into)) return { ...report, hidden: 0 };
    const timestamp = await this.#present('missing');
    const again = await this.#restore({ mode: 'missing', timestamp, record: null });
    return { ...report, digest: again.digest, expiring: again.expiring, hidden: again.written };
  }

  #assertGoingOn(): void {
    assertGoingOn(this.#how.signal, {
      message: `${actorOf()} stopped the restore`,
      next: 'Run the same command again: it goes on where it stopped.',
    });
  }
}

const furthestDropMs = 10 * 60_000;
/** Clocks may differ by as much. */
const furthestWriteMicros = 24n * 60n * 60n * 1_000_000n;

function unwritten({ rows, staticRows = 0, valueDigest }: PlannedRestore['backup']): RestoreReport {
  const expiring = { restored: 0, found: 0 };
  const written = rows + staticRows;
  const digests = { digest: valueDigest, expected: valueDigest };
  return { rows, staticRows, expired: 0, ...digests, written, deleted: 0, skippedChunks: 0, expiring };
}
