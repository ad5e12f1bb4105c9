import { CqlformError, exitCodes } from '../../kernel/errors.ts';
import type { DataSpec } from '../../model/data.ts';
import type { TokenRange } from '../../model/row.ts';
import { type ByName, type Column, keyColumns, type Table, type UserType } from '../../model/schema.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Rows } from '../../ports/cluster.ts';
import { assertReadsInTheClear } from '../masked-source.ts';
import { type Rate, RateLimit } from '../rate.ts';
import { RejectLimit, RejectsExhausted } from '../reject-limit.ts';
import { RejectsFile } from '../rejects-file.ts';
import { copyConsistency } from '../table-pieces.ts';
import { RowsText, type UnloadFormat } from './rows-text.ts';

/** Token ranges; several are read at once, and pages come as they are read. */
const parts = 64;
const rangesAtOnce = 4;

export interface UnloadRequest {
  readonly keyspace: string;
  readonly from: Table;
  readonly types: ByName<UserType>;
  /** Besides the key; null: all. */
  readonly columns: readonly string[] | null;
  readonly format: UnloadFormat;
  /** Resolves when more may be handed over. */
  readonly write: (text: Buffer) => Promise<void>;
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
  /** Of text, before it is compressed. */
  readonly bytes: number;
}

/** Writes a table's rows as text: each range in the order of the ring, ranges as they come. */
export async function unloadRows(
  request: UnloadRequest,
  { rows, clock }: { readonly rows: Rows; readonly clock: Clock },
): Promise<UnloadAccounts> {
  const { keyspace, from, types, signal, maxRejects, rejectsFile } = request;
  await assertReadsInTheClear(rows, keyspace, from);
  const columns = columnsRead(request);
  const text = new RowsText(columns, types, request.format);
  const rejects = new RejectLimit(maxRejects, null);
  const rejected = new RejectsFile(rejectsFile);
  const rate = request.rate === null ? null : new RateLimit(request.rate, clock, signal);
  const sum = { read: 0, written: 0, rejected: 0, bytes: 0 };
  const put = async (bytes: Buffer): Promise<void> => {
    sum.bytes += bytes.length;
    if (bytes.length > 0) await request.write(bytes);
  };
  const names = columns.map(({ name }) => name).filter((name) => !keyColumns(from).includes(name));
  const one = async (range: TokenRange): Promise<void> => {
    const scanned = rows.scanRaw({ keyspace, table: from, types, columns: names, range, consistency: copyConsistency });
    for await (const page of scanned) {
      assertNotStopped(request);
      const made = text.page(page);
      sum.read += made.rows;
      sum.written += made.rows - made.rejects.length;
      // handed over before anything else is waited for: texts must follow one another as they were made
      await put(made.text);
      for (const { reason, cells } of made.rejects) {
        sum.rejected += 1;
        await rejected.add({ place: from.name, reason, row: cells });
        rejects.add(reason, from.name);
      }
      await rate?.admit(made.rows, made.text.length);
      request.onProgress(sum);
    }
  };
  await rejected.begin();
  try {
    await put(text.start());
    await eachOf(await rows.splitFor(keyspace, from, parts), one);
    await put(text.end());
  } catch (thrown) {
    if (thrown instanceof RejectsExhausted) rejects.judge(sum.read, { rejectsFile, what: `unload of ${from.name}` });
    throw thrown;
  } finally {
    await rejected.close();
  }
  rejects.judge(sum.read, { rejectsFile, what: `unload of ${from.name}` });
  return sum;
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
  for (const ended of await Promise.allSettled(workers)) if (ended.status === 'rejected') throw ended.reason;
}

function assertNotStopped({ signal, from }: UnloadRequest): void {
  if (!signal.aborted) return;
  throw new CqlformError('INTERRUPTED', `the unload of ${from.name} was stopped`, {
    next: 'Run it again; what was written until now is left as FILE.partial.',
    fields: { table: from.name },
    exitCode: exitCodes.interrupted,
  });
}
