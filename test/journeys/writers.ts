import type { Client } from 'cassandra-driver';

/** What a row is, of which one of each kind is written in turn. */
export const rowKinds = ['plain', 'expiring', 'key-only', 'static-only'] as const;
export type RowKind = (typeof rowKinds)[number];

/** What goes on at a table while it is migrated. All statements are sent as text, as programs that prepare nothing do. */
export interface Traffic {
  /** By id, the kind of each row that is written once, in the order of their acknowledgement. */
  readonly acknowledged: ReadonlyMap<number, RowKind>;
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
const lifetime = 86_400;

/** The values of row `id`, in the columns that are dropped and in those that are not. */
export const valuesOf = (id: number) =>
  ({
    dropped: { nickname: `nick${id}`, notes: ['a', `b${id}`, 'a'] },
    kept: { name: `n${id}`, log: [`l${id}`, 'x', 'x'] },
    motto: `m${id}`,
  }) as const;

interface Statement {
  readonly withColumns: string;
  readonly without: string;
}

/** A row of its kind; those that only have a key or a static column do not name the dropped columns anyway. */
function insertOf(table: string, id: number, kind: RowKind): Statement {
  const { dropped, kept, motto } = valuesOf(id);
  const same = (cql: string): Statement => ({ withColumns: cql, without: cql });
  if (kind === 'key-only') return same(`INSERT INTO ${table} (id, at) VALUES (${id}, 1)`);
  if (kind === 'static-only') return same(`INSERT INTO ${table} (id, motto) VALUES (${id}, '${motto}')`);
  const ttl = kind === 'expiring' ? ` USING TTL ${lifetime}` : '';
  const rest = `'${kept.name}', {'t'}, ${listText(kept.log)}`;
  return {
    withColumns: `INSERT INTO ${table} (id, at, nickname, notes, name, tags, log) VALUES (${id}, 1, '${dropped.nickname}', ${listText(dropped.notes)}, ${rest})${ttl}`,
    without: `INSERT INTO ${table} (id, at, name, tags, log) VALUES (${id}, 1, ${rest})${ttl}`,
  };
}

function listText(values: readonly string[]): string {
  return `[${values.map((value) => `'${value}'`).join(', ')}]`;
}

/** Two writers, each writing the dropped columns too while they are there, and a reader of everything. */
export function startTraffic(client: Client, table: string): Traffic {
  const state = {
    acknowledged: new Map<number, RowKind>(),
    hot: { acknowledged: 0, sent: 0 },
    reads: 0,
    failures: [] as string[],
    outage: false,
  };
  let going = true;
  const write = async ({ withColumns, without }: Statement): Promise<boolean> => {
    // A list that is written twice is there twice, so nothing is sent again of itself.
    const options = { ...idempotent, isIdempotent: false };
    try {
      await client.execute(withColumns, [], options).catch((error: unknown) => {
        if (!isUndefinedColumn(error)) throw error;
        return client.execute(without, [], options);
      });
      return true;
    } catch (error) {
      if (!state.outage && !isOutage(error)) state.failures.push(`write: ${String(error)}`);
      return false;
    }
  };
  const inserting = async (): Promise<void> => {
    for (let id = 1_000_000; going; id += 1) {
      const kind = rowKinds[id % rowKinds.length] ?? 'plain';
      if (await write(insertOf(table, id, kind))) state.acknowledged.set(id, kind);
      await breathe();
    }
  };
  const updating = async (): Promise<void> => {
    for (let count = 1; going; count += 1) {
      state.hot.sent = count;
      const set = `UPDATE ${table} SET count = ${count}, motto = 'm${count}'`;
      const row = 'WHERE id = 0 AND at = 0';
      const done = await write({
        withColumns: `${set}, nickname = 'hot${count}', notes = ['hot', '${count}'] ${row}`,
        without: `${set} ${row}`,
      });
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
