import { join } from 'node:path';
import { loadMigration } from '../../src/analysis/load-migration.ts';
import { rowThreads } from '../../src/app/row-threads.ts';
import type { CopyAccounts } from '../../src/model/journal.ts';
import type { ThreadsWanted } from '../../src/ports/engines.ts';
import { baseTime, type CopyFixture, type RunOptions } from './copy-fixture.ts';

export interface ThreadedOptions extends RunOptions {
  readonly threads: ThreadsWanted;
  readonly rowTimeoutMs?: number;
  /** Called when the migration is loaded. */
  readonly onLoaded?: () => Promise<void>;
}

const id = '20260101000000_threaded';
let files = 0;

/** A migration file of the test's own in a folder of its own, whose data steps run with so many threads. */
export async function threaded(
  fixture: CopyFixture,
  source: string,
  more: Readonly<Record<string, string>> = {},
): Promise<(index: number, options: ThreadedOptions) => Promise<CopyAccounts>> {
  files += 1;
  const folder = `migrations-${files}`;
  await fixture.file(`${folder}/${id}.ts`, source);
  for (const [name, text] of Object.entries(more)) await fixture.file(`${folder}/${name}`, text);
  const migrationsFolder = join(fixture.folder, folder);
  const migration = await loadMigration({ id, path: join(migrationsFolder, `${id}.ts`) });
  return async (index, { threads: wanted, rowTimeoutMs, ...options }) => {
    const spec = migration.data[index];
    if (spec === undefined) throw new Error(`the migration has no data step ${index}`);
    const project = { migrationsFolder, lower: false, privacyKeys: new Map() };
    const found = await rowThreads(project, { migration: id, index }, wanted);
    await options.onLoaded?.();
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
}
