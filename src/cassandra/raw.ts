import { createRequire } from 'node:module';
import type { Client, QueryOptions } from 'cassandra-driver';
import { CqlformError } from '../kernel/errors.ts';

/*
 * Cells as the server sent them, through the driver's own connections.
 *
 * The driver decodes every cell into a JavaScript value while it reads a page; values then lose what their bytes said
 * (a null among the write times of a collection even ends the connection), and decoding is most of the client's cost.
 * Its only way around is inside: the row parser of a connection. So the parser gets one more rule, for this process:
 * a page whose first column has the name `rawMark` is handed on unread. The statement itself chooses, by an alias, so
 * nothing depends on which connection answers: pooled, re-opened or the control connection; system queries and the
 * statements of other clients in the process never carry the alias and are decoded as before. Statements are still
 * prepared, routed, timed out and prepared again by the driver. The driver's version is pinned; a driver whose parser
 * looks different is refused at once (`DRIVER_UNSUPPORTED`), and a page that comes back decoded is an error, never data.
 */

/** The alias of the first column of every statement that wants its page raw. */
export const rawMark = 'cqlform raw';

class RawRows {
  readonly count: number;
  readonly bytes: Buffer;
  constructor(count: number, bytes: Buffer) {
    this.count = count;
    this.bytes = bytes;
  }
}

/** The parts of the driver's `lib/streams.js` and `lib/readers.js` that are leaned on. */
interface Frame {
  readonly header: unknown;
  readonly meta: { readonly columns: readonly ({ readonly name: string } | undefined)[] };
  readonly flags: unknown;
  readonly isStreaming?: boolean;
}
interface Reader {
  readInt(): number;
  read(): Buffer;
}
interface Parser {
  parseRows(frame: Frame, reader: Reader): void;
  push(item: unknown): void;
}
interface Streams {
  readonly Parser: { readonly prototype: Parser };
}

let installed = false;

/** Teaches the driver's row parser the rule above; once per process. */
export function installRawRows(): void {
  if (installed) return;
  const streams: unknown = createRequire(import.meta.url)('cassandra-driver/lib/streams.js');
  if (!isStreams(streams)) {
    throw new CqlformError('DRIVER_UNSUPPORTED', 'cassandra-driver has no row parser where version 4.10 has it', {
      next: 'Install the version of cassandra-driver that cqlform names in its package.json.',
    });
  }
  const parser = streams.Parser.prototype;
  const parseRows = parser.parseRows;
  parser.parseRows = function (this: Parser, frame: Frame, reader: Reader): void {
    if (frame.meta.columns[0]?.name !== rawMark || frame.isStreaming === true) {
      parseRows.call(this, frame, reader);
      return;
    }
    const count = reader.readInt();
    const rows = [new RawRows(count, reader.read())];
    this.push({ header: frame.header, result: { rows, meta: frame.meta, flags: frame.flags } });
  };
  installed = true;
}

function isStreams(module: unknown): module is Streams {
  if (typeof module !== 'object' || module === null || !('Parser' in module)) return false;
  const parser: unknown = module.Parser;
  if (typeof parser !== 'function') return false;
  const prototype: unknown = parser.prototype;
  return typeof prototype === 'object' && prototype !== null && 'parseRows' in prototype && 'push' in prototype;
}

export interface RawPage {
  readonly count: number;
  /** The cells of all rows, each an int32 length (-1: null) and its bytes; what follows the last cell is not part of it. */
  readonly bytes: Buffer;
  /** Where the next page begins; null after the last. */
  readonly next: string | null;
}

/** One page of a statement whose first column is aliased `rawMark`. Errors are the driver's own. */
export async function readRawPage(
  client: Client,
  statement: { readonly text: string; readonly values: readonly Buffer[] },
  options: QueryOptions,
): Promise<RawPage> {
  const result = await client.execute(statement.text, [...statement.values], { ...options, prepare: true });
  const rows: unknown = result.rows?.[0];
  if (!(rows instanceof RawRows)) {
    throw new CqlformError('DRIVER_UNSUPPORTED', 'cassandra-driver decoded a page that was asked for undecoded', {
      next: 'Make sure that one copy of cassandra-driver is installed, the version that cqlform names in its package.json.',
    });
  }
  return { count: rows.count, bytes: rows.bytes, next: result.pageState ?? null };
}

/** Reads cells one after the other. */
export class CellReader {
  readonly #bytes: Buffer;
  #offset: number;

  constructor(bytes: Buffer, offset = 0) {
    this.#bytes = bytes;
    this.#offset = offset;
  }

  get offset(): number {
    return this.#offset;
  }

  /** The next cell, a view into the page; null when there is none. */
  next(): Buffer | null {
    const start = this.#offset + 4;
    const length = this.#bytes.readInt32BE(this.#offset);
    if (length < 0) {
      this.#offset = start;
      return null;
    }
    this.#offset = start + length;
    if (this.#offset > this.#bytes.length) throw new RangeError('a cell ends behind its page');
    return this.#bytes.subarray(start, this.#offset);
  }
}
