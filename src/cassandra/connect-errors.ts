import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { errors } from 'cassandra-driver';
import { CqlformError, reasonOf } from '../kernel/errors.ts';
import { own } from '../kernel/own.ts';
import { type ConnectOptions, portOf } from './connect.ts';
import { speaksTls } from './tls-probe.ts';

/** What a failed connection attempt tells the user: each address with its reason, and no secret. */
export async function connectError(thrown: unknown, options: ConnectOptions): Promise<CqlformError> {
  if (thrown instanceof CqlformError) return thrown;
  const { secureConnectBundle } = options;
  if (secureConnectBundle !== undefined && !isOfNodes(thrown)) return bundleInvalid(secureConnectBundle, thrown);
  const attempts = [...attemptsOf(thrown, options), ...(await unresolved(options))];
  const refused = attempts.filter((attempt) => attempt.error instanceof errors.AuthenticationError);
  if (refused.length > 0) return authenticationFailed(refused, options);
  return unreachable(options.tls === undefined ? await Promise.all(attempts.map(wantingTls)) : attempts);
}

/** Nobody listens, or there is no way there: no port to ask. */
const unasked: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** A port that speaks TLS closes the connection on who does not, or says nothing: only asking it in TLS tells. */
async function wantingTls(attempt: Attempt): Promise<Attempt> {
  const { address, error } = attempt;
  if (unasked.has(codeOf(error))) return attempt;
  const wants = await speaksTls({ host: hostOf(address), port: portOf(address) });
  return wants ? { address, error: new Error('this port speaks TLS; set `tls` in the configuration') } : attempt;
}

/** What the driver throws before it has asked anybody is about the bundle. */
function isOfNodes(thrown: unknown): boolean {
  return thrown instanceof errors.NoHostAvailableError || thrown instanceof errors.AuthenticationError;
}

function bundleInvalid(path: string, thrown: unknown): CqlformError {
  const missing = thrown instanceof Error && Reflect.get(thrown, 'code') === 'ENOENT';
  const reason = missing ? 'there is no such file' : reasonOf(thrown).replace(/\.$/, '');
  return new CqlformError('SECURE_BUNDLE_INVALID', `the secure connect bundle ${path} cannot be used: ${reason}`, {
    next: 'Download it anew from the Astra console, as one zip file for the database and region, and correct its path.',
    fields: { path },
    cause: thrown,
  });
}

interface Attempt {
  readonly address: string;
  readonly error: unknown;
}

function attemptsOf(thrown: unknown, options: ConnectOptions): readonly Attempt[] {
  if (!(thrown instanceof errors.NoHostAvailableError)) {
    return options.contactPoints.map((address) => ({ address, error: thrown }));
  }
  const inner: unknown = thrown.innerErrors;
  const tried = inner !== null && typeof inner === 'object' ? Object.entries(inner) : [];
  return tried.map(([address, error]) => ({ address, error }));
}

/** Contact points that have no address; the driver passes over them without a word. */
async function unresolved(options: ConnectOptions): Promise<readonly Attempt[]> {
  const names = options.contactPoints.filter((point) => isIP(hostOf(point)) === 0);
  const found = await Promise.allSettled(names.map((point) => lookup(hostOf(point))));
  return found.flatMap((answer, index) =>
    answer.status === 'rejected' ? [{ address: names[index] ?? '', error: answer.reason }] : [],
  );
}

function hostOf(contactPoint: string): string {
  return contactPoint.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}

function authenticationFailed(refused: readonly Attempt[], options: ConnectOptions): CqlformError {
  const addresses = refused.map((attempt) => attempt.address).join(', ');
  const user = options.credentials?.username;
  return user === undefined
    ? new CqlformError('AUTHENTICATION_FAILED', `${addresses} wants a user name and a password, and none is given.`, {
        next: "Set the environment's credentials in the configuration, e.g. credentials: { username: env('CASSANDRA_USER'), password: env('CASSANDRA_PASSWORD') }.",
        fields: { addresses: refused.map((attempt) => attempt.address) },
      })
    : new CqlformError('AUTHENTICATION_FAILED', `${addresses} refuses user ${user} with the password given.`, {
        next: 'Check the user name and the password, and that the role has LOGIN = true.',
        fields: { addresses: refused.map((attempt) => attempt.address), user },
      });
}

function unreachable(attempts: readonly Attempt[]): CqlformError {
  const lines = attempts.map((attempt) => `${attempt.address}: ${reasonFor(attempt.error)}`);
  return new CqlformError('CLUSTER_UNREACHABLE', `No node can be reached. ${lines.join('; ')}.`, {
    next: 'Check contactPoints in the configuration and that the cluster is up; `cqlform dev up` starts a local one.',
    fields: { attempts: lines },
    retryable: true,
    cause: attempts[0]?.error,
  });
}

const plainPort = 'this port does not speak TLS; take `tls` out of the configuration, or name the port that does';

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused, nothing listens there',
  ECONNRESET: 'connection reset; the node may want TLS',
  ETIMEDOUT: 'no answer in time',
  EHOSTUNREACH: 'no route to it',
  ENETUNREACH: 'no route to its network',
  ENOTFOUND: 'its name does not resolve',
  EAI_AGAIN: 'its name cannot be resolved now',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed; give the authority as tls.ca',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate chain is self-signed; give the authority as tls.ca',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate cannot be verified; give the authority as tls.ca',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate cannot be verified; give the authority as tls.ca',
  ERR_SSL_WRONG_VERSION_NUMBER: plainPort,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: plainPort,
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'it speaks no version of TLS that is safe to use',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name; set tls.serverName',
};

function codeOf(error: unknown): unknown {
  return error instanceof Error ? Reflect.get(error, 'code') : undefined;
}

/** Why a node could not be reached, in words. */
export function reasonFor(error: unknown): string {
  const code = codeOf(error);
  const known = typeof code === 'string' ? own(reasons, code) : undefined;
  if (known !== undefined) return known;
  if (error instanceof errors.OperationTimedOutError) return 'no answer in time';
  return reasonOf(error).replace(/\.$/, '');
}
