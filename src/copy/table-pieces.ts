import { codecOf } from '../cql/codec/codec.ts';
import { joinElements } from '../cql/elements.ts';
import { wholeValue } from '../cql/whole-value.ts';
import { setOwn } from '../kernel/own.ts';
import { RowRejected } from '../model/data.ts';
import type { Bytes, Cell, TokenRange } from '../model/row.ts';
import { type ByName, type Column, keyColumns, type Table, type UserType } from '../model/schema.ts';
import type { Consistency, PassThrough, Rows } from '../ports/cluster.ts';
import type { OpenedTable } from '../ports/cluster-source.ts';
import type { CopyPass, WorkContext } from '../ports/engines.ts';
import { leavesOutTimes, withInferredEnds } from './inferred-ends.ts';
import type { InputRow, Piece } from './input.ts';
import { type Access, accessOf, cellAt, type JoinedRow, joinRows, keyAt, timesOf } from './joined-row.ts';
import { jsonSafe } from './json-safe.ts';
import { rangeName, rangeOfName, remaining } from './token-pieces.ts';

/** Copies read where they write: at the local quorum (cassandra-truths: the driver's own default is ONE). */
export const copyConsistency: Consistency = 'LOCAL_QUORUM';
/** Pieces of a table; also how much of it is done again after a crash. */
const tableParts = 64;

/** A table that rows are read from, here or in another cluster; finished pieces count only while its identity is the same. */
export type ReadTable = Omit<OpenedTable, 'facts' | 'close'>;

/** A table of the keyspace that is written. */
export function ownTable(
  table: Table,
  { rows, context }: { readonly rows: Rows; readonly context: Pick<WorkContext, 'keyspace' | 'types'> },
): ReadTable {
  const { keyspace, types } = context;
  return { rows, keyspace, table, types, consistency: copyConsistency, identity: table.name };
}

export interface TableInput extends ReadTable {
  /** Columns besides the key. */
  readonly columns: readonly string[];
  readonly times: boolean;
}

/** The ring in pieces, without the ranges whose names are in `done`. */
export async function tablePieces(input: TableInput, done: readonly string[]): Promise<readonly Piece[]> {
  const doneRanges = done.map(rangeOfName).filter((range) => range !== null);
  const ranges = await input.rows.splitFor(input.keyspace, input.table, tableParts);
  return piecesOfRanges(input, remaining(ranges, doneRanges));
}

/** Token ranges of a table as pieces. */
export function piecesOfRanges(input: TableInput, ranges: readonly TokenRange[]): readonly Piece[] {
  const decoder = new RowDecoder(input);
  const untold = input.times && leavesOutTimes(input.rows, input.table, input.columns);
  return ranges.map((range) => ({
    id: rangeName(range),
    identity: input.identity,
    async *rows() {
      const { keyspace, table, types, columns, times, consistency } = input;
      const pages = input.rows.scan({ keyspace, table, types, columns, range, times, consistency });
      for await (const page of joinRows(untold ? withInferredEnds(pages) : pages))
        yield page.map((row) => decoder.inputRow(row));
    },
    async *through(through: PassThrough) {
      const { keyspace, table, types, columns, consistency } = input;
      const request = { keyspace, table, types, columns, range, consistency };
      for await (const { rows, passed, bytes } of input.rows.scanThrough(request, through)) {
        const others = rows.flatMap((row) => (row.kind === 'row' ? [decoder.inputRow({ ...row, statics: [] })] : []));
        yield { rows: others, passed, bytes };
      }
    },
  }));
}

/**
 * Of the rows of pieces only those with a cell that is as new. Cassandra cannot choose rows by write time, so all are read
 * here; rows that tell no time may have changed.
 */
