import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { BackupInfo } from '../model/backup.ts';
import type { BackupReader } from '../ports/engines.ts';
import { listBackups, showBackup } from './backup.ts';

/** Which backup is meant: one by its id, or the newest that fits the rest. */
export interface BackupChoice {
  readonly id: string | null;
  readonly label: string | null;
  /** The newest that was finished by then. */
  readonly at: Date | null;
  /** Those that the backup has to have; empty: any. */
  readonly tables: readonly string[];
  /** Whose backups are looked at. */
  readonly keyspace: string;
  /** As the manifests name it; null: `ownCluster`, or the only one that there is. */
  readonly cluster: string | null;
}

/** Throws `BACKUP_CHOICE` where nothing or too little is said, and `BACKUP_UNKNOWN`. */
export async function chooseBackup(
  backups: BackupReader,
  choice: BackupChoice,
  ownCluster: string,
): Promise<BackupInfo> {
  const { id, label, at, keyspace } = choice;
  if (id !== null && (label !== null || at !== null)) throw unclear('an id and --label or --at exclude each other');
  if (id !== null) return showBackup(backups, id);
  if (label === null && at === null) throw unclear('no backup is named');
  const { found, damage } = await listBackups(backups, keyspace);
  // What cannot be read might be the one that is meant.
  if (damage !== null) throw damage;
  const fitting = found
    .filter((one) => label === null || one.label === label)
    .filter((one) => at === null || Date.parse(one.finishedAt) <= at.getTime())
    .filter((one) => choice.tables.every((name) => one.tables.some(({ table }) => table === name)))
    // By its time alone nobody means a backup of some columns, or of one partition.
    .filter((one) => label !== null || one.tables.every(({ columns, tokens }) => columns === null && tokens === null));
  const newest = ofOneCluster(fitting, choice.cluster, ownCluster).at(-1);
  if (newest !== undefined) return newest;
  const what = [
    ...(label === null ? [] : [`labelled ${label}`]),
    ...(at === null ? [] : [`that was finished by ${at.toISOString()}`]),
  ].join(' ');
  throw new CqlformError('BACKUP_UNKNOWN', `this store has no backup of keyspace ${keyspace} ${what}`, {
    next: 'See `cqlform backup list --all`; --store names another store, --from-keyspace another keyspace.',
    fields: { keyspace },
    exitCode: exitCodes.usage,
  });
}

/** Oldest first, as given. */
function ofOneCluster(found: readonly BackupInfo[], named: string | null, ownCluster: string): readonly BackupInfo[] {
  const clusters = [...new Set(found.map(({ cluster }) => cluster))];
  const only = clusters.length === 1 ? clusters[0] : undefined;
  const meant = named ?? (clusters.includes(ownCluster) ? ownCluster : only);
  if (meant === undefined && clusters.length > 1) {
    throw unclear(`there are such backups of clusters ${clusters.join(', ')}; --from-cluster says which is meant`);
  }
  return found.filter(({ cluster }) => cluster === meant);
}

function unclear(why: string): CqlformError {
  return new CqlformError('BACKUP_CHOICE', `which backup is not clear: ${why}`, {
    next: 'Name it by its id, from `cqlform backup list`; or the newest with --label LABEL, --at TIME, or both.',
    exitCode: exitCodes.usage,
  });
}

/** An ISO date or time; a date alone is its end in UTC. Throws `USAGE`. */
export function timeNamed(option: string, text: string): Date {
  const whole = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T23:59:59.999Z` : text;
  const zoned = /(?:Z|[+-]\d\d:?\d\d)$/i.test(whole) ? whole : `${whole}Z`;
  const time = new Date(zoned.replace(' ', 'T'));
  if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(time.getTime())) return time;
  throw new CqlformError('USAGE', `--${option} ${text} is no time`, {
    next: 'Write it as 2026-11-22T10:00:00Z; without a zone it is UTC, and a date alone is its last moment.',
    fields: { option },
    exitCode: exitCodes.usage,
  });
}
