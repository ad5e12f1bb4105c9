import { policies, type types } from 'cassandra-driver';
import { CqlformError, reasonOf } from '../kernel/errors.ts';
import { agree } from './agreement.ts';
import type { Connection } from './connect.ts';
import { schemaSession } from './execute.ts';
import { createLedgerTable, ledgerTableId, quoteName, storeTables } from './ledger-tables.ts';
import { driverConsistency, pause } from './scan.ts';
import { nodesMissing, troubleOf } from './scan-errors.ts';

const agreementMs = 60_000;
const mostAttempts = 6;

/** Statements of one store, at QUORUM, repeated after time-outs: every one of them may be sent twice. */
export class StoreTables {
  readonly #connection: Connection;
  readonly #keyspace: string;
  #ready: Promise<void> | null = null;
  #seen = false;

  constructor(connection: Connection, keyspace: string) {
    this.#connection = connection;
    this.#keyspace = keyspace;
  }

  get prefix(): string {
    return quoteName(this.#keyspace);
  }

  /** True when the tables are there, so that there can be objects. */
  async exist(): Promise<boolean> {
    if (this.#seen) return true;
    const text = 'SELECT table_name FROM system_schema.tables WHERE keyspace_name = ? AND table_name IN ?';
    const names = storeTables.map((table) => table.name);
    const result = await this.execute(text, [this.#keyspace, names]);
    this.#seen = result.rows.length === names.length;
    return this.#seen;
  }

  /** Makes the tables where they are missing. Their ids are fixed, so that two runners at once make the same. */
  async make(): Promise<void> {
    this.#ready ??= this.#make().catch((thrown: unknown) => {
      this.#ready = null;
      throw thrown;
    });
    await this.#ready;
  }

  async execute(text: string, values: readonly unknown[], more: { pageState?: string } = {}): Promise<types.ResultSet> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#connection.client.execute(text, [...values], {
          prepare: true,
          consistency: driverConsistency('QUORUM'),
          isIdempotent: true,
          retry: new policies.retry.FallthroughRetryPolicy(),
          autoPage: false,
          ...more,
        });
      } catch (thrown) {
        const trouble = troubleOf(thrown);
        if (trouble === 'refused' || attempt >= mostAttempts) throw this.#error(thrown);
        await pause(100 * 2 ** attempt * (0.5 + Math.random() / 2));
      }
    }
  }

  async #make(): Promise<void> {
    if (await this.exist()) return;
    const session = schemaSession(this.#connection, { keyspace: this.#keyspace, ledgerKeyspace: this.#keyspace });
    for (const table of storeTables) {
      try {
        await session.execute(createLedgerTable(this.#keyspace, table, ledgerTableId(this.#keyspace, table.name)));
      } catch (thrown) {
        // some services refuse ids; whatever else is wrong is wrong without one, too
        if (!(thrown instanceof CqlformError) || thrown.code !== 'DDL_REFUSED') throw thrown;
        await session.execute(createLedgerTable(this.#keyspace, table, null));
      }
    }
    await agree(this.#connection, session, agreementMs);
  }

  #error(thrown: unknown): CqlformError {
    const store = `cluster:${this.#keyspace}`;
    if (troubleOf(thrown) === 'unavailable') return nodesMissing(thrown, `the store ${store} at QUORUM`, { store });
    return new CqlformError('STORE_UNREACHABLE', `the store ${store} does not answer: ${reasonOf(thrown)}`, {
      next: 'Check that the cluster is up and that the role may SELECT and MODIFY the ledger keyspace, then run the command again.',
      fields: { store },
      retryable: true,
      cause: thrown,
    });
  }
}
