import { setTimeout as wait } from 'node:timers/promises';
import { type Host, policies } from 'cassandra-driver';
import { CqlformError, reasonOf } from '../kernel/errors.ts';
import type { DdlOutcome } from '../ports/cluster.ts';
import { type Connection, defaultDdlTimeoutMs } from './connect.ts';
import { ddlRefused, isRefusal, notSent, wasNotSent } from './execute-errors.ts';
import { createLedgerKeyspace, quoteName, restateLedgerTable } from './ledger-tables.ts';

const barrierTimeouts = 3;
const barrierPauseMs = 200;
const never = new policies.retry.FallthroughRetryPolicy();

/** Sends schema statements, all through one coordinator: only there can a later statement tell that an earlier one is over. */
export interface SchemaSession {
  /** See `Cluster.execute`. */
  execute(statement: string): Promise<DdlOutcome>;
  /** See `Cluster.barrier`. */
  barrier(): Promise<void>;
  /** The node that takes the schema statements; its schema tables are the first to show their effects. */
  coordinator(): Host;
}

/** Whose schema is changed and where that is recorded. */
export interface SchemaScope {
  readonly keyspace: string;
  readonly ledgerKeyspace: string;
}

export function schemaSession(connection: Connection, scope: SchemaScope): SchemaSession {
  const { client } = connection;
  const ddlTimeoutMs = connection.options.ddlTimeoutMs ?? defaultDdlTimeoutMs;
  // By address: the driver may replace the object when it reconnects.
  let pinned: string | undefined;
  let unsettled = false;

  function coordinator(): Host {
    const hosts = client.hosts.values();
    const before = hosts.find((host) => host.address === pinned);
    if (before !== undefined && (before.isUp() || unsettled)) return before;
    const up = client.getState().getConnectedHosts();
    const host = up.find((one) => one.address === connection.address) ?? up[0] ?? hosts[0];
    if (host === undefined) throw notSent(new Error('no node is connected'), connection.address);
    pinned = host.address;
    return host;
  }

  async function send(statement: string): Promise<DdlOutcome> {
    const host = coordinator();
    try {
      const result = await client.execute(statement, [], {
        host,
        isIdempotent: false,
        retry: never,
        readTimeout: ddlTimeoutMs,
      });
      return { kind: 'done', warnings: result.info.warnings ?? [] };
    } catch (thrown) {
      if (isRefusal(thrown)) throw thrown;
      if (wasNotSent(thrown)) throw notSent(thrown, host.address);
      return { kind: 'unknown', reason: reasonOf(thrown) };
    }
  }

  async function execute(statement: string): Promise<DdlOutcome> {
    try {
      const outcome = await send(statement);
      if (outcome.kind === 'unknown') unsettled = true;
      return outcome;
    } catch (thrown) {
      throw isRefusal(thrown) ? ddlRefused(thrown, statement) : thrown;
    }
  }

  async function barrier(): Promise<void> {
    const start = performance.now();
    // A statement that changes nothing may be sent as often as it takes.
    for (;;) {
      const outcome = await barrierOnce();
      if (outcome.kind === 'done') {
        unsettled = false;
        return;
      }
      if (performance.now() - start > barrierTimeouts * ddlTimeoutMs)
        throw noBarrier(coordinator().address, [outcome.reason]);
      await wait(barrierPauseMs);
    }
  }

  async function barrierOnce(): Promise<DdlOutcome> {
    const reasons: string[] = [];
    for (const statement of barrierStatements(scope)) {
      try {
        return await send(statement);
      } catch (thrown) {
        if (thrown instanceof CqlformError && thrown.code === 'CLUSTER_UNREACHABLE') {
          return { kind: 'unknown', reason: thrown.message };
        }
        // Refused for want of a right or of the table: another statement may do.
        if (!isRefusal(thrown)) throw thrown;
        reasons.push(thrown.message);
      }
    }
    throw noBarrier(coordinator().address, reasons);
  }

  return { execute, barrier, coordinator };
}

/** Schema statements that change nothing, by the right that each needs: ALTER on the ledger, DROP on the keyspace, CREATE on all keyspaces. */
function barrierStatements(scope: SchemaScope): readonly string[] {
  return [
    restateLedgerTable(scope.ledgerKeyspace),
    `DROP TYPE IF EXISTS ${quoteName(scope.keyspace)}.cqlform_barrier_names_no_type`,
    // A keyspace that every server has; IF NOT EXISTS makes its replication irrelevant.
    createLedgerKeyspace('system_auth', {}),
  ];
}

function noBarrier(address: string, reasons: readonly string[]): CqlformError {
  return new CqlformError(
    'BARRIER_FAILED',
    `It cannot be told whether a schema statement that was sent to ${address} has ended: ${reasons.join('; ')}.`,
    {
      next: `Wait until ${address} answers again and run the same command again; the step is then probed, not repeated.`,
      fields: { reasons },
      retryable: true,
    },
  );
}
