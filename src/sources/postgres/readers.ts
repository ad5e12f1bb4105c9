import { CqlformError } from '../../kernel/errors.ts';
import type { ServerLogin } from '../sql/address.ts';
import { Lending } from '../sql/lending.ts';
import { isLost, viewLost } from '../sql/piece-reader.ts';
import type { SqlReaders, SqlSession } from '../sql/source.ts';
import { PostgresSession } from './connection.ts';

/** As many as the copy reads pieces at once. */
const parallel = 4;
const begin = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

/**
 * Connections that share one exported snapshot; where it cannot be exported, one connection that reads all. For one that
 * breaks, another is opened on the snapshot, as long as there is one left that has it.
 */
export class PostgresReaders extends Lending<SqlSession<string>> implements SqlReaders<string> {
  readonly #all: Set<PostgresSession>;
  readonly #open: () => Promise<PostgresSession>;
  readonly #name: string;

  private constructor(name: string, sessions: readonly PostgresSession[], open: () => Promise<PostgresSession>) {
    super(sessions);
    this.#name = name;
    this.#all = new Set(sessions);
    this.#open = open;
  }

  static async open(name: string, login: ServerLogin): Promise<PostgresReaders> {
    const first = await PostgresSession.open(name, login);
    const sessions = [first];
    try {
      await first.rows(begin);
      const snapshot = await exported(first);
      while (snapshot !== null && sessions.length < parallel) {
        const session = await PostgresSession.open(name, login);
        sessions.push(session);
        await joinSnapshot(session, snapshot);
      }
    } catch (thrown) {
      await Promise.all(sessions.map((session) => session.close()));
      throw thrown;
    }
    return new PostgresReaders(name, sessions, () => PostgresSession.open(name, login));
  }

  async replace(session: SqlSession<string>, why: unknown): Promise<void> {
    for (const one of this.#all) if (one === session) this.#all.delete(one);
    for (const one of this.#all) {
      const joined = await this.#joined(one).catch((thrown: unknown) => {
        if (isLost(thrown) || isUnreachable(thrown)) return null;
        // whoever waits for a connection must not wait for one that does not come
        this.drop(thrown);
        throw thrown;
      });
      if (joined === null) continue;
      this.#all.add(joined);
      this.give(joined);
      return;
    }
    this.drop(viewLost(this.#name, why));
  }

  /** A new connection on the snapshot of another; null where that one exports none. */
  async #joined(other: PostgresSession): Promise<PostgresSession | null> {
    const [row] = await other.rows('SELECT pg_export_snapshot()');
    const snapshot = row?.[0] ?? null;
    if (snapshot === null) return null;
    const session = await this.#open();
    try {
      await joinSnapshot(session, snapshot);
      return session;
    } catch (thrown) {
      await session.close();
      throw thrown;
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#all].map((session) => session.close()));
  }
}

async function joinSnapshot(session: PostgresSession, snapshot: string): Promise<void> {
  await session.rows(begin);
  await session.rows(`SET TRANSACTION SNAPSHOT '${snapshot}'`);
}

function isUnreachable(thrown: unknown): boolean {
  return thrown instanceof CqlformError && thrown.code === 'SOURCE_UNREACHABLE';
}

/** Null where the server exports none, as poolers and some standbys do: then the transaction begins anew. */
async function exported(session: PostgresSession): Promise<string | null> {
  try {
    const [row] = await session.rows('SELECT pg_export_snapshot()');
    const name = row?.[0] ?? null;
    return name !== null && /^[\w-]+$/.test(name) ? name : null;
  } catch (thrown) {
    if (!(thrown instanceof CqlformError) || thrown.code !== 'SOURCE_QUERY_FAILED') throw thrown;
    await session.rows('ROLLBACK');
    await session.rows(begin);
    return null;
  }
}
