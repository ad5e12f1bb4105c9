import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { nearNames } from '../kernel/near.ts';
import { own } from '../kernel/own.ts';
import type { SourceAddress } from '../ports/source.ts';
import { clusterAddressOf } from './cluster-addresses.ts';
import type { Project } from './project.ts';

export type DatabaseSystem = 'mysql' | 'postgres' | 'sqlite' | 'mongo' | 'cassandra';

/** Where rows are, as somebody said on the command line. */
export type NamedSource =
  | { readonly kind: 'standard-input' }
  /** A path or a glob, relative to the working folder. */
  | { readonly kind: 'files'; readonly place: string }
  | {
      readonly kind: 'database';
      readonly system: DatabaseSystem;
      /** Of the configuration; else a name for people that tells no secret. */
      readonly connection: string;
      readonly address: SourceAddress;
      /** Null: none was said. */
      readonly table: string | null;
      /** Whether migrations can name it. */
      readonly configured: boolean;
    };

export interface SaidSource {
  /** `-`, a path, `shop`, `shop/orders`, `env:SHOP_URL`, or an address without a password. */
  readonly text: string;
  /** Null: by the address. */
  readonly system: DatabaseSystem | null;
}

const schemes: Readonly<Record<string, DatabaseSystem>> = {
  mysql: 'mysql',
  mariadb: 'mysql',
  postgres: 'postgres',
  postgresql: 'postgres',
  mongodb: 'mongo',
  'mongodb+srv': 'mongo',
  sqlite: 'sqlite',
  cassandra: 'cassandra',
};
const usualPorts: Readonly<Record<number, DatabaseSystem>> = { 3306: 'mysql', 5432: 'postgres', 27017: 'mongo' };

/**
 * What a text means: standard input, a connection of the configuration, an address in an environment variable or on the
 * command line, and else files. Throws `SECRET_ON_COMMAND_LINE`, `ENV_MISSING` and `SOURCE_ADDRESS_INVALID`.
 */
export function namedSource({ sources }: Pick<Project, 'sources'>, { text, system }: SaidSource): NamedSource {
  if (text === '-') return { kind: 'standard-input' };
  const [, variable, behind = null] = /^env:(\w+)(?:\/(.+))?$/.exec(text) ?? [];
  if (variable !== undefined) {
    const connection = `env:${variable}`;
    return { ...addressed(connection, fromEnvironment(variable)), table: behind, configured: false };
  }
  if (schemeOf(text) !== null) {
    assertNoSecret(text);
    return { ...addressed(shownAddress(text), text), table: null, configured: false };
  }
  const [connection = '', ...rest] = text.split('/');
  const address = own(sources, connection);
  if (address === undefined || existsSync(text)) return { kind: 'files', place: text };
  const table = rest.length === 0 ? null : rest.join('/');
  return {
    kind: 'database',
    system: system ?? systemOf(connection, address),
    connection,
    address,
    table,
    configured: true,
  };
}

/** A table of a cluster: `movies`, `archive.movies`. */
export function tableNamed(text: string): { readonly keyspace: string | null; readonly name: string } {
  const dot = text.indexOf('.');
  return dot < 1 ? { keyspace: null, name: text } : { keyspace: text.slice(0, dot), name: text.slice(dot + 1) };
}

/** What somebody may have meant who named neither a file nor a connection. */
export function knownConnections({ sources }: Pick<Project, 'sources'>, text: string): string {
  const connections = Object.keys(sources);
  if (connections.length === 0) return 'it has none';
  const near = nearNames(text.split('/')[0] ?? text, connections);
  return `it has ${near.length > 0 ? near.join(', ') : connections.join(', ')}`;
}

type Addressed = Omit<Extract<NamedSource, { kind: 'database' }>, 'table' | 'configured'>;

function addressed(connection: string, url: string): Addressed {
  const system = own(schemes, schemeOf(url) ?? '');
  if (system === undefined) {
    throw new CqlformError('SOURCE_ADDRESS_INVALID', `the address of source ${connection} is of no known kind`, {
      next: `It begins with ${Object.keys(schemes).join('://, ').replace('sqlite://', 'sqlite:')}://.`,
      fields: { connection },
      exitCode: exitCodes.usage,
    });
  }
  const found = { kind: 'database', system, connection } as const;
  if (system === 'sqlite') return { ...found, address: { kind: 'file', path: resolve(url.replace(/^sqlite:/, '')) } };
  if (system === 'cassandra') return { ...found, address: clusterOf(connection, url) };
  return { ...found, address: { kind: 'url', url: () => url, password: null, tls: null } };
}

