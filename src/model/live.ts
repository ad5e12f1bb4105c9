import type { Schema } from './schema.ts';
import type { CqlType } from './type.ts';

/** A column that was dropped; its cells up to `droppedAt` are hidden for good. */
export interface DroppedColumn {
  readonly name: string;
  readonly type: CqlType;
  readonly static: boolean;
  /** Microseconds since the epoch, decimal digits, as the server keeps it (whole milliseconds). */
  readonly droppedAt: string;
}

/** What only a running server knows of a table. */
export interface TableFacts {
  /** The table's id: another id means another incarnation. */
  readonly id: string;
  readonly dropped: readonly DroppedColumn[];
  /** `compound`, `dense`, `super`, `counter`; `compact` besides for every table WITH COMPACT STORAGE, which nothing may touch; `trigger NAME` for each trigger, which is Java code on the nodes. */
  readonly flags: readonly string[];
}

export interface Estimate {
  readonly rows: number | null;
  readonly bytes: number | null;
}

export interface ServerVersion {
  readonly text: string;
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
}

/** One keyspace as a running cluster has it. */
export interface LiveKeyspace {
  readonly name: string;
  readonly exists: boolean;
  readonly schema: Schema;
  readonly facts: Readonly<Record<string, TableFacts>>;
  readonly cluster: string;
  /** The lowest version among the nodes. */
  readonly version: ServerVersion;
  /** By table; absent means unknown, never zero. */
  readonly estimates: Readonly<Record<string, Estimate>>;
}

/** A node's clock beside this machine's. */
export interface NodeClock {
  readonly address: string;
  /** Milliseconds; negative: behind. 0 where no difference is certain. */
  readonly aheadMs: number;
}

export interface NodeHealth {
  readonly address: string;
  readonly dataCenter: string;
  readonly version: string;
  readonly up: boolean;
  readonly schemaVersion: string | null;
}
