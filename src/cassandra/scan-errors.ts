import { errors, types } from 'cassandra-driver';
import { CqlformError, reasonOf } from '../kernel/errors.ts';
import type { TokenRange } from '../model/row.ts';
import type { Consistency } from '../ports/cluster.ts';

const codes = types.responseErrorCodes;

/** The code of a server's answer, or null when the server did not answer. */
export function responseCode(thrown: unknown): number | null {
  return thrown instanceof errors.ResponseError ? thrown.code : null;
}

/** What went wrong with a request, as far as it decides what to do next. */
export type Trouble = 'timeout' | 'unavailable' | 'overloaded' | 'failure' | 'unreachable' | 'refused';

/** Classifies anything the driver throws. `refused`: asking again changes nothing. */
export function troubleOf(thrown: unknown): Trouble {
  switch (responseCode(thrown)) {
    case codes.readTimeout:
    case codes.writeTimeout:
      return 'timeout';
    case codes.unavailableException:
      return 'unavailable';
    case codes.overloaded:
    case codes.isBootstrapping:
      return 'overloaded';
    case codes.readFailure:
    case codes.writeFailure:
    case codes.serverError:
      return 'failure';
    case null:
      break;
    default:
      return 'refused';
  }
  if (thrown instanceof errors.OperationTimedOutError) return 'timeout';
  if (thrown instanceof errors.BusyConnectionError) return 'overloaded';
  if (thrown instanceof errors.NoHostAvailableError || isSocketError(thrown)) return 'unreachable';
  return 'refused';
}

function isSocketError(thrown: unknown): boolean {
  return typeof thrown === 'object' && thrown !== null && 'isSocketError' in thrown && thrown.isSocketError === true;
}

export interface ReadSubject {
  readonly keyspace: string;
  readonly table: string;
  readonly range: TokenRange;
  readonly consistency: Consistency;
  /** What the configuration calls the cluster, when it is another than the own. */
  readonly source: string | null;
}

/** The error of a read that was given up. */
export function readError(thrown: unknown, subject: ReadSubject): CqlformError {
  if (thrown instanceof CqlformError) return thrown;
  const { source } = subject;
  const name = `${subject.keyspace}.${subject.table}${source === null ? '' : ` of source ${source}`}`;
  const range = `(${subject.range.start}, ${subject.range.end}]`;
  const fields = { keyspace: subject.keyspace, table: subject.table, range, consistency: subject.consistency };
  const reason = reasonOf(thrown);
  const trouble = troubleOf(thrown);
  if (trouble === 'unavailable') return nodesMissing(thrown, `${name} at ${subject.consistency}`, fields);
  if (trouble === 'refused') {
    return new CqlformError('READ_REFUSED', `reading ${name}, tokens ${range}, was refused: ${reason}`, {
      next: 'Check that the table is as expected and that the role may SELECT from it.',
      fields,
      cause: thrown,
    });
  }
  if (trouble === 'failure') {
    return new CqlformError('READ_FAILED', `reading ${name}, tokens ${range}, failed on a replica: ${reason}`, {
      next: "Look into the replicas' logs; many tombstones in a row are a common reason, which a compaction removes.",
      fields,
      retryable: true,
      cause: thrown,
    });
  }
  if (trouble === 'unreachable' && source !== null) return connectionLost(thrown, source, { ...fields, reason });
  if (trouble === 'unreachable') {
    return new CqlformError('CLUSTER_UNREACHABLE', `no node takes the request to read ${name}: ${reason}`, {
      next: 'Bring the nodes back, then run the command again; `cqlform status` shows which are up.',
      fields,
      retryable: true,
      cause: thrown,
    });
  }
  return new CqlformError(
    'READ_TIMEOUT',
    `reading ${name}, tokens ${range}, at ${subject.consistency} timed out: ${reason}`,
    { next: 'Run the command again when the cluster is less busy.', fields, retryable: true, cause: thrown },
  );
}

function connectionLost(
  thrown: unknown,
  source: string,
  { reason, ...fields }: { readonly reason: string } & Readonly<Record<string, string>>,
): CqlformError {
  return new CqlformError('SOURCE_CONNECTION_LOST', `the connection to source ${source} broke: ${reason}`, {
    next: 'Apply again: it goes on with the pieces that are not finished.',
    fields: { ...fields, connection: source },
    retryable: true,
    cause: thrown,
  });
}

/** `NODES_MISSING`: fewer replicas are alive than the consistency level needs. */
export function nodesMissing(
  thrown: unknown,
  subject: string,
  fields: Readonly<Record<string, string | number>>,
): CqlformError {
  const required = numberIn(thrown, 'required');
  const alive = numberIn(thrown, 'alive');
  return new CqlformError(
    'NODES_MISSING',
    `${subject} needs ${required ?? 'more'} replicas of a token range and ${alive ?? 'fewer'} are alive`,
    {
      next: 'Bring the nodes that are down back up, then run the command again; `nodetool status` names them.',
      fields: { ...fields, ...(required === null ? {} : { required }), ...(alive === null ? {} : { alive }) },
      retryable: true,
      cause: thrown,
    },
  );
}

function numberIn(thrown: unknown, name: string): number | null {
  if (typeof thrown !== 'object' || thrown === null) return null;
  const value: unknown = Reflect.get(thrown, name);
  return typeof value === 'number' ? value : null;
}
