import { types } from 'cassandra-driver';
import type { Checkpoint } from '../ports/journal.ts';
import { parseAccounts, parseDetail } from './journal-entry.ts';
import { type JournalPlace, textOrNull } from './journal-row.ts';
import { quoteName } from './ledger-tables.ts';

const quorum = { prepare: true, isIdempotent: true, consistency: types.consistencies.quorum } as const;

/** See `Journal.writeCheckpoint`. */
export async function writeCheckpoint(place: JournalPlace, checkpoint: Checkpoint): Promise<void> {
  const { run, step, attempt, range, state, accounts, detail } = checkpoint;
  await place.client.execute(
    `INSERT INTO ${tableOf(place)} (keyspace_name, run, step, attempt, range, state, accounts, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      place.keyspace,
      run,
      step,
      attempt,
      range,
      state,
      accounts === null ? null : JSON.stringify(accounts),
      JSON.stringify(detail),
    ],
    quorum,
  );
}

/** By attempt and range. */
export async function readCheckpoints(place: JournalPlace, run: string, step: string): Promise<readonly Checkpoint[]> {
  const result = await place.client.execute(
    `SELECT attempt, range, state, accounts, detail FROM ${tableOf(place)} WHERE keyspace_name = ? AND run = ? AND step = ?`,
    [place.keyspace, run, step],
    quorum,
  );
  const checkpoints: Checkpoint[] = [];
  for await (const row of result) {
    const range = String(row.get('range'));
    const where = `checkpoint ${run}/${step}/${range}`;
    const accounts = textOrNull(row.get('accounts'));
    checkpoints.push({
      run,
      step,
      attempt: Number(row.get('attempt')),
      range,
      state: row.get('state') === 'done' ? 'done' : 'started',
      accounts: accounts === null ? null : parseAccounts(where, accounts),
      detail: parseDetail(where, textOrNull(row.get('detail')) ?? '{}'),
    });
  }
  return checkpoints;
}

function tableOf(place: JournalPlace): string {
  return `${quoteName(place.ledgerKeyspace)}.checkpoints`;
}
