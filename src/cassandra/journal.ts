import { setTimeout as wait } from 'node:timers/promises';
import { CqlformError } from '../kernel/errors.ts';
import type { JournalEntry } from '../model/journal.ts';
import type { HeldLease, Journal } from '../ports/journal.ts';
import { defaultDdlTimeoutMs } from './connect.ts';
import { isRefusal, isUnauthorized } from './execute-errors.ts';
import { readCheckpoints, writeCheckpoint } from './journal-checkpoints.ts';
import { getDocument, putDocument } from './journal-documents.ts';
import { entryText, identityOf, parseEntry } from './journal-entry.ts';
import { patiently } from './journal-patience.ts';
import { type LedgerHome, ledgerExists, prepareLedger } from './journal-prepare.ts';
import {
  bigintOrNull,
  compareAndSet,
  type JournalPlace,
  journalTable,
  leaseOf,
  readLeaseRow,
  serialRead,
  textOrNull,
} from './journal-row.ts';
import { breakLease, takeLease } from './lease.ts';
import { leaseLost, leaseNotTaken, ledgerUnanswered } from './lease-errors.ts';
import type { LeaseTimings } from './lease-holder.ts';

export interface JournalSettings extends LedgerHome {
  /** The keyspace whose ledger this is. */
  readonly keyspace: string;
  readonly timings?: Partial<LeaseTimings>;
}

/** The ledger of a keyspace in the cluster itself. Closing it gives back a lease that is still held. */
export function createJournal(settings: JournalSettings): Journal {
  const { connection, ledgerKeyspace, keyspace } = settings;
  const place: JournalPlace = { client: connection.client, ledgerKeyspace, keyspace };
  const timings: LeaseTimings = {
    beatMs: 2_000,
    takeoverMs: 10_000,
    graceMs: (connection.options.ddlTimeoutMs ?? defaultDdlTimeoutMs) + 1_000,
    ...settings.timings,
  };
  let held: HeldLease | undefined;
  let writer: EntryWriter | undefined;
  const told = <T>(work: () => Promise<T>): Promise<T> => toldPlainly(settings, work);
  return {
    prepare: (made) => prepareLedger(settings, made),
    entries: () => whenThere(settings, () => readEntries(place), []),
    write: (entry) => {
      if (writer === undefined) throw leaseNotTaken(keyspace);
      const writing = writer;
      return told(() => writing.write(entry));
    },
    putDocument: (value) => told(() => putDocument(place, value)),
    getDocument: (hash) => told(() => getDocument(place, hash)),
    writeCheckpoint: (checkpoint) => told(() => patiently(() => writeCheckpoint(place, checkpoint))),
    checkpoints: (run, step) => told(() => patiently(() => readCheckpoints(place, run, step))),
    lease: () => whenThere(settings, async () => leaseOf(await readLeaseRow(place)), null),
    take: async (options) => {
      held = await told(() => takeLease({ place, timings, options: connection.options }, options));
      writer = new EntryWriter(place, BigInt(held.fence));
      return held;
    },
    forceRelease: () => whenThere(settings, () => breakLease(place), null),
    close: async () => {
      await held?.release();
    },
  };
}

async function readEntries(place: JournalPlace): Promise<readonly JournalEntry[]> {
  const rows = await readRows(place);
  return rows
    .sort((a, b) => (a.sequence < b.sequence ? -1 : a.sequence > b.sequence ? 1 : 0))
    .map((row) => parseEntry(row.identity, row.body));
}

interface EntryRow {
  readonly identity: string;
  readonly sequence: bigint;
  readonly body: string;
}

function readRows(place: JournalPlace): Promise<EntryRow[]> {
  const statement = `SELECT entry, sequence, body FROM ${journalTable(place)} WHERE keyspace_name = ?`;
  return patiently(async () => {
    const result = await place.client.execute(statement, [place.keyspace], serialRead);
    const rows: EntryRow[] = [];
    for await (const row of result) {
      const identity = textOrNull(row.get('entry'));
      // A partition that has nothing but its lease gives one row without an entry.
      if (identity === null) continue;
      rows.push({ identity, sequence: bigintOrNull(row.get('sequence')) ?? 0n, body: String(row.get('body')) });
    }
    return rows;
  });
}

