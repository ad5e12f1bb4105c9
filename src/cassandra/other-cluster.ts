import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { own } from '../kernel/own.ts';
import type { ClusterSource } from '../model/data.ts';
import type { LiveKeyspace } from '../model/live.ts';
import { differenceInWords } from '../planner/matches.ts';
import type { Cluster, Rows } from '../ports/cluster.ts';
import type { OpenedTable, OpenTable, OtherCluster } from '../ports/cluster-source.ts';
import type { ClusterAddress, SourceAddress } from '../ports/source.ts';
import { createCluster } from './cluster.ts';
import { connect } from './connect.ts';
import { connectOptions } from './connect-files.ts';
import { schemaSession } from './execute.ts';
import { asConfigured } from './other-cluster-errors.ts';
import { declaredDifference, readableTable } from './readable-table.ts';
import { createRows } from './rows.ts';

type Addresses = Readonly<Record<string, SourceAddress>>;

interface Connected {
  readonly cluster: Cluster;
  readonly rows: Rows;
}

/** Opens tables of other clusters; those of one connection that are open at a time share it. */
export function createOpenTable(addresses: Addresses): OpenTable {
  const shared = new Map<string, { readonly connected: Promise<Connected>; users: number }>();

  const leave = async (name: string): Promise<void> => {
    const one = shared.get(name);
    if (one === undefined) return;
    one.users -= 1;
    if (one.users > 0) return;
    shared.delete(name);
    await (await one.connected).cluster.close();
  };
  const enter = async (name: string, address: ClusterAddress): Promise<Connected> => {
    const one = shared.get(name) ?? { connected: connected(name, address), users: 0 };
    shared.set(name, one);
    one.users += 1;
    try {
      return await one.connected;
    } catch (thrown) {
      shared.delete(name);
      throw thrown;
    }
  };

  return async (source) => {
    const address = addressOf(source, addresses);
    const { cluster, rows } = await enter(source.connection, address);
    try {
      return await opened(source, { cluster, rows, address, close: () => leave(source.connection) });
    } catch (thrown) {
      await leave(source.connection);
      throw thrown;
    }
  };
}

/** Throws `SOURCE_CONNECTION_UNKNOWN` and `SOURCE_ADDRESS_INVALID`. */
function addressOf({ connection }: ClusterSource, addresses: Addresses): ClusterAddress {
  const address = own(addresses, connection);
  if (address?.kind === 'cluster') return address;
  const fields = { connection };
  if (address !== undefined) {
    throw new CqlformError('SOURCE_ADDRESS_INVALID', `source ${connection} is not the address of a cluster`, {
      next: 'Give it `contactPoints` or a `secureConnectBundle` in the configuration, or name another connection.',
      fields,
      exitCode: exitCodes.usage,
    });
  }
  const known = Object.entries(addresses).flatMap(([name, { kind }]) => (kind === 'cluster' ? [name] : []));
  throw new CqlformError('SOURCE_CONNECTION_UNKNOWN', `the configuration has no source ${connection}`, {
    next: `Add it under \`sources\`${known.length === 0 ? '' : `, or use one of: ${known.join(', ')}`}. docs/configuration.md says how.`,
    fields,
    exitCode: exitCodes.usage,
  });
}

async function connected(name: string, { at, credentials, keyspace }: ClusterAddress): Promise<Connected> {
  try {
    const place =
      at.kind === 'bundle'
        ? { contactPoints: [], secureConnectBundle: at.path, localDataCenter: null, tls: null }
        : { contactPoints: at.contactPoints(), localDataCenter: at.localDataCenter, tls: at.tls };
    const connection = await connect(await connectOptions({ ...place, credentials }));
    const session = schemaSession(connection, { keyspace, ledgerKeyspace: keyspace });
    return { cluster: createCluster(connection, session), rows: createRows(connection, { source: name }) };
  } catch (thrown) {
    throw asConfigured(thrown, name);
  }
}

/**
 * A cluster of which nothing is declared. Throws `SOURCE_UNREACHABLE` and the like; `keyspace` null: the one that its
 * address names.
 */
export async function openOtherCluster(
  connection: string,
  address: ClusterAddress,
  keyspace: string | null,
): Promise<OtherCluster> {
  const { cluster, rows } = await connected(connection, address);
  const name = keyspace ?? address.keyspace;
  const { consistency } = address;
  return {
    rows,
    keyspace: name,
    consistency,
    describe: () => described({ connection }, { cluster, keyspace: name }),
    open: async (table) => {
      const live = await described({ connection }, { cluster, keyspace: name });
      const { types } = live.schema;
      return {
        rows,
        keyspace: name,
        types,
        consistency,
        ...readableTable({ connection, table: { name: table } }, live),
      };
    },
    estimate: (tables) => cluster.estimate(name, tables),
    close: () => cluster.close(),
  };
}

interface Opening extends Connected {
  readonly address: ClusterAddress;
  readonly close: () => Promise<void>;
}

async function opened(source: ClusterSource, { cluster, rows, address, close }: Opening): Promise<OpenedTable> {
  const keyspace = source.keyspace ?? address.keyspace;
  const live = await described(source, { cluster, keyspace });
  const { table, identity } = readableTable(source, live);
  assertAsDeclared(source, { table, live });
  return {
    rows,
    keyspace,
    table,
    types: live.schema.types,
    consistency: address.consistency,
    identity,
    facts: async () => {
      const estimates = await cluster.estimate(keyspace, [table.name]);
      const estimate = own(estimates, table.name) ?? { rows: null, bytes: null };
      return { ...estimate, cluster: live.cluster, version: live.version.text };
    },
    close,
  };
}

async function described(
  { connection }: Pick<ClusterSource, 'connection'>,
  { cluster, keyspace }: { readonly cluster: Cluster; readonly keyspace: string },
): Promise<LiveKeyspace> {
  try {
    return await cluster.describe(keyspace);
  } catch (thrown) {
    throw asConfigured(thrown, connection);
  }
}

/** Throws `SOURCE_COLUMNS`. */
function assertAsDeclared(
  source: ClusterSource,
  { table, live }: { readonly table: OpenedTable['table']; readonly live: LiveKeyspace },
): void {
  const types = Object.values(source.types).flatMap((type) => {
    const there = own(live.schema.types, type.name);
    const difference = there === undefined ? 'it is not there' : differenceInWords(type, there);
    return difference === null ? [] : [`type ${type.name}: ${difference}`];
  });
  const [difference = null] = [declaredDifference(source.table, table), ...types].filter((one) => one !== null);
  if (difference === null) return;
  const name = `${live.name}.${table.name}`;
  throw new CqlformError('SOURCE_COLUMNS', `${name} of source ${source.connection} is not as declared: ${difference}`, {
    next: 'Declare the columns that are read as they are there, and the whole key.',
    fields: { connection: source.connection, table: name },
    exitCode: exitCodes.usage,
  });
}
