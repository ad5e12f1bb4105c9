import { access, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { hashOf } from '../kernel/hash.ts';
import type { Java } from './java.ts';

/**
 * Where the class-data archive of these jars under this Java is kept: with it a node starts in two thirds of the
 * time. Null for a Java that cannot write one while it runs (before 13).
 */
export async function classArchiveFor(cache: string, jars: string, java: Java): Promise<string | null> {
  if (java.major < 13) return null;
  // Java refuses an archive of other jars or another build of itself.
  const made = (await stat(jars)).mtimeMs;
  return join(cache, `classes-${hashOf([jars, made, java.home, java.version]).slice(0, 16)}.jsa`);
}

/** The flags for a start: use the archive, or, when there is none yet, write one into `draft` at a clean exit. */
export async function classArchiveFlags(archive: string | null, draft: string): Promise<readonly string[]> {
  if (archive === null) return [];
  await rm(draft, { force: true });
  const file = (await exists(archive)) ? `-XX:SharedArchiveFile=${archive}` : `-XX:ArchiveClassesAtExit=${draft}`;
  // Cassandra needs its measuring agent, which changes no class; the flag only lifts a precaution against those that do.
  return [file, '-XX:+UnlockDiagnosticVMOptions', '-XX:+AllowArchivingWithJavaAgent'];
}

/** True while there is no archive and a clean exit would write one. */
export async function wantsClassArchive(archive: string | null): Promise<boolean> {
  return archive !== null && !(await exists(archive));
}

/** After a clean exit: puts the archive that the process has written where the next starts find it. */
export async function keepClassArchive(archive: string | null, draft: string): Promise<void> {
  if (archive === null || !(await exists(draft))) return;
  await rename(draft, archive);
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