/** `cassandra://user:password@host:9042,host/keyspace`. */
function clusterOf(connection: string, url: string): SourceAddress {
  const [, login, hosts = '', keyspace = ''] = /^cassandra:\/\/(?:([^/@]*)@)?([^/@]+)\/(\w{1,48})$/.exec(url) ?? [];
  if (keyspace === '') {
    throw new CqlformError(
      'SOURCE_ADDRESS_INVALID',
      `the address of source ${connection} is none of the form cassandra://user@host:port,host/keyspace`,
      {
        next: 'Correct it; a secure bundle, TLS or a consistency level is said in the configuration under `sources`.',
        fields: { connection },
        exitCode: exitCodes.usage,
      },
    );
  }
  const [username = '', password = ''] = (login ?? '').split(/:(.*)/s).map((part) => decoded(connection, part));
  const setting = { contactPoints: hosts.split(','), keyspace };
  const address = clusterAddressOf(setting, {
    secretOf: (value) => () => String(value),
    tlsOf: () => null,
    path: (one) => one,
  });
  const credentials = login === undefined ? null : { username: () => username, password: () => password };
  return { ...address, credentials };
}

function decoded(connection: string, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new CqlformError(
      'SOURCE_ADDRESS_INVALID',
      `the address of source ${connection} has a % that begins no character`,
      {
        next: 'Write a % itself as %25.',
        fields: { connection },
        exitCode: exitCodes.usage,
      },
    );
  }
}

/** What kind of database a connection of the configuration is; throws `ASSESS_SYSTEM_UNKNOWN`. */
function systemOf(connection: string, address: SourceAddress): DatabaseSystem {
  if (address.kind === 'cluster') return 'cassandra';
  if (address.kind === 'file') return 'sqlite';
  const system = address.kind === 'host' ? usualPorts[address.port ?? 0] : own(schemes, schemeOf(address.url()) ?? '');
  if (system !== undefined) return system;
  throw new CqlformError('ASSESS_SYSTEM_UNKNOWN', `what kind of database source ${connection} is cannot be told`, {
    next: 'Say --system mysql, postgres or mongo.',
    fields: { connection },
    exitCode: exitCodes.usage,
  });
}

/** Null: it is no address of a database. */
function schemeOf(text: string): string | null {
  const scheme = /^([a-z+]+):/.exec(text)?.[1];
  if (scheme === undefined || !Object.hasOwn(schemes, scheme)) return null;
  return scheme === 'sqlite' || text.startsWith('://', scheme.length) ? scheme : null;
}

/** Without user, and without what stands behind the database. */
function shownAddress(url: string): string {
  return url.replace(/\/\/.*@/s, '//').replace(/[?#].*$/s, '');
}

/** The list of processes and the shell's history keep what stands on a command line. */
function assertNoSecret(url: string): void {
  // a password may hold signs that end other parts of an address
  const inLogin = /^[^/]*\/\/[^@]*:.*@/s.test(url);
  if (!inLogin && !/[?&;](?:password|passwd|pwd|token|secret)=/i.test(url)) return;
  throw new CqlformError('SECRET_ON_COMMAND_LINE', `the address ${shownAddress(url)} has a password in it`, {
    next: "Put the whole address into an environment variable and name that: `env:SHOP_URL`; or give it a name under `sources` in the configuration: `shop: { url: env('SHOP_URL') }`.",
    exitCode: exitCodes.usage,
  });
}

function fromEnvironment(variable: string): string {
  const found = process.env[variable];
  if (found !== undefined && found !== '') return found;
  throw new CqlformError('ENV_MISSING', `the environment variable ${variable} is not set`, {
    next: `Set ${variable} to the address of the source, e.g. postgres://reader:…@host/shop.`,
    exitCode: exitCodes.usage,
  });
}
