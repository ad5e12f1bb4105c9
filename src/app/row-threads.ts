import { loadedModules } from '../analysis/import-module.ts';
import { namedKeys } from '../dsl/key-ring.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { own } from '../kernel/own.ts';
import type { RowThreads, ThreadsWanted } from '../ports/engines.ts';
import { migrationFile } from './migration-files.ts';
import type { Project } from './project.ts';

/** What a thread finds the functions of a data step by. */
export interface RowCode {
  readonly migration: { readonly id: string; readonly path: string };
  /** Of the step in the migration's `data`. */
  readonly index: number;
  readonly lower: boolean;
  /** The privacy keys that migrations take, by name. They go to no other place. */
  readonly keys: Readonly<Record<string, Uint8Array>>;
  /** By path, hashes of the modules as they are in the main thread: functions of two versions must not meet. */
  readonly modules: Readonly<Record<string, string>>;
}

const module = new URL(import.meta.url.endsWith('.ts') ? './row-thread.ts' : './row-thread.js', import.meta.url);

/** Threads for a data step of a migration that is loaded here; null where a key cannot be had, which its function tells. */
export async function rowThreads(
  project: Pick<Project, 'migrationsFolder' | 'lower' | 'privacyKeys'>,
  step: { readonly migration: string; readonly index: number },
  wanted: ThreadsWanted,
): Promise<RowThreads | null> {
  if (wanted === 0) return null;
  const keys = keysOf(project);
  if (keys === null) return null;
  const { index } = step;
  const migration = await migrationFile(project, step.migration);
  const code: RowCode = { migration, index, lower: project.lower, keys, modules: loadedModules() };
  return { wanted, module, code };
}

function keysOf({ privacyKeys }: Pick<Project, 'privacyKeys'>): RowCode['keys'] | null {
  try {
    return Object.fromEntries(
      namedKeys().flatMap((name) => {
        const key = privacyKeys.get(name);
        return key === undefined ? [] : [[name, key()] as const];
      }),
    );
  } catch (thrown) {
    if (thrown instanceof CqlformError) return null;
    throw thrown;
  }
}

/** Throws `CODE_CHANGED` unless what this thread has loaded is what the main thread had. */
export function assertSameModules({ modules, migration }: RowCode): void {
  const changed = Object.entries(loadedModules()).find(([path, hash]) => own(modules, path) !== hash);
  if (changed === undefined) return;
  throw new CqlformError('CODE_CHANGED', `${changed[0]} was changed while rows were copied`, {
    next: 'Check out the commit that was planned, and apply again: it goes on where it stopped.',
    fields: { migration: migration.id },
    exitCode: exitCodes.stalePlan,
  });
}
