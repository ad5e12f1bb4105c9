import type { BackupStrategy } from '../model/backup.ts';

/** When a full backup is due again; whichever comes first, where both are said. */
export interface FullEvery {
  /** As soon as the last full one is so many days old. */
  readonly days?: number | undefined;
  /** Of so many backups one is full. */
  readonly backups?: number | undefined;
}

/** What a user asks for; `mixed` leaves it to a rule. */
export type StrategyWanted = BackupStrategy | { readonly kind: 'mixed'; readonly fullEvery: FullEvery };

/** An earlier backup of the same things. */
export interface EarlierBackup {
  readonly id: string;
  /** ISO. */
  readonly createdAt: string;
  readonly strategy: BackupStrategy | null;
}

export interface DecidedStrategy {
  readonly strategy: BackupStrategy;
  /** In words, of a mix; null: it was said. */
  readonly why: string | null;
}

const dayMs = 24 * 60 * 60 * 1000;

/** What the next backup is, after those that there are. */
export function decideStrategy(wanted: StrategyWanted, earlier: readonly EarlierBackup[], now: Date): DecidedStrategy {
  if (wanted === 'full' || wanted === 'incremental') return { strategy: wanted, why: null };
  const newestFirst = earlier.toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  const since = newestFirst.findIndex(({ strategy }) => strategy === 'full');
  const last = newestFirst[since];
  if (last === undefined) return { strategy: 'full', why: 'there is no full one of these tables yet' };
  const { days, backups } = wanted.fullEvery;
  const age = (now.getTime() - Date.parse(last.createdAt)) / dayMs;
  const aged = `the last full one, ${last.id}, is ${age.toFixed(1)} days old`;
  if (days !== undefined && age >= days) return { strategy: 'full', why: `${aged}, and one is due every ${days}` };
  const counted = `${since + 1} of ${backups} were made from ${last.id} on, the last full one`;
  if (backups !== undefined && since + 1 >= backups) return { strategy: 'full', why: counted };
  const rules = [
    ...(days === undefined ? [] : [`${aged}, and the next is due after ${days}`]),
    ...(backups === undefined ? [] : [`backup ${since + 2} of ${backups} since ${last.id}`]),
  ];
  return { strategy: 'incremental', why: rules.join('; ') };
}
