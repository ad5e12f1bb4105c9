import { type Client, policies, types } from 'cassandra-driver';
import type { Lease } from '../model/journal.ts';
import { isRefusal, wasNotSent } from './execute-errors.ts';
import { patiently } from './journal-patience.ts';
import { quoteName } from './ledger-tables.ts';

/** The journal's partition of one keyspace. */
export interface JournalPlace {
  readonly client: Client;
  readonly ledgerKeyspace: string;
  readonly keyspace: string;
}

/** The lease as it stands in the journal's static columns. */
export interface LeaseRow {
  readonly owner: string | null;
  /** `<uuid> <process mark>`: made anew for each time the lease is taken; tells one's own claim from another of the same owner. */
  readonly claim: string | null;
  /** Null before the lease was first taken. */
  readonly fence: bigint | null;
  readonly beat: bigint;
}

const noRetry = new policies.retry.FallthroughRetryPolicy();

/** Reads what was decided, and ends what is half decided. */
export const serialRead = { prepare: true, isIdempotent: true, consistency: types.consistencies.serial } as const;

/**
 * How a conditional write ended. `unknown`: no answer, or one that does not tell; to be read back at SERIAL, after
 * which it either has happened or never will.
 */
export type CasOutcome =
  | { readonly kind: 'applied' }
  | { readonly kind: 'refused' }
  | { readonly kind: 'unknown'; readonly reason: unknown };

/** A conditional write, sent once; throws when the server refuses it as a statement or no node takes it. Always SERIAL, never LOCAL_SERIAL: all data centers share one lease. */
export async function compareAndSet(
  client: Client,
  statement: string,
  how: { readonly params: readonly unknown[]; readonly timeoutMs?: number },
): Promise<CasOutcome> {
  try {
    const result = await client.execute(statement, [...how.params], {
      prepare: true,
      isIdempotent: false,
      retry: noRetry,
      consistency: types.consistencies.quorum,
      serialConsistency: types.consistencies.serial,
      ...(how.timeoutMs === undefined ? {} : { readTimeout: how.timeoutMs }),
    });
    return { kind: result.wasApplied() ? 'applied' : 'refused' };
  } catch (reason) {
    if (isRefusal(reason) || wasNotSent(reason)) throw reason;
    return { kind: 'unknown', reason };
  }
}

export function journalTable(place: JournalPlace): string {
  return `${quoteName(place.ledgerKeyspace)}.journal`;
}

/** A partition that nobody has written to has no lease and no fence. */
export async function readLeaseRow(place: JournalPlace): Promise<LeaseRow> {
  const statement = `SELECT DISTINCT keyspace_name, owner, claim, fence, beat FROM ${journalTable(place)} WHERE keyspace_name = ?`;
  const result = await patiently(() => place.client.execute(statement, [place.keyspace], serialRead));
  const row = result.first();
  return {
    owner: textOrNull(row?.get('owner')),
    claim: textOrNull(row?.get('claim')),
    fence: bigintOrNull(row?.get('fence')),
    beat: bigintOrNull(row?.get('beat')) ?? 0n,
  };
}

/** Null when nobody holds it. */
export function leaseOf(row: LeaseRow): Lease | null {
  if (row.owner === null || row.fence === null) return null;
  return { owner: row.owner, fence: Number(row.fence), beat: Number(row.beat) };
}

export function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

export function bigintOrNull(value: unknown): bigint | null {
  return typeof value === 'bigint' ? value : null;
}
