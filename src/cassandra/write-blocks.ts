import type { Client } from 'cassandra-driver';
import { qualified, quoted } from '../model/identifier.ts';
import { keyColumns } from '../model/schema.ts';
import type { BlockWriter, BlockWriterRequest } from '../ports/cluster.ts';
import { BatchSender } from './batch-sender.ts';
import { Turns, type Window } from './turns.ts';
import { type Bound, WriteLimit } from './write-limit.ts';

/** Held twice. How many rows of a partition meet in a window decides what a batch costs the server. */
const windows: Readonly<Record<NonNullable<BlockWriterRequest['held']>, Window>> = {
  little: { rows: 8192, bytes: 2 * 1024 * 1024 },
  some: { rows: 32_768, bytes: 8 * 1024 * 1024 },
  much: { rows: 262_144, bytes: 48 * 1024 * 1024 },
};
const deadlineMs = 120_000;

export interface BlockWriterOptions {
  readonly window?: Window;
  /** What bounds it besides; left out: nothing. */
  readonly bound?: Bound;
}

/** Writes rows of blocks; see `BlockWriter`. */
export function createBlockWriter(
  client: Client,
  request: BlockWriterRequest,
  { window = windows[request.held ?? 'much'], bound }: BlockWriterOptions = {},
): BlockWriter {
  const sender = new BatchSender({
    client,
    request,
    limit: new WriteLimit(bound),
    deadlineMs,
    ...(request.admit === undefined ? {} : { admit: request.admit }),
  });
  const keys = new Set(keyColumns(request.table));
  for (const columns of request.statements) {
    sender.add({
      text: insertText(request, columns),
      values: columns.length + 2,
      keyAt: 0,
      keyParts: columns.filter((name) => keys.has(name)).length,
    });
  }
  const turns = new Turns(sender, window);
  return {
    get filling() {
      return turns.filling;
    },
    room: () => turns.room(),
    filled: () => turns.filled(),
    get acknowledged() {
      return sender.acknowledged;
    },
    flush: () => turns.flush(),
  };
}

function insertText({ keyspace, table }: BlockWriterRequest, columns: readonly string[]): string {
  const names = columns.map(quoted).join(', ');
  const marks = columns.map(() => '?').join(', ');
  return `INSERT INTO ${qualified(keyspace, table.name)} (${names}) VALUES (${marks}) USING TIMESTAMP ? AND TTL ?`;
}
