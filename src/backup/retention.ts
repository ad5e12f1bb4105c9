/** How many backups are kept for each span of time; 0 or left out: none for its sake. */
export interface Retention {
  readonly last?: number | undefined;
  readonly hourly?: number | undefined;
  readonly daily?: number | undefined;
  readonly weekly?: number | undefined;
  readonly monthly?: number | undefined;
  readonly yearly?: number | undefined;
  /** Backups with one of these labels are kept for good. */
  readonly labels?: readonly string[] | undefined;
}

/** What retention looks at. */
export interface RetainedBackup {
  readonly id: string;
  /** ISO. */
  readonly createdAt: string;
  readonly label: string | null;
  /** What it is a backup of: those of the same compete with each other for being kept. */
  readonly of: string;
}

export interface Retained {
  readonly id: string;
  /** Why it is kept, as `daily 2026-11-22`; empty: nothing keeps it. */
  readonly reasons: readonly string[];
}

const spans = ['hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;
type Span = (typeof spans)[number];

/** True when the policy keeps nothing at all, which is a mistake and not a policy. */
export function keepsNothing(policy: Retention): boolean {
  return [policy.last, ...spans.map((span) => policy[span])].every((count) => (count ?? 0) === 0);
}

/**
 * Of each span the newest backup of as many of the newest periods as the policy says: `daily: 7` keeps the last backup of
 * each of the last seven days (UTC) that have one. A backup is kept while any rule keeps it.
 */
export function retain(backups: readonly RetainedBackup[], policy: Retention): readonly Retained[] {
  const groups = Map.groupBy(backups, ({ of }) => of);
  return [...groups.values()].flatMap((group) => retainGroup(group, policy));
}

function retainGroup(group: readonly RetainedBackup[], policy: Retention): readonly Retained[] {
  const newestFirst = group.toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : a.createdAt > b.createdAt ? -1 : 0));
  const reasons = new Map(newestFirst.map(({ id }) => [id, [] as string[]]));
  for (const [index, { id }] of newestFirst.slice(0, policy.last ?? 0).entries())
    reasons.get(id)?.push(`last ${index + 1}`);
  for (const span of spans) {
    const seen = new Set<string>();
    for (const { id, createdAt } of newestFirst) {
      const period = periodOf(span, createdAt);
      if (seen.has(period) || seen.size >= (policy[span] ?? 0)) continue;
      seen.add(period);
      reasons.get(id)?.push(`${span} ${period}`);
    }
  }
  for (const { id, label } of newestFirst) {
    if (label !== null && (policy.labels ?? []).includes(label)) reasons.get(id)?.push(`label ${label}`);
  }
  return newestFirst.map(({ id }) => ({ id, reasons: reasons.get(id) ?? [] }));
}

function periodOf(span: Span, createdAt: string): string {
  switch (span) {
    case 'hourly':
      return `${createdAt.slice(0, 13)}h`;
    case 'daily':
      return createdAt.slice(0, 10);
    case 'weekly':
      return `week of ${mondayOf(createdAt)}`;
    case 'monthly':
      return createdAt.slice(0, 7);
    case 'yearly':
      return createdAt.slice(0, 4);
  }
}

function mondayOf(createdAt: string): string {
  const day = new Date(`${createdAt.slice(0, 10)}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() - ((day.getUTCDay() + 6) % 7));
  return day.toISOString().slice(0, 10);
}
