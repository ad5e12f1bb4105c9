import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createCluster } from '../../src/cassandra/cluster.ts';
import { type Connection, connect } from '../../src/cassandra/connect.ts';
import { schemaSession } from '../../src/cassandra/execute.ts';
import { createOpenTable } from '../../src/cassandra/other-cluster.ts';
import { createRows } from '../../src/cassandra/rows.ts';
import { systemClock } from '../../src/cassandra/system-clock.ts';
import { createCopier } from '../../src/copy/copier.ts';
import { type Rate, RateLimit } from '../../src/copy/rate.ts';
import { sampleTable } from '../../src/copy/sample-table.ts';
import { travels } from '../../src/copy/threads/travels.ts';
import { type TriedReject, tryStoredRows } from '../../src/copy/try-rows.ts';
import { createTable, createType } from '../../src/cql/create.ts';
import { compileMigration } from '../../src/dsl/compile.ts';
import { type Data, type Declared, migration } from '../../src/index.ts';
import type { DataSpec } from '../../src/model/data.ts';
import { DecimalText } from '../../src/model/decimal-text.ts';
import type { Progress } from '../../src/model/event.ts';
import type { CopyAccounts, CopyVerified, VerifyLevel } from '../../src/model/journal.ts';
import { keyColumns, type Table, type UserType } from '../../src/model/schema.ts';
import type { Rows } from '../../src/ports/cluster.ts';
import type { Copier, CopyTableRequest, RowsVerification, WorkContext } from '../../src/ports/engines.ts';
import type { Checkpoint } from '../../src/ports/journal.ts';
import type { OpenSource, Source } from '../../src/ports/source.ts';
import { createOpenSource, type OpenSourceOptions } from '../../src/sources/open.ts';
import { type CassandraAddress, cassandraAddress } from '../support/cassandra.ts';

/** A keyspace of the test's own. */
interface Base {
  readonly connection: Connection;
  readonly rows: Rows;
  readonly types: Record<string, UserType>;
  cql(statement: string): Promise<void>;
  close(): Promise<void>;
}

/** Schema statements may take long while other tests share the node. */
const requestTimeoutMs = 60_000;

async function openKeyspace(keyspace: string, address: CassandraAddress): Promise<Base> {
  const { host, port, localDataCenter } = address;
  const connection = await connect({ contactPoints: [`${host}:${port}`], localDataCenter, requestTimeoutMs });
  const cql = async (statement: string): Promise<void> => {
    await connection.client.execute(statement);
  };
  await cql(`DROP KEYSPACE IF EXISTS ${keyspace}`);
  await cql(`CREATE KEYSPACE ${keyspace} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`);
  return {
    connection,
    rows: createRows(connection),
    types: {},
    cql,
    close: async () => {
      await cql(`DROP KEYSPACE ${keyspace}`);
      await connection.shutdown();
    },
  };
}

export interface RunOptions {
  readonly attempt?: number;
  readonly finished?: readonly Checkpoint[];
  readonly floor?: bigint;
  readonly timestamp?: bigint;
  /** The lease is lost after so many looks at it. */
  readonly heldFor?: number;
  /** The lease is lost when so many pieces are done. */
  readonly heldForPieces?: number;
  /** What is compared at the end; nothing unless said. */
  readonly verify?: VerifyLevel;
  /** Called when a piece is done. */
  readonly onDone?: () => Promise<unknown>;
  /** How fast rows may go; as fast as they can unless said. */
  readonly rate?: Rate;
  /** When the step began; long ago unless said. */
  readonly startedAt?: Date;
  /** Told of each progress. */
  readonly onProgress?: (progress: Progress) => void;
  /** What stands in the migration's schema, instead of all that the test made. */
  readonly schema?: readonly Declared[];
  /** A table that the test made by itself and that is to be read from the server. */
  readonly live?: string;
}

export interface Ran<T> {
  readonly result: T;
  readonly checkpoints: readonly Checkpoint[];
  readonly progress: readonly Progress[];
}

