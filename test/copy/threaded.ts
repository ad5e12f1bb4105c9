import { join } from 'node:path';
import { loadMigration } from '../../src/analysis/load-migration.ts';
import { rowThreads } from '../../src/app/row-threads.ts';
import { type Keys, useKeys } from '../../src/dsl/key-ring.ts';
import type { CopyAccounts } from '../../src/model/journal.ts';
import type { ThreadsWanted } from '../../src/ports/engines.ts';
import { baseTime, type CopyFixture, type RunOptions } from './copy-fixture.ts';

export interface ThreadedOptions extends RunOptions {
  readonly threads: ThreadsWanted;
  readonly rowTimeoutMs?: number;
}

export const migrationId = '20260101000000_threaded';
let files = 0;

/** What it has besides: one key. */
export const keys: Keys = new Map([['people', () => new Uint8Array(32).fill(7)]]);

export interface Threaded {
  /** Of the migration. */
  readonly folder: string;
  run(index: number, options: ThreadedOptions): Promise<CopyAccounts>;
}

/** A migration file of the test's own in a folder of its own, whose data steps run with so many threads. */
export async function threaded(
  fixture: CopyFixture,
  source: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Threaded> {
  useKeys(keys);
  files += 1;
  const folder = `migrations-${files}`;
  await fixture.file(`${folder}/${migrationId}.ts`, source);
  for (const [name, text] of Object.entries(more)) await fixture.file(`${folder}/${name}`, text);
  const migrationsFolder = join(fixture.folder, folder);
  const migration = await loadMigration({
    id: migrationId,
    path: join(migrationsFolder, `${migrationId}.ts`),
  });
  const run: Threaded['run'] = async (index, { threads: wanted, rowTimeoutMs, ...options }) => {
    const spec = migration.data[index];
    if (spec === undefined) throw new Error(`the migration has no data step ${index}`);
    const project = { migrationsFolder, lower: false, privacyKeys: keys };
    const found = await rowThreads(project, { migration: migrationId, index }, wanted);
    const threads = found === null || rowTimeoutMs === undefined ? found : { ...found, rowTimeoutMs };
    const from = spec.from.kind === 'table' ? fixture.table(spec.from.table.name) : null;
    const { timestamp = baseTime, floor = null, startedAt = new Date(0), verify = 'none' } = options;
    const { accounts } = await fixture.copier.copy(
      {
        spec,
        from,
        into: fixture.table(spec.into.name),
        startedAt,
        timestamp,
        floor,
        rejectsFile: fixture.rejectsFile,
        verify,
        ...(threads === null ? {} : { threads }),
      },
      fixture.context(options),
    );
    return accounts;
  };
  return { folder: migrationsFolder, run };
}
