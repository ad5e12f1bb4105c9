import { CqlformError, exitCodes, reasonOf } from '../kernel/errors.ts';
import type { Lease } from '../model/journal.ts';

/** `silentMs`: for how long the owner's heartbeat has stood still; `lastsMs`: how long it may. */
export function leaseHeld(
  keyspace: string,
  holder: Lease,
  { silentMs, lastsMs }: { readonly silentMs: number; readonly lastsMs: number },
): CqlformError {
  const seconds = (milliseconds: number): number => Math.round(milliseconds / 1000);
  const silent =
    silentMs > 4_000
      ? ` Its heartbeat was last seen ${seconds(silentMs)} s ago; after ${seconds(lastsMs)} s it counts as dead.`
      : '';
  return new CqlformError('LEASE_HELD', `Keyspace ${keyspace} is being migrated by ${holder.owner}.${silent}`, {
    next: 'Wait for it to end, or longer with --lock-timeout: a dead run gives way by itself. If you know that it is dead, take the lease away with `cqlform lock release --force`.',
    fields: { keyspace, owner: holder.owner, fence: holder.fence, silentMs: Math.round(silentMs) },
    retryable: true,
    exitCode: exitCodes.leaseHeld,
  });
}

export function leaseLost(keyspace: string, why: string): CqlformError {
  return new CqlformError('LEASE_LOST', `This run lost the lease on keyspace ${keyspace}: ${why}.`, {
    next: 'Look at `cqlform history`; when no other run is at work, run the same command again: it goes on where this one stopped.',
    fields: { keyspace },
    retryable: true,
    exitCode: exitCodes.leaseHeld,
  });
}

export function leaseNotTaken(keyspace: string): CqlformError {
  return new CqlformError('LEASE_NOT_TAKEN', `The ledger of keyspace ${keyspace} is to be written without its lease.`, {
    next: 'Report this as a bug: whoever writes the ledger takes its lease first.',
    fields: { keyspace },
  });
}

export function ledgerUnanswered(keyspace: string, reason: unknown): CqlformError {
  return new CqlformError(
    'LEDGER_UNREACHABLE',
    `The ledger of keyspace ${keyspace} gives no answer: ${reasonOf(reason)}`,
    {
      next: 'Check with `cqlform status` that enough nodes are up for QUORUM, then run the same command again.',
      fields: { keyspace },
      retryable: true,
      cause: reason,
    },
  );
}

export function waitStopped(): CqlformError {
  return new CqlformError('INTERRUPTED', 'stopped at your request, while waiting for the lease', {
    next: 'Nothing was changed. `cqlform lock status` says who holds the lease.',
    exitCode: exitCodes.interrupted,
  });
}
