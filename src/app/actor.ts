import { randomBytes } from 'node:crypto';
import { hostname, userInfo } from 'node:os';
import type { Clock } from '../ports/clock.ts';
import type { Standing } from '../runner/standing.ts';

/** Who runs this, for the ledger: `user@host:pid`, and in CI the job. Never anything secret. */
export function actorOf(): string {
  actor ??= namedActor();
  return actor;
}

/** It stays the same, and looking the user up takes longer than a row does. */
let actor: string | null = null;

function namedActor(): string {
  const job = process.env['GITHUB_RUN_ID'] ?? process.env['CI_JOB_ID'] ?? process.env['BUILD_TAG'];
  return `${userName()}@${hostname()}:${process.pid}${job === undefined ? '' : ` (job ${job})`}`;
}

/** Containers may run under a user id that has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}

/**
 * Sortable by start: milliseconds as 13 digits, then chance. Later than every run there was, some of which may come from
 * machines whose clocks were ahead.
 */
export function newRunId(clock: Clock, { runs, replays }: Pick<Standing, 'runs' | 'replays'>): string {
  const earlier = [...runs, ...replays].map(({ id }) => Number(id.slice(0, 13))).filter(Number.isSafeInteger);
  const start = earlier.reduce((latest, at) => Math.max(latest, at + 1), clock.now().getTime());
  return `${String(start).padStart(13, '0')}-${randomBytes(4).toString('hex')}`;
}
