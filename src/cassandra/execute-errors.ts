import { errors, types } from 'cassandra-driver';
import { CqlformError, reasonOf } from '../kernel/errors.ts';
import { reasonFor } from './connect-errors.ts';

const codes = types.responseErrorCodes;

/** Refused by the server before anything was changed. */
const refusals: ReadonlySet<number> = new Set([
  codes.syntaxError,
  codes.unauthorized,
  codes.invalid,
  codes.configError,
  codes.alreadyExists,
]);

export type ResponseError = InstanceType<typeof errors.ResponseError>;

/** The server looked at the request and refused it: nothing was changed. */
export function isRefusal(thrown: unknown): thrown is ResponseError {
  return thrown instanceof errors.ResponseError && refusals.has(thrown.code);
}

export function isUnauthorized(thrown: unknown): boolean {
  return thrown instanceof errors.ResponseError && thrown.code === codes.unauthorized;
}

/** A table, column or keyspace named in the request is not there, or the request is wrong in another way. */
export function isInvalid(thrown: unknown): boolean {
  return thrown instanceof errors.ResponseError && thrown.code === codes.invalid;
}

/** The request never left: no node was there to take it. */
export function wasNotSent(thrown: unknown): boolean {
  return thrown instanceof errors.NoHostAvailableError;
}

export function notSent(thrown: unknown, address: string): CqlformError {
  const inner: unknown = thrown instanceof errors.NoHostAvailableError ? thrown.innerErrors : undefined;
  const tried = inner !== null && typeof inner === 'object' ? Object.entries(inner) : [];
  const lines = tried.map(([node, error]) => `${node}: ${typeof error === 'string' ? error : reasonFor(error)}`);
  return new CqlformError(
    'CLUSTER_UNREACHABLE',
    `${address} takes no requests. ${lines.length === 0 ? reasonOf(thrown) : `${lines.join('; ')}.`}`,
    {
      next: 'Bring the node back and run the same command again; `cqlform status` shows which nodes are up.',
      fields: { attempts: lines },
      retryable: true,
      cause: thrown,
    },
  );
}

/** What the server says against a schema statement, and what helps. */
export function ddlRefused(error: ResponseError, statement: string): CqlformError {
  return new CqlformError('DDL_REFUSED', `The server refuses \`${headOf(statement)}\`: ${error.message}`, {
    next: nextAfter(error.code),
    fields: { statement, serverCode: `0x${error.code.toString(16).padStart(4, '0')}`, serverMessage: error.message },
    cause: error,
  });
}

function nextAfter(code: number): string {
  switch (code) {
    case codes.unauthorized:
      return 'Grant the role what docs/permissions.md lists (`cqlform init --print-grants` writes the statements), then run the same command again.';
    case codes.alreadyExists:
      return 'Somebody else made this object meanwhile: `cqlform drift` shows how it differs; plan again.';
    case codes.configError:
      return "Change the option or the server's cassandra.yaml as the server says, then plan again.";
    case codes.syntaxError:
      return 'This server does not know the statement; check its version with `cqlform status`, and report the statement if the version is supported.';
    default:
      return 'Change the migration as the server says, then plan again; what ran before this statement stays recorded.';
  }
}

function headOf(statement: string): string {
  const line = statement.replace(/\s+/g, ' ').trim();
  return line.length <= 160 ? line : `${line.slice(0, 159)}…`;
}
