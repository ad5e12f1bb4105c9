import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { Client } from 'cassandra-driver';
import { describe, expect, it } from 'vitest';
import { cassandraAddress } from '../support/cassandra.ts';
import { buildTimeoutMs, ferretdb } from '../support/ferretdb.ts';
import { mariadb } from '../support/mariadb.ts';
import { postgresServer } from '../support/postgres.ts';
import { ended } from '../support/project.ts';
import { type Block, blocksOf, type Command, root } from './document.ts';

const documents = [
  'README.md',
  'docs/permissions.md',
  'docs/guides/first-migration.md',
  'docs/guides/ci.md',
  'docs/guides/rollback-at-night.md',
  'docs/guides/adopting-a-keyspace.md',
  'docs/guides/writing-transforms.md',
  'docs/guides/from-mysql.md',
  'docs/guides/from-postgres.md',
  'docs/guides/from-mongodb.md',
  'docs/guides/from-files.md',
  'docs/guides/from-another-cluster.md',
  'docs/guides/assessing-a-source.md',
  'docs/guides/loading-and-unloading.md',
  'docs/guides/backups.md',
  'docs/guides/privacy.md',
  'docs/guides/moving-a-live-application.md',
];

/** A database that a document reads from. */
interface Database extends AsyncDisposable {
  readonly url: string;
  sql?(...statements: readonly string[]): Promise<void>;
  /** Takes Extended JSON, a document on each line. */
  insert?(collection: string, lines: string): Promise<void>;
}
const databases: Readonly<Record<string, () => Promise<Database>>> = {
  'docs/guides/from-mysql.md': mariadb,
  'docs/guides/from-postgres.md': postgresServer,
  'docs/guides/moving-a-live-application.md': postgresServer,
  'docs/guides/from-mongodb.md': ferretdb,
};

/** Plays a document from top to bottom in an empty project on a real node, as a reader would. */
class Reader implements AsyncDisposable {
  readonly #folder: string;
  readonly #keyspace: string;
  readonly #client: Client;
  readonly #database: Database | null;

  private constructor(own: { folder: string; keyspace: string; client: Client; database: Database | null }) {
    this.#folder = own.folder;
    this.#keyspace = own.keyspace;
    this.#client = own.client;
    this.#database = own.database;
  }

  static async open(number: number, database: Database | null): Promise<Reader> {
    const folder = await mkdtemp(join(tmpdir(), 'cqlform-docs-'));
    await mkdir(join(folder, 'node_modules'));
    await symlink(root, join(folder, 'node_modules/cqlform'));
    await writeFile(join(folder, 'package.json'), '{ "name": "reader", "type": "module" }\n');
    const { host, port, localDataCenter } = cassandraAddress();
    const client = new Client({
      contactPoints: [`${host}:${port}`],
      localDataCenter,
      socketOptions: { readTimeout: 60_000 },
    });
    const keyspace = `docs${process.pid}_${number}_${Date.now().toString(36)}`;
    return new Reader({ folder, keyspace, client, database });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.execute(`DROP KEYSPACE IF EXISTS ${this.#keyspace}`);
    await this.#client.execute(`DROP KEYSPACE IF EXISTS ${this.#keyspace}_old`);
    await this.#client.shutdown();
    await rm(this.#folder, { recursive: true, force: true });
    await this.#database?.[Symbol.asyncDispose]();
  }

  async read(block: Block): Promise<void> {
    if (block.kind === 'file') return this.#write(block.path, block.text);
    if (block.kind === 'cql')
      for (const statement of block.statements) await this.#client.execute(this.#own(statement));
    if (block.kind === 'sql') await this.#database?.sql?.(...block.statements);
    if (block.kind === 'documents') await this.#database?.insert?.(block.collection, block.text);
    if (block.kind === 'commands') for (const command of block.commands) await this.#run(command);
  }

  async #write(path: string, text: string): Promise<void> {
    const file = join(this.#folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, this.#own(text));
  }

  async #run({ text, line, exits }: Command): Promise<void> {
    // `node rows.ts | npx cqlform …`
    let input: Readable | null = null;
    const words = this.#own(text)
      .split(' | ')
      .map((part) => programOf(wordsOf(part)));
    for (const program of words.slice(0, -1)) input = this.#start(program, input).stdout;
    const { code, stdout, stderr } = await ended(this.#start(words.at(-1) ?? [], input));
    expect(code, `line ${line}: ${text}\n${stdout}\n${stderr}`).toBe(exits);
  }

  #start(words: readonly string[], input: Readable | null): ChildProcess {
    const { host, port } = cassandraAddress();
    const source = this.#database === null ? {} : { SHOP_URL: this.#database.url };
    const nodes = `${host}:${port}`;
    const own = { CI: '', CQLFORM_CONTACT_POINTS: nodes, OLD_NODES: nodes, NO_COLOR: '1' };
    const env = { ...process.env, ...source, ...own };
    const stdin = input === null ? 'ignore' : 'pipe';
    const child = spawn(process.execPath, [...words], { cwd: this.#folder, env, stdio: [stdin, 'pipe', 'pipe'] });
    if (input !== null && child.stdin !== null) input.pipe(child.stdin);
    return child;
  }

  #own(text: string): string {
    return text.replaceAll(/\bcinema(?=_old\b|\b)/g, this.#keyspace);
  }
}

/** Words, of which those in double quotes may hold spaces. */
function wordsOf(text: string): readonly string[] {
  return [...text.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');
}

/** `npx cqlform …` is the built program, `node FILE` a script of the document's own; there is nothing else to run. */
function programOf([runner, program, ...words]: readonly string[]): readonly string[] {
  if (runner === 'npx' && program === 'cqlform') return [join(root, 'dist/bin.js'), ...words];
  if (runner === 'node' && program !== undefined) return [program, ...words];
  throw new Error(`a document runs ${runner} ${program}, which readers of it may not have`);
}

describe('what the documents say', () => {
  it.each(documents.map((document, number) => ({ document, number })))(
    'runs as it stands: $document',
    async ({ document, number }) => {
      await using reader = await Reader.open(number, (await databases[document]?.()) ?? null);
      for (const block of blocksOf(document)) await reader.read(block);
    },
    buildTimeoutMs,
  );
});
