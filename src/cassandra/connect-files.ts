import { readFile } from 'node:fs/promises';
import { CqlformError, reasonOf } from '../kernel/errors.ts';
import type { ConnectOptions, TlsOptions } from './connect.ts';

/** How a cluster is reached, as the configuration names it: secrets are resolved and files are read on the way. */
export interface ConnectPlace {
  /** `host`, `host:port` or `[address]:port`. */
  readonly contactPoints: readonly string[];
  /** The path of Astra DB's zip file, which then says all but the credentials. */
  readonly secureConnectBundle?: string;
  /** Null: that of the first node that answers. */
  readonly localDataCenter: string | null;
  readonly credentials: { readonly username: () => string; readonly password: () => string } | null;
  /** Paths of PEM files. */
  readonly tls: {
    readonly ca: string | null;
    readonly cert: string | null;
    readonly key: string | null;
    readonly verify: boolean;
    /** The name that certificates are checked against; null: the address that is connected to. */
    readonly serverName: string | null;
  } | null;
  readonly ddlTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
}

/** The options with secrets resolved and files read. Throws `TLS_FILE_UNREADABLE`. */
export async function connectOptions(options: ConnectPlace): Promise<ConnectOptions> {
  const { localDataCenter, credentials, tls, ddlTimeoutMs, requestTimeoutMs, secureConnectBundle } = options;
  return {
    contactPoints: options.contactPoints,
    ...(localDataCenter === null ? {} : { localDataCenter }),
    ...(credentials === null
      ? {}
      : { credentials: { username: credentials.username(), password: credentials.password() } }),
    ...(tls === null ? {} : { tls: await tlsOptions(tls) }),
    ...(secureConnectBundle === undefined ? {} : { secureConnectBundle }),
    ...(ddlTimeoutMs === undefined ? {} : { ddlTimeoutMs }),
    ...(requestTimeoutMs === undefined ? {} : { requestTimeoutMs }),
  };
}

async function tlsOptions(tls: NonNullable<ConnectPlace['tls']>): Promise<TlsOptions> {
  const [ca, certificate, key] = await Promise.all([pem(tls.ca), pem(tls.cert), pem(tls.key)]);
  return {
    verify: tls.verify,
    ...(tls.serverName === null ? {} : { serverName: tls.serverName }),
    ...(ca === null ? {} : { ca }),
    ...(certificate === null ? {} : { certificate }),
    ...(key === null ? {} : { key }),
  };
}

async function pem(path: string | null): Promise<string | null> {
  if (path === null) return null;
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    throw new CqlformError('TLS_FILE_UNREADABLE', `The TLS file ${path} cannot be read: ${reasonOf(thrown)}`, {
      next: 'Check the paths under `tls` in the configuration; they are relative to the project folder.',
      fields: { path },
    });
  }
}