export function changedPieces(pieces: readonly Piece[], pass: CopyPass | undefined): readonly Piece[] {
  if (pass === undefined || pass.from === null || pass.since.by !== 'writetime') return pieces;
  const { from } = pass;
  return pieces.map((piece) => ({
    id: piece.id,
    identity: piece.identity,
    async *rows() {
      for await (const page of piece.rows()) {
        yield page.filter(({ stored }) => {
          const newest = stored === null ? null : timesOf(stored).newest;
          return newest === null || newest >= from;
        });
      }
    },
  }));
}

interface DecodedColumn {
  readonly column: Column;
  readonly access: Access;
  decode(bytes: Bytes): unknown;
}

/** Turns stored rows into JavaScript values. */
export class RowDecoder {
  readonly #table: Table;
  readonly #columns: readonly DecodedColumn[];
  readonly #types: ByName<UserType>;

  constructor({ table, columns, types }: Pick<TableInput, 'table' | 'columns' | 'types'>) {
    this.#table = table;
    this.#types = types;
    const wanted = new Set([...keyColumns(table), ...columns]);
    const access = accessOf(table, columns);
    this.#columns = table.columns
      .filter(({ name }) => wanted.has(name))
      .flatMap((column) => {
        const at = access.get(column.name);
        const codec = codecOf(column.type, types);
        return at === undefined ? [] : [{ column, access: at, decode: (bytes: Bytes) => codec.decode(bytes) }];
      });
  }

  inputRow(row: JoinedRow): InputRow {
    let values: Readonly<Record<string, unknown>> | null = null;
    return {
      place: () => this.place(row),
      values: () => {
        values ??= this.decode(row);
        return values;
      },
      problem: null,
      stored: row,
    };
  }

  /** A value that JavaScript has not throws `RowRejected` where it is looked at, and nowhere else. */
  decode(row: JoinedRow): Readonly<Record<string, unknown>> {
    const values: Record<string, unknown> = {};
    for (const one of this.#columns) {
      const { name } = one.column;
      try {
        setOwn(values, name, this.#valueOf(row, one));
      } catch (thrown) {
        if (!(thrown instanceof RowRejected)) throw thrown;
        const rejected = new RowRejected(`${name}: ${thrown.reason}`);
        const get = (): never => {
          throw rejected;
        };
        Object.defineProperty(values, name, { enumerable: true, configurable: true, get });
      }
    }
    return values;
  }

  #valueOf(row: JoinedRow, { column, access, decode }: DecodedColumn): unknown {
    if (access.kind !== 'partition' && access.kind !== 'clustering') {
      return this.#decodeCell(column, cellAt(row, access), decode);
    }
    const bytes = keyAt(row, access);
    return bytes === null ? null : decode(bytes);
  }

  /** `movies {"id":"8f14…"}` */
  place(row: JoinedRow): string {
    const key: Record<string, unknown> = {};
    for (const { column, access, decode } of this.#columns) {
      if (access.kind !== 'partition' && access.kind !== 'clustering') continue;
      const bytes = keyAt(row, access);
      if (bytes !== null) setOwn(key, column.name, shownKey(bytes, decode));
    }
    return `${this.#table.name} ${JSON.stringify(key)}`;
  }

  #decodeCell({ type }: Column, cell: Cell | null, decode: (bytes: Bytes) => unknown): unknown {
    if (cell === null) {
      // Cassandra cannot tell an empty collection from none; rows always have one.
      const isCollection = (type.kind === 'list' || type.kind === 'set' || type.kind === 'map') && !type.frozen;
      return isCollection ? decode(joinElements([])) : null;
    }
    if (cell.kind === 'counter') return cell.value;
    return decode(cell.kind === 'value' ? cell.bytes : wholeValue(cell, type, this.#types));
  }
}

/** A key's value, or its bytes where they are no value. */
function shownKey(bytes: Bytes, decode: (bytes: Bytes) => unknown): unknown {
  try {
    return jsonSafe(decode(bytes));
  } catch (thrown) {
    if (thrown instanceof RowRejected) return jsonSafe(bytes);
    throw thrown;
  }
}
