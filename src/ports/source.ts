import type { ForeignSource, JsRow } from '../model/data.ts';

/** A serialisable piece of a source that can be read again by itself and gives the same rows. */
export interface Split {
  readonly id: string;
  /** The system's own facts, e.g. byte offsets of a file. */
  readonly detail: Readonly<Record<string, string | number>>;
  readonly bytes: number | null;
}

/** One row as it comes; `problem` set: it could not be read as declared and has to be rejected with this reason. */
export interface SourceRow {
  readonly values: JsRow;
  /** Where it stands, for people: `movies.json#17`, `flights.csv:1204`. */
  readonly place: string;
  readonly problem: string | null;
}

/** What a source really holds, as far as a sample shows. */
export interface SourceFacts {
  readonly rows: number | null;
  readonly bytes: number | null;
  /** Declared columns that the source does not have. */
  readonly missing: readonly string[];
  /** Hash of what identifies the content (size and modification time, or a catalogue's version), for resume and stale checks. */
  readonly identity: string;
}

/** A foreign source, opened. Rows come in the JavaScript values of the declared columns. */
export interface Source {
  facts(): Promise<SourceFacts>;
  splits(wanted: number): Promise<readonly Split[]>;
  read(split: Split): AsyncIterable<readonly SourceRow[]>;
  close(): Promise<void>;
}

/** Finds the reader of a declared source; throws `UNKNOWN_SOURCE` for a system that is not there. */
export type OpenSource = (source: ForeignSource) => Promise<Source>;
