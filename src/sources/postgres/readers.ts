import { CqlformError } from '../../kernel/errors.ts';
import type { ServerLogin } from '../sql/address.ts';
import { Lending } from '../sql/lending.ts';
import type { SqlReaders, SqlSession } from '../sql/source.ts';
import { PostgresSession } from './connection.ts';

/** As many as the copy reads pieces at once. */
const parallel = 4;
const begin = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

/** Connections that share one exported snapshot; where it cannot be exported, one connection that reads all. */
export class PostgresReaders extends Lending<SqlSession<string>> implements SqlReaders<string> {
  readonly #all: readonly PostgresSession[];

  private constructor(sessions: readonly PostgresSession[]) {
    super(sessions);
    this.#all = sessions;
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
        await session.rows(begin);
        await session.rows(`SET TRANSACTION SNAPSHOT '${snapshot}'`);
      }
    } catch (thrown) {
      await Promise.all(sessions.map((session) => session.close()));
      throw thrown;
    }
    return new PostgresReaders(sessions);
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((session) => session.close()));
  }
}

/** Null where the server exports none, as poolers and some standbys do. */
async function exported(session: PostgresSession): Promise<string | null> {
  try {
    await session.rows('SAVEPOINT before_export');
    const [row] = await session.rows('SELECT pg_export_snapshot()');
    const name = row?.[0] ?? null;
    return name !== null && /^[\w-]+$/.test(name) ? name : null;
  } catch (thrown) {
    if (!(thrown instanceof CqlformError) || thrown.code !== 'SOURCE_QUERY_FAILED') throw thrown;
    await session.rows('ROLLBACK TO SAVEPOINT before_export');
    return null;
  }
}
