import type { Client } from 'cassandra-driver';

/** What goes on at a table while it is migrated. All statements are sent as text, as programs that prepare nothing do. */
export interface Traffic {
  /** By id, the name that was acknowledged: of rows that are written once. */
  readonly acknowledged: ReadonlyMap<number, string>;
  /** The newest count of the hot row that was acknowledged, and the newest that was sent. */
  readonly hot: { readonly acknowledged: number; readonly sent: number };
  readonly reads: number;
  /** What a reader was told that no reader may be told. */
  readonly failures: readonly string[];
  /** While it is set, a lost connection is nobody's fault. */
  outage: boolean;
  stop(): Promise<void>;
}

const idempotent = { isIdempotent: true, readTimeout: 20_000 } as const;

/** Two writers, each writing the dropped column too while it is there, and a reader of everything. */
export function startTraffic(client: Client, table: string): Traffic {
  const state = {
    acknowledged: new Map<number, string>(),
    hot: { acknowledged: 0, sent: 0 },
    reads: 0,
    failures: [] as string[],
    outage: false,
  };
  let going = true;
  const write = async (withColumn: string, without: string): Promise<boolean> => {
    try {
      await client.execute(withColumn, [], idempotent).catch((error: unknown) => {
        if (!isUndefinedColumn(error)) throw error;
        return client.execute(without, [], idempotent);
      });
      return true;
    } catch (error) {
      if (!state.outage && !isOutage(error)) state.failures.push(`write: ${String(error)}`);
      return false;
    }
  };
  const inserting = async (): Promise<void> => {
    for (let id = 1_000_000; going; id += 1) {
      const name = `n${id}`;
      const done = await write(
        `INSERT INTO ${table} (id, at, name, tags, nickname) VALUES (${id}, 1, '${name}', {'t'}, 'nick')`,
        `INSERT INTO ${table} (id, at, name, tags) VALUES (${id}, 1, '${name}', {'t'})`,
      );
      if (done) state.acknowledged.set(id, name);
      await breathe();
    }
  };
  const updating = async (): Promise<void> => {
    for (let count = 1; going; count += 1) {
      state.hot.sent = count;
      const done = await write(
        `UPDATE ${table} SET count = ${count}, motto = 'm${count}', nickname = 'hot${count}' WHERE id = 0 AND at = 0`,
        `UPDATE ${table} SET count = ${count}, motto = 'm${count}' WHERE id = 0 AND at = 0`,
      );
      if (done) state.hot.acknowledged = count;
      await breathe();
    }
  };
  const reading = async (): Promise<void> => {
    while (going) {
      try {
        await client.execute(`SELECT * FROM ${table}`, [], { ...idempotent, fetchSize: 20_000 });
        state.reads += 1;
      } catch (error) {
        if (!state.outage && !isOutage(error)) state.failures.push(`read: ${String(error)}`);
      }
      await breathe();
    }
  };
  const all = Promise.all([inserting(), updating(), reading()]);
  return {
    ...state,
    get reads() {
      return state.reads;
    },
    get outage() {
      return state.outage;
    },
    set outage(value) {
      state.outage = value;
    },
    stop: async () => {
      going = false;
      await all;
    },
  };
}

/** The column is not there at the moment. */
function isUndefinedColumn(error: unknown): boolean {
  return error instanceof Error && /Undefined column name|Unknown identifier/i.test(error.message);
}

/** No node could be asked: the driver's words, not the server's. */
function isOutage(error: unknown): boolean {
  return error instanceof Error && ['NoHostAvailableError', 'OperationTimedOutError'].includes(error.name);
}

function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}