/** The copier on a keyspace and a project folder of a test's own. */
export interface CopyFixture {
  readonly base: Base;
  readonly folder: string;
  readonly rejectsFile: string;
  readonly copier: Copier;
  create(...declared: readonly Declared[]): Promise<void>;
  table(name: string): Table;
  file(name: string, content: string | Uint8Array): Promise<void>;
  /** Compares what `run` wrote with what is there. */
  verify(
    data: Data,
    options?: { readonly repair?: boolean } & Pick<RunOptions, 'startedAt' | 'onProgress'>,
  ): Promise<RowsVerification>;
  /** What `plan` finds that would be rejected of rows of a table. */
  tried(data: Data): Promise<readonly TriedReject[]>;
  run(data: Data, options?: RunOptions): Promise<Ran<CopyAccounts> & { readonly verified: CopyVerified }>;
  copyTable(
    request: Omit<CopyTableRequest, 'timestamp' | 'floor'> & Partial<CopyTableRequest>,
    options?: RunOptions,
  ): Promise<Ran<CopyAccounts>>;
  context(options?: RunOptions): WorkContext;
  /** As the server has it. */
  liveTable(name: string): Promise<Table>;
  /** Checkpoints of the newest run, also of one that failed. */
  checkpoints(): readonly Checkpoint[];
  query(cql: string): Promise<readonly Record<string, unknown>[]>;
  rejects(): Promise<readonly { readonly place: string; readonly reason: string; readonly row: unknown }[]>;
  close(): Promise<void>;
}

export const baseTime = 1_700_000_000_000_000n;

