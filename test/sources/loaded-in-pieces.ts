import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { typedToLoad } from '../../src/app/load-typed.ts';
import { systemClock } from '../../src/cassandra/system-clock.ts';
import { type LoadAccounts, loadRows } from '../../src/copy/load.ts';
import { t, table } from '../../src/index.ts';
import type { SourceAddress } from '../../src/ports/source.ts';
import type { CopyFixture } from '../copy/copy-fixture.ts';
import { byUrl } from './sql-source.ts';

interface Loaded {
  readonly accounts: LoadAccounts;
  /** Pieces that were read, and the most of them at a time. */
  readonly pieces: number;
  readonly atOnce: number;
  readonly rejects: readonly string[];
}

/** Loads the table `items` of a database into that of the fixture; `during` is done when the first row has been read. */
async function loadedInPieces(
  fixture: CopyFixture,
  { system, address }: { readonly system: 'mysql' | 'postgres'; readonly address: SourceAddress },
  during: () => Promise<void>,
): Promise<Loaded> {
  const into = await fixture.liveTable('items');
  const { from } = await typedToLoad(
    {
      target: { kind: 'database', system, connection: 'shop', table: 'items' },
      settings: {},
      map: {},
      ignore: [],
      ignoreUnknown: false,
      timestampField: null,
      ttlField: null,
    },
    { into, types: {} },
    { projectFolder: fixture.folder, addresses: { shop: address } },
  );
  if (from.kind !== 'values') throw new Error('rows of a database are values');
  const { source } = from;
  let [pieces, reading, atOnce] = [0, 0, 0];
  let changed: Promise<void> | null = null;
  const watched = {
    facts: () => source.facts(),
    splits: (wanted: number) => source.splits(wanted),
    close: () => source.close(),
    async *read(...of: Parameters<typeof source.read>) {
      pieces += 1;
      reading += 1;
      for await (const page of source.read(...of)) {
        changed ??= during();
        await changed;
        atOnce = Math.max(atOnce, reading);
        yield page;
      }
      reading -= 1;
    },
  };
  const rejectsFile = join(fixture.folder, `${system}-rejects.ndjson`);
  try {
    const accounts = await loadRows(
      {
        keyspace: fixture.context().keyspace,
        into,
        types: {},
        from: { ...from, source: watched },
        timestamp: BigInt(Date.now()) * 1000n,
        ttl: 0,
        some: null,
        rate: null,
        maxRejects: 3,
        rejectsFile,
        dryRun: false,
        signal: new AbortController().signal,
        onProgress: () => undefined,
      },
      { rows: fixture.base.rows, clock: systemClock },
    );
    const lines = (await readFile(rejectsFile, 'utf8')).trim().split('\n');
    return { accounts, pieces, atOnce, rejects: lines.map((line) => (JSON.parse(line) as { place: string }).place) };
  } finally {
    await source.close();
  }
}

interface ItemsServer {
  readonly system: 'mysql' | 'postgres';
  readonly url: string;
  sql(...statements: readonly string[]): Promise<unknown>;
}

/** `fill`: puts the numbers from 1 to 20,000 into `items`, as `id` and as `n`, where each 9,000th from 1 on is 3,000,000,000. */
export async function expectLoadedInPieces(
  fixture: CopyFixture,
  server: ItemsServer,
  fill: readonly string[],
): Promise<void> {
  await server.sql('CREATE TABLE items (id int PRIMARY KEY, n bigint NOT NULL)', ...fill);
  await fixture.create(table('items', { columns: { id: t.int(), n: t.int() }, partitionKey: ['id'] }));
  const from = { system: server.system, address: byUrl(server.url) };
  const loaded = await loadedInPieces(fixture, from, async () => {
    await server.sql('DELETE FROM items WHERE id > 10', 'INSERT INTO items VALUES (30000, 1)');
  });
  expect(loaded.accounts).toMatchObject({ read: 20_000, written: 19_997, rejected: 3 });
  expect(loaded.rejects.toSorted()).toEqual(['items(id=1)', 'items(id=18001)', 'items(id=9001)']);
  expect(loaded.pieces).toBeGreaterThan(4);
  expect(loaded.atOnce).toBe(4);
  const [found] = await fixture.query('SELECT count(*) AS rows, sum(CAST(n AS bigint)) AS sum FROM KS.items');
  expect({ rows: Number(found?.['rows']), sum: Number(found?.['sum']) }).toEqual({
    rows: 19_997,
    sum: (20_000 * 20_001) / 2 - 1 - 9001 - 18_001,
  });
}
