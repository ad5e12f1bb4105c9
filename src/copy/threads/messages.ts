import { CqlformError, type ErrorFields, type ExitCode, type Place } from '../../kernel/errors.ts';
import type { JsRow } from '../../model/data.ts';
import type { WorkOrder } from './work-order.ts';

/** What a thread is given when it starts. */
export interface ThreadData {
  readonly order: WorkOrder;
  /** What the module that it runs finds the functions by. */
  readonly code: unknown;
  /** Two whole numbers: the batch that is worked on, and which of its rows, counted from 0. */
  readonly progress: SharedArrayBuffer;
}

export type RowsMessage = {
  readonly kind: 'rows';
  readonly batch: number;
  /** The cluster's time, in milliseconds. */
  readonly now: number;
  readonly rows: SentRows;
};
export type SentRows =
  | { readonly kind: 'stored'; readonly memory: ArrayBuffer }
  | { readonly kind: 'values'; readonly values: readonly JsRow[] };

export type ToThread = RowsMessage | { readonly kind: 'end' };

export type FromThread =
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly error: CarriedError }
  | {
      readonly kind: 'worked';
      readonly batch: number;
      readonly memory: ArrayBuffer;
      /** Rows that the memory has the outcomes of. */
      readonly count: number;
      /** What was thrown at the row after them; null: nothing. */
      readonly error: CarriedError | null;
    };

/** What was thrown, so that it can be thrown again in another thread. */
export interface CarriedError {
  readonly message: string;
  readonly stack: string | undefined;
  readonly cause: CarriedError | null;
  /** Null: it was no error of ours. */
  readonly own: {
    readonly code: string;
    readonly next: string;
    readonly fields: ErrorFields;
    readonly where: Place | null;
    readonly retryable: boolean;
    readonly exitCode: ExitCode;
  } | null;
}

/** Stands for a row's place in what a thread throws: only the main thread knows it. */
export const placeOfRow = '\u0000place\u0000';

const deepest = 4;

export function carried(thrown: unknown, depth = 0): CarriedError {
  if (!(thrown instanceof Error)) return { message: String(thrown), stack: undefined, cause: null, own: null };
  const { message, stack } = thrown;
  const cause = thrown.cause === undefined || depth >= deepest ? null : carried(thrown.cause, depth + 1);
  if (!(thrown instanceof CqlformError)) return { message, stack, cause, own: null };
  const { code, next, fields, where = null, retryable, exitCode } = thrown;
  return { message, stack, cause, own: { code, next, fields, where, retryable, exitCode } };
}

/** The error as it was, naming the place. */
export function thrownAgain(error: CarriedError, place: string): Error {
  const said = (text: string): string => text.replaceAll(placeOfRow, place);
  const cause = error.cause === null ? undefined : thrownAgain(error.cause, place);
  const again =
    error.own === null ? new Error(said(error.message), { cause }) : ours(error, error.own, { said, cause });
  if (error.stack !== undefined) again.stack = said(error.stack);
  return again;
}

function ours(
  { message }: CarriedError,
  { code, next, fields, where, retryable, exitCode }: NonNullable<CarriedError['own']>,
  { said, cause }: { readonly said: (text: string) => string; readonly cause: Error | undefined },
): CqlformError {
  const named = Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? said(value) : value]);
  return new CqlformError(code, said(message), {
    next: said(next),
    fields: Object.fromEntries(named),
    ...(where === null ? {} : { where }),
    retryable,
    exitCode,
    ...(cause === undefined ? {} : { cause }),
  });
}