export async function copyFixture(
  keyspace: string,
  { address, ...options }: Pick<OpenSourceOptions, 'addresses'> & { readonly address?: CassandraAddress } = {},
): Promise<CopyFixture> {
  const base = await openKeyspace(keyspace, address ?? cassandraAddress());
  const folder = await mkdtemp(join(tmpdir(), 'cqlform-copy-'));
  const rejectsFile = join(folder, 'rejects', 'run.ndjson');
  const openSource = travelling(createOpenSource({ projectFolder: folder, rowLimit: 1024 * 1024, ...options }));
  const dependencies = {
    rows: base.rows,
    openSource,
    openTable: createOpenTable(options.addresses ?? {}),
    clock: systemClock,
  };
  const copier = createCopier(dependencies);
  const tables = new Map<string, Table>();
  const made: Declared[] = [];
  let checkpoints: Checkpoint[] = [];

  const table = (name: string): Table => {
    const found = tables.get(name);
    if (found === undefined) throw new Error(`the test made no table ${name}`);
    return found;
  };

  const context = (options: RunOptions = {}, progress: Progress[] = []): WorkContext => {
    checkpoints = [];
    let looks = 0;
    const { attempt = 1, finished = [], heldFor = Number.POSITIVE_INFINITY } = options;
    const { heldForPieces = Number.POSITIVE_INFINITY } = options;
    return {
      keyspace,
      types: base.types,
      attempt,
      finished,
      onProgress: (one) => {
        progress.push(one);
        options.onProgress?.(one);
      },
      assertHeld: () => {
        looks += 1;
        const done = checkpoints.filter(({ state }) => state === 'done').length;
        if (looks > heldFor || done >= heldForPieces) throw new Error('the lease is lost');
      },
      checkpoint: async (range, state, more) => {
        checkpoints.push({ run: 'run', step: 'step', attempt, range, state, ...more });
        if (state === 'done') await options.onDone?.();
      },
    };
  };
  const work = async <T>(options: RunOptions, go: (context: WorkContext) => Promise<T>): Promise<Ran<T>> => {
    const progress: Progress[] = [];
    const result = await go(context(options, progress));
    return { result, checkpoints, progress };
  };
  const session = schemaSession(base.connection, { keyspace, ledgerKeyspace: `${keyspace}_ledger` });
  const liveTable = async (name: string): Promise<Table> => {
    const { schema } = await createCluster(base.connection, session).describe(keyspace);
    return schema.tables[name] ?? table(name);
  };

  return {
    base,
    folder,
    rejectsFile,
    copier,
    table,
    checkpoints: () => checkpoints,
    create: async (...declared) => {
      const compiled = compileMigration('20260101000000_made', migration({ description: 'made', schema: declared }));
      made.push(...declared);
      for (const declaration of compiled.declarations) {
        if (declaration.kind !== 'create') throw new Error(`the test made ${declaration.kind}`);
        const { object } = declaration;
        if (object.kind === 'type') {
          base.types[object.name] = object;
          await base.cql(createType(object, keyspace));
        } else if (object.kind === 'table') {
          tables.set(object.name, object);
          await base.cql(createTable(object, { keyspace, id: null }));
        }
      }
    },
    file: async (name, content) => {
      const path = join(folder, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
    },
    context,
    liveTable,
    run: async (data, options = {}) => {
      if (options.live !== undefined) tables.set(options.live, await liveTable(options.live));
      const spec = specOf(data, options.schema ?? made);
      const { timestamp = baseTime, floor = null } = options;
      const from = spec.from.kind === 'table' ? table(spec.from.table.name) : null;
      const into = table(spec.into.name);
      const { startedAt = new Date(0), verify = 'none' } = options;
      const request = { spec, from, into, startedAt, timestamp, floor, rejectsFile, verify };
      const limit =
        options.rate === undefined ? null : new RateLimit(options.rate, systemClock, new AbortController().signal);
      const { copy } = limit === null ? copier : createCopier({ ...dependencies, limit });
      const { result, ...ran } = await work(options, (given) => copy(request, given));
      return { ...ran, result: result.accounts, verified: result.verified };
    },
    tried: async (data) => {
      const spec = specOf(data, made);
      if (spec.from.kind !== 'table') throw new Error('it is no table');
      const from = table(spec.from.table.name);
      const keys = keyColumns(from);
      const columns = from.columns.map(({ name }) => name).filter((name) => !keys.includes(name));
      const input = { rows: base.rows, keyspace, table: from, types: base.types, columns };
      const sample = await sampleTable({ ...input, consistency: 'LOCAL_QUORUM', identity: from.name }, 10);
      return tryStoredRows(sample, { spec, types: base.types, run: { startedAt: new Date() }, from: input });
    },
    verify: (data, { repair = false, startedAt = new Date(0), ...told } = {}) => {
      const spec = specOf(data, made);
      const from = spec.from.kind === 'table' ? table(spec.from.table.name) : null;
      const into = table(spec.into.name);
      const request = {
        spec,
        from,
        into,
        startedAt,
        timestamp: baseTime,
        floor: null,
        share: 100,
        repair,
      };
      return copier.verify(request, context(told));
    },
    copyTable: (request, options = {}) =>
      work(options, (given) =>
        copier.copyTable({ timestamp: options.timestamp ?? baseTime, floor: options.floor ?? null, ...request }, given),
      ),
    query: async (cql) => {
      const found: Record<string, unknown>[] = [];
      const result = await base.connection.client.execute(cql.replaceAll('KS.', `${keyspace}.`));
      for await (const row of result) found.push({ ...row });
      return found;
    },
    rejects: async () => {
      const text = await readFile(rejectsFile, 'utf8');
      return text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
    },
    close: async () => {
      await base.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Whatever a source reads has to arrive in threads as it is. */
function travelling(open: OpenSource): OpenSource {
  return async (declared, changed) => {
    const source = await open(declared, changed);
    const read: Source['read'] = async function* (split) {
      for await (const page of source.read(split)) {
        for (const { values, problem } of page) {
          // pages with numbers that JavaScript has not are worked on where they were read
          if (problem !== null || holdsDigits(values)) continue;
          assert.ok(travels(values), `${Object.keys(values)} do not travel`);
          assert.deepStrictEqual(structuredClone(values), values);
        }
        yield page;
      }
    };
    return new Proxy(source, {
      get: (of, name) => {
        if (name === 'read') return read;
        const found: unknown = Reflect.get(of, name);
        return typeof found === 'function' ? found.bind(of) : found;
      },
    });
  };
}

function specOf(data: Data, schema: readonly Declared[]): DataSpec {
  const compiled = compileMigration('20260101000000_data', migration({ description: 'data', schema, data: [data] }));
  const [spec] = compiled.data;
  if (spec === undefined) throw new Error('no data');
  return spec;
}

function holdsDigits(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return value instanceof DecimalText || Object.values(value).some(holdsDigits);
}
