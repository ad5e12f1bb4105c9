import { existsSync } from 'node:fs';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { BSON, type Collection, type Document, MongoClient } from 'mongodb';
import { cacheFolder } from '../../src/devcluster/jars.ts';
import { withLock } from '../../src/devcluster/lock.ts';
import { sha256 } from '../../src/kernel/hash.ts';
import { program, run, startServer } from './server-process.ts';

/** A server of MongoDB's protocol with an empty database `shop`. */
export interface Ferretdb extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  collection(name: string): Collection<{ readonly _id: unknown } & Document>;
  /** Extended JSON, a document on each line. */
  insert(collection: string, lines: string): Promise<void>;
  /** Ends the server and starts it again with its data, on the same port. */
  restart(): Promise<void>;
}

/** Building takes about two minutes of a processor's time, once for each machine. */
export const buildTimeoutMs = 900_000;

const recipe = join(import.meta.dirname, 'ferretdb');

export async function ferretdb(): Promise<Ferretdb> {
  const server = await startServer({
    name: 'ferretdb',
    program: await built(),
    ready: /Listening on TCP/,
    user: null,
    prepare: async (folder, port) => {
      await mkdir(join(folder, 'data'));
      return [`127.0.0.1:${port}`, join(folder, 'data')];
    },
  });
  const url = `mongodb://127.0.0.1:${server.port}/shop`;
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 10_000 });
  return {
    port: server.port,
    url,
    collection: (name) => client.db().collection(name),
    insert: async (name, lines) => {
      const documents = lines
        .trim()
        .split('\n')
        .map((line) => BSON.EJSON.parse(line) as Document);
      await client.db().collection(name).insertMany(documents);
    },
    restart: () => server.restart(),
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** The program, built where it is not in the cache yet. */
async function built(): Promise<string> {
  const sources = await Promise.all(
    ['main.go', 'go.mod', 'go.sum'].map((name) => readFile(join(recipe, name), 'utf8')),
  );
  const folder = join(cacheFolder(process.env), `ferretdb-${sha256(sources.join('\0')).slice(0, 12)}`);
  const path = join(folder, 'ferretdb');
  if (existsSync(path)) return path;
  const go = await program(['go'], { folders: ['/usr/local/go/bin'], debian: 'golang-go' });
  await withLock(`${folder}.lock`, { waitMs: buildTimeoutMs }, async () => {
    if (existsSync(path)) return;
    await mkdir(folder, { recursive: true });
    const unfinished = join(folder, 'unfinished');
    // SQLite is the only store that is wanted, and the one for PostgreSQL can be left out.
    await run('env', [
      'CGO_ENABLED=0',
      go,
      'build',
      '-C',
      recipe,
      '-trimpath',
      '-tags',
      'ferretdb_no_postgresql',
      '-ldflags=-s -w',
      '-o',
      unfinished,
      '.',
    ]);
    await rename(unfinished, path);
  });
  return path;
}
