import { CqlformError } from '../../kernel/errors.ts';
import type { ServerLogin } from '../sql/address.ts';
import { Lending } from '../sql/lending.ts';
import { viewLost } from '../sql/piece-reader.ts';
import type { SqlReaders, SqlSession } from '../sql/source.ts';
import { MysqlSession } from './connection.ts';

/** As many as the copy reads pieces at once. */
const parallel = 4;
/** Seconds that taking the lock may wait for others. */
const lockWait = 10;

/**
 * Connections that all see the rows as they were at one moment. Where the user may lock for a moment there are several;
 * else one connection reads all, because views that begin one after another are not the same. The server lets nobody
 * join a view later: what a connection that broke had begun is read on by the others.
 */
export class MysqlReaders extends Lending<SqlSession<Buffer>> implements SqlReaders<Buffer> {
  readonly #all: readonly MysqlSession[];
  readonly #name: string;

  private constructor(name: string, sessions: readonly MysqlSession[]) {
    super(sessions);
    this.#name = name;
    this.#all = sessions;
  }

  static async open(name: string, login: ServerLogin): Promise<MysqlReaders> {
    const locker = await MysqlSession.open(name, login);
    const sessions: MysqlSession[] = [];
    try {
      const locked = await lock(locker);
      for (let count = locked ? parallel : 1; count > 0; count -= 1) {
        const session = await MysqlSession.open(name, login);
        sessions.push(session);
        await session.rows('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ');
        await session.rows('START TRANSACTION WITH CONSISTENT SNAPSHOT');
      }
    } catch (thrown) {
      await Promise.all(sessions.map((session) => session.close()));
      throw thrown;
    } finally {
      // Its end gives the lock back.
      await locker.close();
    }
    return new MysqlReaders(name, sessions);
  }

  async replace(_session: SqlSession<Buffer>, why: unknown): Promise<void> {
    this.drop(viewLost(this.#name, why));
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map((session) => session.close()));
  }
}

/** The rights that locking takes; what they are called differs between MySQL and MariaDB. */
export async function mayLock(session: MysqlSession): Promise<boolean> {
  const rows = await session.rows('SHOW GRANTS');
  return rows.some(([grant]) =>
    /\b(?:ALL PRIVILEGES|RELOAD|FLUSH_TABLES)\b.* ON \*\.\*/.test(grant?.toString('utf8') ?? ''),
  );
}

async function lock(session: MysqlSession): Promise<boolean> {
  try {
    await session.rows(`SET SESSION lock_wait_timeout = ${lockWait}`);
    await session.rows('FLUSH TABLES WITH READ LOCK');
    return true;
  } catch (thrown) {
    if (thrown instanceof CqlformError && thrown.code === 'SOURCE_QUERY_FAILED') return false;
    throw thrown;
  }
}
