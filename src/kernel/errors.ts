/** Where in a user's file something is wrong; `line` and `column` count from 1. */
export interface Place {
  readonly path: string;
  readonly line?: number;
  readonly column?: number;
}

/** Extra facts of an error, printed in `--json` output. Never secrets. */
export type ErrorFields = Readonly<Record<string, string | number | boolean | readonly string[] | null>>;

export interface ErrorDetails {
  /** What the user can do now: an imperative sentence, with the command when there is one. */
  readonly next: string;
  readonly fields?: ErrorFields;
  readonly where?: Place;
  /** True when doing the same again can succeed. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
  /** Process exit code that this error leads to; 1 unless said otherwise (see `exitCodes`). */
  readonly exitCode?: ExitCode;
}

/** The exit codes of the command line, by meaning. */
export const exitCodes = {
  fine: 0,
  error: 1,
  changes: 2,
  consentMissing: 3,
  blocked: 4,
  stalePlan: 5,
  leaseHeld: 6,
  partlyApplied: 7,
  integrity: 8,
  /** A copy is further behind its source than a gate allows. */
  behind: 9,
  usage: 64,
  interrupted: 130,
  /** SIGTERM, and SIGHUP. */
  terminated: 143,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/**
 * The only error a user can meet. `code` is stable SCREAMING_SNAKE_CASE, `message` names the subject and the fact,
 * `next` says what to do.
 */
export class CqlformError extends Error {
  readonly code: string;
  readonly next: string;
  readonly fields: ErrorFields;
  readonly where: Place | undefined;
  readonly retryable: boolean;
  readonly exitCode: ExitCode;

  constructor(code: string, message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'CqlformError';
    this.code = code;
    this.next = details.next;
    this.fields = details.fields ?? {};
    this.where = details.where;
    this.retryable = details.retryable ?? false;
    this.exitCode = details.exitCode ?? exitCodes.error;
  }
}

/** The message of anything thrown. */
export function reasonOf(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  // drivers put the stacks of inner errors into their messages
  return text.replaceAll(/\n {4}at [^\n]*?(?=\n|\. See innerErrors|$)/g, '');
}
