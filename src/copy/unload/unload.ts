import { allEnded } from '../../kernel/all-ended.ts';
import { CqlformError, exitCodes } from '../../kernel/errors.ts';
import type { DataSpec } from '../../model/data.ts';
import type { TokenRange } from '../../model/row.ts';
import { type ByName, type Column, keyColumns, type Table, type UserType } from '../../model/schema.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Consistency, RawRows, Rows } from '../../ports/cluster.ts';
import type { TypedFile } from '../../ports/typed-file.ts';
import { assertReadsInTheClear } from '../masked-source.ts';
import { type Rate, RateLimit } from '../rate.ts';
import { RejectLimit, RejectsExhausted } from '../reject-limit.ts';
import { RejectsFile } from '../rejects-file.ts';
import type { Unreadable } from './raw-cells.ts';
import { RowsText, type UnloadFormat } from './rows-text.ts';
import { RowsTyped } from './rows-typed.ts';

/** Token ranges; several are read at once, and pages come as they are read. */
const parts = 64;
const rangesAtOnce = 4;

/** Where rows come from: a table that is there, or one of a backup. */
export type UnloadedRows = Pick<Rows, 'scanRaw' | 'splitFor' | 'readsMasked'>;

/** Where rows go: as text, handed over when the last was taken; or into a file of typed columns. */
export type UnloadOutput =
  | { readonly kind: 'text'; readonly format: UnloadFormat; write(text: Buffer): Promise<void> }
  | { readonly kind: 'typed'; open(columns: readonly Column[], types: ByName<UserType>): Promise<TypedFile> };

export interface UnloadRequest {
  readonly keyspace: string;
  readonly from: Table;
  readonly types: ByName<UserType>;
  readonly consistency: Consistency;
  /** Besides the key; null: all. */
  readonly columns: readonly string[] | null;
  /** Relations of CQL that rows have to meet; null: all rows. */
  readonly where: string | null;
  readonly output: UnloadOutput;
  readonly rate: Rate | null;
  readonly maxRejects: DataSpec['maxRejects'];
  readonly rejectsFile: string;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: UnloadAccounts) => void;
}

export interface UnloadAccounts {
  readonly read: number;
  readonly written: number;
  /** Rows whose bytes are no values of their types. */
  readonly rejected: number;
  /** Of text, before it is compressed; of a typed file, when it is whole. */
  readonly bytes: number;
}

const advice = 'mend these rows in the table, leave the column out, or allow more with --max-rejects';

/** Writes a table's rows as text: each range in the order of the ring, ranges as they come. */
export async function unloadRows(
  request: UnloadRequest,
  { rows, clock }: { readonly rows: UnloadedRows; readonly clock: Clock },
): Promise<UnloadAccounts> {
  const { keyspace, from, types, consistency, signal, maxRejects, rejectsFile } = request;
  await assertReadsInTheClear(rows, keyspace, from);
  const columns = columnsRead(request);
  const rejects = new RejectLimit(maxRejects, null);
  const judged = { rejectsFile, what: `unload of ${from.name}`, advice };
  const rejected = new RejectsFile(rejectsFile);
  const rate = request.rate === null ? null : new RateLimit(request.rate, clock, signal);
  const sum = { read: 0, written: 0, rejected: 0, bytes: 0 };
  const out = await outputOf(request, columns);
  const names = columns.map(({ name }) => name).filter((name) => !keyColumns(from).includes(name));
  const filter = request.where === null ? {} : { where: request.where };
  const one = async (range: TokenRange): Promise<void> => {
    const scanned = rows.scanRaw({ keyspace, table: from, types, columns: names, range, consistency, ...filter });
    for await (const page of scanned) {
      assertNotStopped(request);
      const { rejects: unreadable, bytes } = await out.page(page);
      sum.bytes += bytes;
      sum.read += page.count;
      sum.written += page.count - unreadable.length;
      for (const { reason, cells } of unreadable) {
        sum.rejected += 1;
        await rejected.add({ place: from.name, reason, row: cells });
        rejects.add(reason, from.name);
      }
      await rate?.admit(page.count, bytes);
      request.onProgress(sum);
    }
  };
  await rejected.begin();
  try {
    sum.bytes += await out.begin();
    await eachOf(await rows.splitFor(keyspace, from, parts), one);
    rejects.judge(sum.read, judged);
    sum.bytes += await out.end();
  } catch (thrown) {
    await out.discard();
    if (thrown instanceof RejectsExhausted) rejects.judge(sum.read, judged);
    throw thrown;
  } finally {
    await rejected.close();
  }
  return sum;
}

interface Output {
  begin(): Promise<number>;
  /** Gives the bytes of text. Pages follow one another as they were made: nothing is waited for before they are handed over. */
  page(page: RawRows): Promise<{ readonly rejects: readonly Unreadable[]; readonly bytes: number }>;
  end(): Promise<number>;
  discard(): Promise<void>;
}

async function outputOf({ output, types }: UnloadRequest, columns: readonly Column[]): Promise<Output> {
  if (output.kind === 'typed') {
    const file = await output.open(columns, types);
    const typed = new RowsTyped(columns, types, file);
    return {
      begin: async () => 0,
      page: async (page) => ({ rejects: typed.page(page), bytes: 0 }),
      end: () => file.finish(),
      discard: () => file.discard(),
    };
  }
  const text = new RowsText(columns, types, output.format);
  const put = async (bytes: Buffer): Promise<number> => {
    if (bytes.length > 0) await output.write(bytes);
    return bytes.length;
  };
  return {
    begin: () => put(text.start()),
    page: async (page) => {
      const made = text.page(page);
      return { rejects: made.rejects, bytes: await put(made.text) };
    },
    end: () => put(text.end()),
    discard: async () => undefined,
  };
}

/** In the order of the pages' cells: the key, static and then regular columns. */
function columnsRead({ from, columns }: UnloadRequest): readonly Column[] {
  const keys = keyColumns(from);
  const unknown = columns?.find((name) => !from.columns.some((column) => column.name === name));
  if (unknown !== undefined) {
    throw new CqlformError('UNKNOWN_COLUMN', `table ${from.name} has no column ${unknown}`, {
      next: `Its columns: ${from.columns.map(({ name }) => name).join(', ')}.`,
      fields: { table: from.name, column: unknown },
      exitCode: exitCodes.usage,
    });
  }
  const wanted = from.columns.filter(({ name }) => !keys.includes(name) && (columns?.includes(name) ?? true));
  const key = keys.flatMap((name) => from.columns.filter((column) => column.name === name));
  return [...key, ...wanted.filter((column) => column.static), ...wanted.filter((column) => !column.static)];
}

async function eachOf(ranges: readonly TokenRange[], one: (range: TokenRange) => Promise<void>): Promise<void> {
  const queue = ranges.values();
  let stopped = false;
  const worker = async (): Promise<void> => {
    try {
      for (const range of queue) if (!stopped) await one(range);
    } catch (thrown) {
      stopped = true;
      throw thrown;
    }
  };
  const workers = Array.from({ length: rangesAtOnce }, worker);
  await allEnded(workers);
}

function assertNotStopped({ signal, from }: UnloadRequest): void {
  if (!signal.aborted) return;
  throw new CqlformError('INTERRUPTED', `the unload of ${from.name} was stopped`, {
    next: 'Run it again; what was written until now is left as FILE.partial.',
    fields: { table: from.name },
    exitCode: exitCodes.interrupted,
  });
}