const attempts = 5;
const pauseMs = 200;

/** Writes entries under one fence. While that stands nobody else writes, so the order is counted here. */
class EntryWriter {
  readonly #place: JournalPlace;
  readonly #fence: bigint;
  #known: Map<string, bigint> | undefined;
  #next = 1n;
  #last: Promise<unknown> = Promise.resolve();

  constructor(place: JournalPlace, fence: bigint) {
    this.#place = place;
    this.#fence = fence;
  }

  /** One after another: the same Paxos partition would make them wait for each other anyway. */
  write(entry: JournalEntry): Promise<void> {
    const writing = this.#last.then(() => this.#write(entry));
    this.#last = writing.catch(() => undefined);
    return writing;
  }

  async #write(entry: JournalEntry): Promise<void> {
    const identity = identityOf(entry);
    const body = entryText(entry);
    this.#known ??= await this.#read();
    const known = this.#known;
    const sequence = known.get(identity) ?? this.#next++;
    for (let attempt = 1; ; attempt++) {
      const outcome = await patiently(() =>
        compareAndSet(
          this.#place.client,
          `UPDATE ${journalTable(this.#place)} SET body = ?, sequence = ? WHERE keyspace_name = ? AND entry = ? IF fence = ?`,
          { params: [body, sequence, this.#place.keyspace, identity, this.#fence] },
        ),
      );
      if (outcome.kind === 'refused') throw await this.#lost();
      if (outcome.kind === 'applied' || (await this.#isThere(identity, body))) break;
      if (attempt === attempts) throw ledgerUnanswered(this.#place.keyspace, outcome.reason);
      await wait(pauseMs * attempt);
    }
    known.set(identity, sequence);
  }

  async #read(): Promise<Map<string, bigint>> {
    const rows = await readRows(this.#place);
    this.#next = rows.reduce((highest, row) => (row.sequence > highest ? row.sequence : highest), 0n) + 1n;
    return new Map(rows.map((row) => [row.identity, row.sequence]));
  }

  /** Whether a write without an answer happened. After a read at SERIAL it either has or never will. */
  async #isThere(identity: string, body: string): Promise<boolean> {
    const statement = `SELECT body FROM ${journalTable(this.#place)} WHERE keyspace_name = ? AND entry = ?`;
    const { client, keyspace } = this.#place;
    const result = await patiently(() => client.execute(statement, [keyspace, identity], serialRead));
    return result.first()?.get('body') === body;
  }

  async #lost(): Promise<CqlformError> {
    const row = await readLeaseRow(this.#place);
    const why =
      row.owner === null
        ? 'it was taken away'
        : `${row.owner} has taken it (fence ${row.fence ?? 0n}, ours was ${this.#fence})`;
    return leaseLost(this.#place.keyspace, why);
  }
}

/** Reads of a ledger that was never made find nothing. */
async function whenThere<T>(settings: JournalSettings, work: () => Promise<T>, otherwise: T): Promise<T> {
  return toldPlainly(settings, async () => {
    try {
      return await work();
    } catch (thrown) {
      if (isRefusal(thrown) && !isUnauthorized(thrown) && !(await ledgerExists(settings))) return otherwise;
      throw thrown;
    }
  });
}

/** What the driver throws, in words for users. */
async function toldPlainly<T>(settings: JournalSettings, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (thrown instanceof CqlformError || thrown instanceof TypeError) throw thrown;
    if (isUnauthorized(thrown)) {
      throw new CqlformError(
        'LEDGER_FORBIDDEN',
        `The role may not use the ledger in keyspace ${settings.ledgerKeyspace}: ${thrown instanceof Error ? thrown.message : ''}`,
        {
          next: 'Grant it SELECT and MODIFY on that keyspace (docs/permissions.md, or `cqlform init --print-grants`).',
          fields: { ledger: settings.ledgerKeyspace },
          cause: thrown,
        },
      );
    }
    throw ledgerUnanswered(settings.keyspace, thrown);
  }
}
