import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../kernel/hash.ts';
import type { Project } from './project.ts';
import { toolVersion } from './version.ts';

/** Whether the files, cqlform.sum and schema.ts among them, are byte for byte what the last good check saw. */
export async function wasChecked(project: Project): Promise<boolean> {
  const stamp = await readFile(stampPath(project), 'utf8').catch(() => null);
  return stamp !== null && stamp === (await stampOf(project));
}

/** Where nothing can be written, the next plan checks again. */
export async function rememberChecked(project: Project): Promise<void> {
  const stamp = await stampOf(project);
  try {
    await mkdir(join(project.stateFolder, 'check'), { recursive: true });
    await writeFile(stampPath(project), stamp);
  } catch (thrown) {
    if (!cannotWrite(thrown)) throw thrown;
  }
}

function cannotWrite(thrown: unknown): boolean {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null;
  return ['EROFS', 'EACCES', 'EPERM', 'ENOSPC', 'EDQUOT', 'ENOTDIR'].includes(String(code));
}

function stampPath({ stateFolder }: Project): string {
  return join(stateFolder, 'check', 'stamp');
}

async function stampOf({ migrationsFolder, configFile }: Project): Promise<string> {
  const entries = await readdir(migrationsFolder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const all = [...paths.sort(), ...(configFile === null ? [] : [configFile])];
  const hashes: string[] = [];
  for (const path of all) hashes.push(`${path} ${sha256(await readFile(path))}`);
  return sha256([toolVersion(), process.version, ...hashes].join('\n'));
}
