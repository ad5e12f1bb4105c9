import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { tokenOf } from '../cql/token.ts';
import { CqlformError, exitCodes, reasonOf } from '../kernel/errors.ts';
import { own } from '../kernel/own.ts';
import { type ForeignSource, type JsRow, RowRejected } from '../model/data.ts';
import { declaredRow } from './declared-values.ts';
import type { InputRow, Piece } from './input.ts';
import { type JoinedRow, joinRows, sameKey } from './joined-row.ts';
import { isEdited, parseRejected, type RejectedRow, valuesOf } from './rejected-row.ts';
import { RowDecoder, type TableInput } from './table-pieces.ts';
import { TargetEncoder } from './target-row.ts';

const pageRows = 64;

/** Rows of a rejects file as they would come from the source. */
export function foreignRejects(file: string, { columns }: ForeignSource): Piece {
  return rejectsPiece(file, async (rejected) => ofForeign(rejected, columns));
}

export type StoredRejects = Omit<TableInput, 'times'>;

/** Rows of a rejects file, each read again from its table by its key; one that is not there any more has the problem `gone`. */
export function storedRejects(file: string, from: StoredRejects): Piece {
  const reader = new StoredReader(from);
  return rejectsPiece(file, (rejected) => reader.read(rejected));
}

/** Why a row of a table is passed over. */
export const gone = 'it is not in its table any more';

function rejectsPiece(file: string, inputOf: (rejected: RejectedRow) => Promise<InputRow>): Piece {
  return {
    id: 'rejects',
    identity: file,
    async *rows() {
      for await (const page of rejectedRows(file)) yield Promise.all(page.map(inputOf));
    },
  };
}

/** The lines of a rejects file, a page at a time. Throws `REJECTS_UNREADABLE` and `REJECTS_MALFORMED`. */
export async function* rejectedRows(file: string): AsyncGenerator<readonly RejectedRow[]> {
  const stream = createReadStream(file, 'utf8');
  let page: RejectedRow[] = [];
  let number = 0;
  try {
    for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
      number += 1;
      if (line.trim() === '') continue;
      const rejected = parseRejected(line);
      if (rejected === null) throw malformed(file, number);
      page.push(rejected);
      if (page.length < pageRows) continue;
      yield page;
      page = [];
    }
  } catch (thrown) {
    throw thrown instanceof CqlformError ? thrown : unreadable(file, thrown);
  } finally {
    stream.destroy();
  }
  if (page.length > 0) yield page;
}

/** What is rejected once more keeps its line, with the new reason. */
function asItStands(rejected: RejectedRow, problem: string | null): InputRow {
  const line = (reason: string): string => JSON.stringify({ ...rejected, reason });
  return { place: () => rejected.place, values: () => ({}), problem, stored: null, line };
}

function ofForeign(rejected: RejectedRow, columns: ForeignSource['columns']): InputRow {
  const row = (values: JsRow, problem: string | null): InputRow => ({
    ...asItStands(rejected, problem),
    values: () => values,
  });
  try {
    const values = valuesOf(rejected);
    if (values === null) return row({}, 'its values are not in the rejects file: mend it in the source');
    const declared = declaredRow(values, columns);
    return row(declared.values, declared.problem);
  } catch (thrown) {
    if (thrown instanceof RowRejected) return row({}, thrown.reason);
    throw thrown;
  }
}

class StoredReader {
  readonly #from: StoredRejects;
  readonly #encoder: TargetEncoder;
  readonly #decoder: RowDecoder;

  constructor(from: StoredRejects) {
    this.#from = from;
    this.#encoder = new TargetEncoder(from.table, from.types);
    this.#decoder = new RowDecoder(from);
  }

  async read(rejected: RejectedRow): Promise<InputRow> {
    const unread = (problem: string): InputRow => asItStands(rejected, problem);
    if (isEdited(rejected)) {
      return unread(
        `rows of ${this.#from.table.name} are read from it again: mend the row there, not in the rejects file`,
      );
    }
    try {
      const values = valuesOf(rejected);
      if (values === null) return unread('its key is not in the rejects file');
      const stored = await this.#find(this.#encoder.key((name) => own(values, name)));
      return stored === null ? unread(gone) : this.#decoder.inputRow(stored);
    } catch (thrown) {
      if (thrown instanceof RowRejected) return unread(thrown.reason);
      throw thrown;
    }
  }

  async #find(key: Pick<JoinedRow, 'partitionKey' | 'clusteringKey'>): Promise<JoinedRow | null> {
    const { rows, keyspace, table, types, columns, consistency } = this.#from;
    const token = tokenOf(key.partitionKey);
    const range = { start: token - 1n, end: token };
    const pages = rows.scan({ keyspace, table, types, columns, range, times: true, consistency });
    for await (const page of joinRows(pages)) {
      const found = page.find((row) => isRow(row, key));
      if (found !== undefined) return found;
    }
    return null;
  }
}

function isRow(row: JoinedRow, key: Pick<JoinedRow, 'partitionKey' | 'clusteringKey'>): boolean {
  if (!sameKey(row.partitionKey, key.partitionKey)) return false;
  if (row.clusteringKey === null || key.clusteringKey === null) return row.clusteringKey === key.clusteringKey;
  return sameKey(row.clusteringKey, key.clusteringKey);
}

function malformed(file: string, line: number): CqlformError {
  return new CqlformError('REJECTS_MALFORMED', `${file}:${line} is no line of a rejects file`, {
    next: 'Each line is an object in JSON with place, reason and row: correct it, or take the line away.',
    fields: { file },
    where: { path: file, line },
    exitCode: exitCodes.usage,
  });
}

function unreadable(file: string, cause: unknown): CqlformError {
  return new CqlformError('REJECTS_UNREADABLE', `the rejects file ${file} cannot be read: ${reasonOf(cause)}`, {
    next: 'Name the file that the run or the load told of; by default it is in .cqlform/rejects.',
    fields: { file },
    exitCode: exitCodes.usage,
    cause,
  });
}
