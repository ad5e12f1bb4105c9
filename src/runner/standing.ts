import { setOwn } from '../kernel/own.ts';
import type {
  BackupReference,
  FloorEntry,
  JournalEntry,
  MigrationEntry,
  ReplayEntry,
  RunEntry,
  StateEntry,
  StepEntry,
  WatermarkEntry,
} from '../model/journal.ts';

/**
 * Where a keyspace stands, read off its journal, whose entries come in the order they were first written. Pure: the same
 * entries give the same standing. Clocks of different machines tell no order of runs and replays: that is the journal's.
 * What moves the head has times that only grow (`laterThan`).
 */
export interface Standing {
  /** One entry per migration that was ever begun, oldest first. */
  readonly migrations: readonly MigrationEntry[];
  /** Those in force, oldest first. */
  readonly applied: readonly MigrationEntry[];
  /** The migration that is half-way, if any. */
  readonly partial: MigrationEntry | null;
  /** Oldest first. */
  readonly runs: readonly RunEntry[];
  /**
   * The run that did not end well and that `apply` or `rollback` has to finish: the newest of all, or one that left a
   * migration half-way.
   */
  readonly unfinished: RunEntry | null;
  readonly steps: readonly StepEntry[];
  /** Replays of rejected rows, oldest first. */
  readonly replays: readonly ReplayEntry[];
  /** How far the changes of copies' sources have been copied. */
  readonly watermarks: readonly WatermarkEntry[];
  /** Hash of the recorded state, or `none`. */
  readonly head: string;
  readonly floors: ReadonlyMap<string, bigint>;
  /** When the newest of what moves the head was written, in milliseconds; what comes next must be later. */
  readonly newest: number;
}

/** The hash that stands for "nothing was ever recorded". */
export const noState = 'none';

export function standingOf(entries: readonly JournalEntry[]): Standing {
  const migrations = entries.filter((entry): entry is MigrationEntry => entry.kind === 'migration').sort(byTime);
  const runs = entries.filter((entry): entry is RunEntry => entry.kind === 'run');
  const partial = migrations.findLast((entry) => entry.status === 'partial') ?? null;
  return {
    migrations,
    applied: migrations.filter((entry) => entry.status === 'applied' || entry.status === 'baselined'),
    partial,
    runs,
    unfinished: unfinishedOf(runs, migrations),
    steps: entries.filter((entry): entry is StepEntry => entry.kind === 'step'),
    replays: entries.filter((entry): entry is ReplayEntry => entry.kind === 'replay'),
    watermarks: entries.filter((entry): entry is WatermarkEntry => entry.kind === 'watermark'),
    head: headOf(entries),
    floors: floorsOf(entries),
    newest: newestOf(entries),
  };
}

/** An older run of which nothing is half-way any more was replaced by a later one, whatever its entry says. */
function unfinishedOf(runs: readonly RunEntry[], migrations: readonly MigrationEntry[]): RunEntry | null {
  const leftHalfWay = new Set(migrations.filter((entry) => entry.status === 'partial').map((entry) => entry.run));
  const open = runs.filter((run) => run.status === 'running' || run.status === 'failed');
  return open.findLast((run) => run === runs.at(-1) || leftHalfWay.has(run.id)) ?? null;
}

/** The steps of one run, by step id. */
export function stepsOfRun(standing: Standing, run: string): ReadonlyMap<string, StepEntry> {
  return new Map(standing.steps.filter((entry) => entry.run === run).map((entry) => [entry.step, entry]));
}

/** The newest attempt of a data step at writing its rows: of its run, of replays, and of passes over changes. */
export function newestAttempt({ replays, watermarks }: Standing, { run, step, decisions }: StepEntry): number {
  const of = (one: { readonly run: string; readonly step: string }): boolean => one.run === run && one.step === step;
  return Math.max(
    decisions.attempt,
    ...[...replays.filter(of), ...watermarks.filter(of)].map(({ attempt }) => attempt),
  );
}

/** The watermark of a data step; undefined where its copy tells no changes. */
export function watermarkOfStep(
  { watermarks }: Standing,
  { run, step }: Pick<StepEntry, 'run' | 'step'>,
): WatermarkEntry | undefined {
  return watermarks.find((one) => one.run === run && one.step === step);
}

/** Every backup that the steps of a run made, by the label of the step's work; `labels` gives the label of a step id. */
export function backupsOfRun(
  standing: Standing,
  run: string,
  labels: ReadonlyMap<string, string>,
): Readonly<Record<string, BackupReference>> {
  const found: Record<string, BackupReference> = {};
  for (const entry of stepsOfRun(standing, run).values()) {
    const label = labels.get(entry.step);
    if (label !== undefined && entry.result?.kind === 'backup') setOwn(found, label, entry.result.backup);
  }
  return found;
}

function newestOf(entries: readonly JournalEntry[]): number {
  const times = entries.flatMap((entry) =>
    entry.kind === 'migration' || entry.kind === 'state' ? [Date.parse(entry.at)] : [],
  );
  return Math.max(0, ...times);
}

/** The order of what moves the head is told by its time, so time may not stand still or go back. */
export function laterThan(standing: Standing, now: Date): string {
  return new Date(Math.max(now.getTime(), standing.newest + 1)).toISOString();
}

/** The newest recorded state. While a migration is half-way it is the state before it, whatever was recorded earlier still. */
function headOf(entries: readonly JournalEntry[]): string {
  const moving = entries.filter(
    (entry): entry is MigrationEntry | StateEntry => entry.kind === 'migration' || entry.kind === 'state',
  );
  const newest = moving.sort((a, b) => compare(a.at, b.at)).at(-1);
  if (newest === undefined) return noState;
  return newest.kind === 'migration' && newest.status === 'partial' ? newest.stateBefore : newest.stateAfter;
}

function floorsOf(entries: readonly JournalEntry[]): ReadonlyMap<string, bigint> {
  const floors = new Map<string, bigint>();
  for (const entry of entries.filter((one): one is FloorEntry => one.kind === 'floor')) {
    const timestamp = BigInt(entry.timestamp);
    const known = floors.get(entry.table);
    if (known === undefined || known < timestamp) floors.set(entry.table, timestamp);
  }
  return floors;
}

function byTime(a: MigrationEntry, b: MigrationEntry): number {
  return compare(a.at, b.at);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
