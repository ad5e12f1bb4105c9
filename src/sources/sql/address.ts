import { readFile } from 'node:fs/promises';
import { CqlformError, exitCodes } from '../../kernel/errors.ts';
import { own } from '../../kernel/own.ts';
import type { ForeignSource } from '../../model/data.ts';
import type { SourceAddress, TlsFiles } from '../../ports/source.ts';

/** By connection name, what the configuration says. */
export type Addresses = Readonly<Record<string, SourceAddress>>;

/** A server and how to log in there, its secrets resolved. Never printed. */
export interface ServerLogin {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string | null;
  readonly password: string | null;
  readonly tls: TlsOptions | null;
}
export interface TlsOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly rejectUnauthorized: boolean;
  readonly servername?: string;
}

/** The address of a declared source; throws `SOURCE_CONNECTION_UNKNOWN`. */
export function addressOf(declared: ForeignSource, addresses: Addresses): SourceAddress {
  const name = declared.connection ?? '';
  const address = own(addresses, name);
  if (address !== undefined) return address;
  const known = Object.keys(addresses);
  throw new CqlformError('SOURCE_CONNECTION_UNKNOWN', `the configuration has no source ${name} (${declared.place})`, {
    next: `Add it under \`sources\`${known.length === 0 ? '' : `, or use one of: ${known.join(', ')}`}. docs/configuration.md says how.`,
    fields: { connection: name },
    exitCode: exitCodes.usage,
  });
}

/** Throws `SOURCE_ADDRESS_INVALID`; the address itself is never part of a message. */
export async function loginOf(
  name: string,
  address: SourceAddress,
  system: { readonly schemes: readonly string[]; readonly port: number },
): Promise<ServerLogin> {
  if (address.kind === 'file') throw invalidAddress(name, 'is a file, and a server is needed');
  if (address.kind === 'cluster') throw invalidAddress(name, 'is that of a cluster of Cassandra');
  const tls = address.tls === null ? null : await tlsOf(address.tls);
  const password = address.password?.() ?? null;
  if (address.kind === 'host') {
    const { port, database, user } = address;
    return { host: address.host(), port: port ?? system.port, database, user: user?.() ?? null, password, tls };
  }
  const url = URL.parse(address.url());
  const scheme = url?.protocol.slice(0, -1) ?? '';
  if (url === null || !system.schemes.includes(scheme)) {
    throw invalidAddress(name, `is no address of the form ${system.schemes[0]}://user@host:port/database`);
  }
  if (url.search !== '' || url.hash !== '') {
    throw invalidAddress(name, 'has settings behind a ? or #: encryption is said by `tls` beside it');
  }
  const database = decoded(name, url.pathname.slice(1));
  if (database === '' || url.hostname === '') throw invalidAddress(name, 'names no host or no database');
  const orNull = (text: string): string | null => (text === '' ? null : decoded(name, text));
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? system.port : Number(url.port),
    database,
    user: orNull(url.username),
    password: password ?? orNull(url.password),
    tls,
  };
}

function decoded(name: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalidAddress(name, 'has a % that begins no character');
  }
}

/** What is wrong with an address, without the address. */
export function invalidAddress(name: string, what: string): CqlformError {
  return new CqlformError('SOURCE_ADDRESS_INVALID', `the address of source ${name} ${what}`, {
    next: 'Correct it under `sources` in the configuration, or in the environment variable that it names.',
    fields: { connection: name },
    exitCode: exitCodes.usage,
  });
}

/** The files of an encrypted connection, read. */
export async function tlsOf({ ca, cert, key, verify, serverName }: TlsFiles): Promise<TlsOptions> {
  const text = async (path: string | null): Promise<string | undefined> =>
    path === null ? undefined : await readFile(path, 'utf8');
  const read = { ca: await text(ca), cert: await text(cert), key: await text(key) };
  const given = Object.fromEntries(Object.entries(read).filter(([, one]) => one !== undefined));
  return { ...given, ...(serverName === null ? {} : { servername: serverName }), rejectUnauthorized: verify };
}
