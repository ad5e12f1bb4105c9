import type { Db, Document, MongoClient, MongoClientOptions } from 'mongodb';
import { CqlformError, reasonOf } from '../../kernel/errors.ts';
import type { SourceAddress } from '../../ports/source.ts';
import { invalidAddress, tlsOf } from '../sql/address.ts';
import { loadDriver } from '../sql/driver.ts';

/** Values come as BSON has them, so that none changes on its way. */
const exact = { promoteValues: false, promoteLongs: false, promoteBuffers: false, bsonRegExp: true } as const;

export interface Find {
  readonly collection: string;
  readonly filter: Document;
  readonly projection: Document;
  /** By `_id`. */
  readonly sorted: boolean;
  /** By another field, from its greatest value down. */
  readonly greatest?: string;
  readonly skip?: number;
  readonly limit?: number;
  /** Read at this moment of the server's; null: as it is by then. */
  readonly at: unknown;
}

/** A database of MongoDB, or of a server that speaks its protocol. */
export class MongoConnection {
  readonly #client: MongoClient;
  readonly #db: Db;
  readonly #name: string;

  private constructor(client: MongoClient, db: Db, name: string) {
    this.#client = client;
    this.#db = db;
    this.#name = name;
  }

  static async open(name: string, address: SourceAddress): Promise<MongoConnection> {
    const { MongoClient } = await loadDriver('mongodb', () => import('mongodb'));
    const { url, database, options } = await loginOf(name, address);
    let client: MongoClient | null = null;
    try {
      // what the address says of it holds
      const patience = /[?&]serverSelectionTimeoutMS=/i.test(url) ? {} : { serverSelectionTimeoutMS: 20_000 };
      client = new MongoClient(url, { ...options, appName: 'cqlform', ...patience });
      await client.connect();
      return new MongoConnection(client, client.db(database), name);
    } catch (thrown) {
      await client?.close();
      throw unreachable(name, thrown);
    }
  }

  get name(): string {
    return this.#name;
  }
  get database(): string {
    return this.#db.databaseName;
  }

  async command(command: Document): Promise<Document> {
    return this.#said(() => this.#db.command(command));
  }

  /** Documents as they come, a server's batch at a time; the server makes the next one while one is worked on. */
  async *pages(find: Find, size: number): AsyncGenerator<readonly Document[]> {
    const { collection, filter, projection, sorted, greatest, skip, limit, at } = find;
    const cursor = this.#db.runCursorCommand(
      {
        find: collection,
        filter,
        ...(Object.keys(projection).length === 0 ? {} : { projection }),
        ...(sorted ? { sort: { _id: 1 } } : {}),
        ...(greatest === undefined ? {} : { sort: { [greatest]: -1 } }),
        ...(skip === undefined ? {} : { skip }),
        ...(limit === undefined ? {} : { limit }),
        batchSize: size,
        ...(at === null ? {} : { readConcern: { level: 'snapshot', atClusterTime: at } }),
      },
      exact,
    );
    cursor.setBatchSize(size);
    let next: Promise<Document | null> = cursor.next();
    try {
      for (;;) {
        const first = await this.#said(() => next);
        if (first === null) return;
        const page = [first, ...cursor.readBufferedDocuments()];
        next = cursor.next();
        // Whoever takes the next page is told what went wrong.
        next.catch(() => undefined);
        yield page;
      }
    } finally {
      await next.catch(() => undefined);
      await cursor.close().catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  async #said<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      throw failed(this.#name, thrown);
    }
  }
}

/** Codes of the server that say: the same can be asked again. */
const lostCodes = [
  'CursorNotFound',
  'CursorKilled',
  'NotWritablePrimary',
  'PrimarySteppedDown',
  'InterruptedAtShutdown',
];

