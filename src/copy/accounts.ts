import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { CopyAccounts } from '../model/journal.ts';

/** What a copy counts while it runs. */
export type Tally = { -readonly [K in Exclude<keyof CopyAccounts, 'rejectsFile'>]: CopyAccounts[K] };

export function emptyTally(): Tally {
  return { read: 0, transformed: 0, skipped: 0, rejected: 0, written: 0, collisions: 0, bytes: 0 };
}

export function addTally(sum: Tally, part: Omit<CopyAccounts, 'rejectsFile'>): void {
  sum.read += part.read;
  sum.transformed += part.transformed;
  sum.skipped += part.skipped;
  sum.rejected += part.rejected;
  sum.written += part.written;
  sum.collisions += part.collisions;
  sum.bytes += part.bytes;
}

/** Throws `ACCOUNTS_DO_NOT_ADD_UP` unless every row that was read was transformed, skipped or rejected. */
export function assertAddUp(tally: Tally, what: string): void {
  const { read, transformed, skipped, rejected, written } = tally;
  if (read === transformed + skipped + rejected && written >= transformed) return;
  const counts = `${read} read, ${transformed} transformed, ${skipped} skipped, ${rejected} rejected, ${written} written`;
  throw new CqlformError('ACCOUNTS_DO_NOT_ADD_UP', `${what}: ${counts}`, {
    next: 'Do not rely on the target; roll the migration back and report this, it is a fault of cqlform.',
    fields: { read, transformed, skipped, rejected, written },
    exitCode: exitCodes.integrity,
  });
}
