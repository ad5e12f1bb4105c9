import type { DriftItem } from '../model/change.ts';
import type { Lease, MigrationEntry, RunEntry } from '../model/journal.ts';
import type { LiveKeyspace } from '../model/live.ts';
import { driftOf } from '../planner/drift.ts';
import type { StateDocument } from '../ports/journal.ts';
import { noState, type Standing, standingOf } from '../runner/standing.ts';
import { migrationFiles } from './migration-files.ts';
import type { Session } from './session.ts';

export interface MigrationStatus {
  readonly id: string;
  readonly status: 'applied' | 'baselined' | 'pending' | 'partial' | 'rolled-back';
  readonly at: string | null;
  readonly description: string;
  /** Applied, but its file is not in this checkout. */
  readonly fileMissing: boolean;
}

export interface StatusReport {
  readonly keyspace: string;
  readonly environment: string | null;
  readonly cluster: string;
  readonly version: string;
  readonly keyspaceExists: boolean;
  readonly migrations: readonly MigrationStatus[];
  readonly unfinished: RunEntry | null;
  readonly lease: Lease | null;
  readonly drift: readonly DriftItem[];
}

export async function status(session: Session): Promise<StatusReport> {
  const { project, cluster, journal } = session;
  // First, so that a missing folder is told before anything is under way with the cluster.
  const files = await migrationFiles(project);
  const [live, entries, lease] = await Promise.all([
    cluster.describe(project.keyspace),
    journal.entries(),
    journal.lease(),
  ]);
  const standing = standingOf(entries);
  const drift = await driftNow(session, standing, live);
  return {
    keyspace: project.keyspace,
    environment: project.environment,
    cluster: live.cluster,
    version: live.version.text,
    keyspaceExists: live.exists,
    migrations: statusOfEach(
      files.map((file) => file.id),
      standing.migrations,
    ),
    unfinished: standing.unfinished,
    lease: lease === null || lease.owner === '' ? null : lease,
    drift,
  };
}

/** Recorded against live; nothing is recorded before the first apply. */
export async function driftNow(
  session: Session,
  standing: Standing,
  live: LiveKeyspace,
): Promise<readonly DriftItem[]> {
  const recorded = await recordedState(session, standing);
  return recorded === null ? [] : driftOf(recorded, live);
}

export async function recordedState({ journal }: Session, standing: Standing): Promise<StateDocument | null> {
  return standing.head === noState ? null : ((await journal.getDocument(standing.head)) as StateDocument);
}

function statusOfEach(ids: readonly string[], entries: readonly MigrationEntry[]): readonly MigrationStatus[] {
  const known = new Map(entries.map((entry) => [entry.id, entry]));
  const all = [
    ...new Set([...entries.filter((entry) => entry.status !== 'rolled-back').map((entry) => entry.id), ...ids]),
  ].sort();
  return all.map((id) => {
    const entry = known.get(id);
    const fileMissing = !ids.includes(id);
    if (entry === undefined) return { id, status: 'pending', at: null, description: '', fileMissing };
    return { id, status: entry.status, at: entry.at, description: entry.description, fileMissing };
  });
}
