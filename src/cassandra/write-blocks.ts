import type { Client } from 'cassandra-driver';
import type { RowSink } from '../cql/row-sink.ts';
import { qualified, quoted } from '../model/identifier.ts';
import { keyColumns } from '../model/schema.ts';
import type { BlockWriter, BlockWriterRequest } from '../ports/cluster.ts';
import { BatchSender } from './batch-sender.ts';
import { type Bound, WriteLimit } from './write-limit.ts';

/** Bytes of rows that are held. How many rows of a partition meet there decides what a batch costs the server. */
const heldBytes: Readonly<Record<NonNullable<BlockWriterRequest['held']>, number>> = {
  little: 4 * 1024 * 1024,
  some: 16 * 1024 * 1024,
  much: 96 * 1024 * 1024,
};
const deadlineMs = 120_000;

export interface BlockWriterOptions {
  /** Bytes of rows that are held, where it is not what the request says. */
  readonly held?: number;
  /** What bounds it besides; left out: nothing. */
  readonly bound?: Bound;
}

/** Writes rows of blocks; see `BlockWriter`. */
export function createBlockWriter(
  client: Client,
  request: BlockWriterRequest,
  { held = heldBytes[request.held ?? 'much'], bound }: BlockWriterOptions = {},
): BlockWriter {
  const sender = new BatchSender({
    client,
    request,
    limit: new WriteLimit(bound),
    deadlineMs,
    held,
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
  let prepared = false;
  return {
    get filling() {
      return prepared ? sender.filling : null;
    },
    room: async (): Promise<RowSink> => {
      if (!prepared) await sender.prepare();
      prepared = true;
      return sender.room();
    },
    filled: () => sender.filled(),
    get acknowledged() {
      return sender.acknowledged;
    },
    flush: () => sender.flush(),
  };
}

function insertText({ keyspace, table }: BlockWriterRequest, columns: readonly string[]): string {
  const names = columns.map(quoted).join(', ');
  const marks = columns.map(() => '?').join(', ');
  return `INSERT INTO ${qualified(keyspace, table.name)} (${names}) VALUES (${marks}) USING TIMESTAMP ? AND TTL ?`;
}
