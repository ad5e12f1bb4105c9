import { randomBytes } from 'node:crypto';
import { hostname, userInfo } from 'node:os';

/** Who runs this, for the ledger: `user@host:pid`, and in CI the job. Never anything secret. */
export function actorOf(): string {
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

/** Sortable by start: milliseconds as 13 digits, then chance. */
export function newRunId(): string {
  return `${String(Date.now()).padStart(13, '0')}-${randomBytes(4).toString('hex')}`;
}