/** The server's own words; they name no password. */
function failed(name: string, thrown: unknown): CqlformError {
  const [kind, code] = namesOf(thrown);
  const fields = { connection: name, code };
  if (code === 'SnapshotTooOld' || code === 'SnapshotUnavailable') {
    return new CqlformError(
      'SOURCE_VIEW_LOST',
      `source ${name} no longer has the view of the moment that the copy began`,
      {
        next: "Raise `minSnapshotHistoryWindowInSeconds` of the server and apply again, or declare `view: 'moving'`.",
        fields,
        cause: thrown,
      },
    );
  }
  if (/Network|ServerSelection|ConnectionPool|NotConnected|Topology/.test(kind) || lostCodes.includes(code)) {
    return new CqlformError('SOURCE_CONNECTION_LOST', `the connection to source ${name} broke: ${reasonOf(thrown)}`, {
      next: 'Apply again: it goes on with the pieces that are not finished.',
      fields,
      retryable: true,
      cause: thrown,
    });
  }
  return new CqlformError('SOURCE_QUERY_FAILED', `source ${name} refused a query: ${reasonOf(thrown)}`, {
    next: 'Correct the declaration of the collection, or grant the right to read it.',
    fields,
    cause: thrown,
  });
}

function namesOf(thrown: unknown): readonly [kind: string, code: string] {
  if (!(thrown instanceof Error)) return ['', ''];
  const code = 'codeName' in thrown && typeof thrown.codeName === 'string' ? thrown.codeName : '';
  return [thrown.name, code];
}

function unreachable(name: string, thrown: unknown): CqlformError {
  return new CqlformError('SOURCE_UNREACHABLE', `source ${name} cannot be reached: ${reasonOf(thrown)}`, {
    next: 'Check its address and credentials under `sources` in the configuration, and whether the server runs.',
    fields: { connection: name },
    retryable: true,
    cause: thrown,
  });
}

interface Login {
  readonly url: string;
  readonly database: string;
  readonly options: MongoClientOptions;
}

/** Throws `SOURCE_ADDRESS_INVALID`; the address itself is never part of a message. */
async function loginOf(name: string, address: SourceAddress): Promise<Login> {
  if (address.kind === 'file') throw invalidAddress(name, 'is a file, and a server is needed');
  if (address.kind === 'cluster') throw invalidAddress(name, 'is that of a cluster of Cassandra');
  const password = address.password?.() ?? null;
  const tls = address.tls === null ? null : await tlsOf(address.tls);
  const { rejectUnauthorized = true, ...files } = tls ?? {};
  const secure = tls === null ? {} : { tls: true, tlsAllowInvalidCertificates: !rejectUnauthorized, ...files };
  if (address.kind === 'host') {
    const username = address.user?.() ?? null;
    const url = `mongodb://${address.host()}:${address.port ?? 27_017}`;
    const auth = username === null ? {} : { auth: { username, password: password ?? '' } };
    return { url, database: address.database, options: { ...secure, ...auth } };
  }
  const url = address.url();
  const parts = /^mongodb(?:\+srv)?:\/\/(?:([^@/]*)@)?[^/@?]+\/([^?]*)(?:\?.*)?$/.exec(url);
  const [, credentials = '', database = ''] = parts ?? [];
  if (parts === null) throw invalidAddress(name, 'is no address of the form mongodb://user@host:port/database');
  if (database === '') throw invalidAddress(name, 'names no database');
  const [user = ''] = credentials.split(':');
  try {
    const auth = password === null ? {} : { auth: { username: decodeURIComponent(user), password } };
    return { url, database: decodeURIComponent(database), options: { ...secure, ...auth } };
  } catch {
    throw invalidAddress(name, 'has a % that begins no character');
  }
}

export function collectionMissing({ name, database }: MongoConnection, collection: string): CqlformError {
  return new CqlformError('SOURCE_TABLE_MISSING', `source ${name} has no collection ${collection}`, {
    next: `Correct its name, or grant the right to read it in the database ${database}.`,
    fields: { connection: name, table: collection },
  });
}
