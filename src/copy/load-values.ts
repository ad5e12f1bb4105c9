import { allEnded } from '../kernel/all-ended.ts';
import type { Rows } from '../ports/cluster.ts';
import type { SourceRow } from '../ports/source.ts';
import { jsonSafe } from './json-safe.ts';
import type { LoadProgress, LoadRequest, LoadSource } from './load.ts';
import { ofColumns, type Page, pagesOf, piecesOf, ttlOf } from './load-pages.ts';
import type { RateLimit } from './rate.ts';
import type { RejectedRow } from './rejected-row.ts';
import { ValueWriter } from './value-writer.ts';
import { piecesAtOnce } from './write-engine.ts';

/** What has become of a load so far. */
export interface LoadState {
  read: number;
  written: number;
}

export interface ValuesLoad {
  readonly request: LoadRequest;
  readonly from: Extract<LoadSource, { kind: 'values' }>;
  readonly rows: Rows;
  readonly rate: RateLimit | null;
  readonly state: LoadState;
  readonly reject: (row: RejectedRow) => Promise<void>;
  /** Throws when the load was stopped. */
  readonly told: (progress: Omit<LoadProgress, 'rejected'>) => void;
}

/**
 * Loads rows of JavaScript values: in the order of their source, or, where rows do not meet, several of its pieces at a
 * time, each worker with a writer of its own. Throws the first failure, when all that was sent has been answered.
 */
export async function loadValues(load: ValuesLoad): Promise<void> {
  const { from, rows, request, rate } = load;
  const facts = await from.source.facts();
  const inPieces = from.inPieces === true && request.some === null;
  const pieces = inPieces ? await piecesOf(from.source) : [pagesOf(from.source, request.some)];
  const queue = pieces.values();
  const writers: ValueWriter[] = [];
  const told = toldBy(load, { writers, totalBytes: facts.bytes, totalRows: least(facts.rows, request.some) });
  let stopped = false;
  const worker = async (): Promise<void> => {
    const writer = new ValueWriter(rows, { ...request, from, held: pieces.length > 1 ? 'some' : 'much' }, rate);
    writers.push(writer);
    try {
      for (const pages of queue) {
        for await (const page of pages) {
          if (stopped) return;
          for (const row of page.rows) {
            const waiting = take(row, writer, load);
            if (waiting !== null) await waiting;
          }
          await writer.admitted();
          told(page.bytes);
        }
        if (stopped) return;
      }
    } catch (thrown) {
      stopped = true;
      throw thrown;
    } finally {
      await writer.flush();
    }
  };
  await allEnded(Array.from({ length: Math.min(piecesAtOnce, pieces.length) }, worker));
}

/** Null: the row is taken, and there is nothing to wait for. */
function take(row: SourceRow, writer: ValueWriter, load: ValuesLoad): Promise<void> | null {
  const { request, state } = load;
  const at = request.timestamp + BigInt(state.read);
  state.read += 1;
  const taken = writer.take(row, at);
  if (taken === null) {
    state.written += 1;
    return null;
  }
  return later(row, taken, load);
}

async function later(
  { place, values }: SourceRow,
  taken: Exclude<ReturnType<ValueWriter['take']>, null>,
  { state, reject }: ValuesLoad,
): Promise<void> {
  const wrong = await taken;
  if (wrong === null) {
    state.written += 1;
    return;
  }
  const { reason, timestamp } = wrong;
  const line = { place, reason, row: jsonSafe(ofColumns(values)), writeTime: String(timestamp) };
  await reject({ ...line, ...ttlOf(values) });
}

function toldBy(
  { state, request, told }: ValuesLoad,
  { writers, ...total }: Pick<LoadProgress, 'totalBytes' | 'totalRows'> & { readonly writers: readonly ValueWriter[] },
): (bytes: Page['bytes']) => void {
  let read = 0;
  return (bytes) => {
    read += bytes;
    const acknowledged = writers.reduce((sum, writer) => sum + writer.acknowledged, 0);
    const written = request.dryRun ? state.written : Math.min(state.written, acknowledged);
    told({ read: state.read, written, bytes: read, ...total });
  };
}

function least(rows: number | null, some: LoadRequest['some']): number | null {
  if (some === null) return rows;
  const most = some.most < Number.MAX_SAFE_INTEGER ? some.most : null;
  if (rows === null) return most;
  return Math.min(most ?? rows, Math.max(0, rows - some.skip));
}
