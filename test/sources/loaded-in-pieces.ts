import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { typedToLoad } from '../../src/app/load-typed.ts';
import { systemClock } from '../../src/cassandra/system-clock.ts';
import { type LoadAccounts, loadRows } from '../../src/copy/load.ts';
import type { SourceAddress } from '../../src/ports/source.ts';
import type { CopyFixture } from '../copy/copy-fixture.ts';

interface Loaded {
  readonly accounts: LoadAccounts;
  /** Pieces that were read, and the most of them at a time. */
  readonly pieces: number;
  readonly atOnce: number;
  readonly rejects: readonly string[];
}

/** Loads the table `items` of a database into that of the fixture; `during` is done when the first row has been read. */
export async function loadedInPieces(
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
