import { randomBytes } from 'node:crypto';
import { link, lstat, mkdir, open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CqlformError, exitCodes, reasonOf } from '../kernel/errors.ts';

/**
 * Writes a file of the user's. It is there whole or as it was before: it is written beside, synced and renamed. Links are
 * followed, rights are kept. Throws `FILE_UNWRITABLE`.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  await explained(path, async () => {
    const target = await realpath(path).catch(() => path);
    const there = await stat(target).catch(() => null);
    // A pipe or a device cannot be replaced.
    if (there !== null && !there.isFile()) return writeFile(target, text);
    await beside(target, { text, mode: there?.mode ?? 0o666 }, (draft) => rename(draft, target));
  });
}

/** As `replaceFile`, for a file that is not there yet; makes the folders above it. Throws `FILE_EXISTS` and `FILE_UNWRITABLE`. */
export async function createFile(path: string, text: string): Promise<void> {
  await explained(path, async () => {
    await mkdir(dirname(path), { recursive: true });
    await beside(path, { text, mode: 0o666 }, (draft) => linkNew(draft, path));
  });
}

interface Content {
  readonly text: string;
  readonly mode: number;
}

async function beside(path: string, { text, mode }: Content, place: (draft: string) => Promise<void>): Promise<void> {
  const draft = join(dirname(path), `.${basename(path)}.${process.pid}-${randomBytes(4).toString('hex')}.partial`);
  try {
    const file = await open(draft, 'wx', mode);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await place(draft);
  } finally {
    await rm(draft, { force: true });
  }
}

/** A name that is taken stays with who has it; some file systems have no links. */
async function linkNew(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path);
  } catch (thrown) {
    if (codeOf(thrown) === 'EEXIST') throw fileThere(path);
    if ((await lstat(path).catch(() => null)) !== null) throw fileThere(path);
    await rename(draft, path);
  }
}

async function explained(path: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    if (cause instanceof CqlformError) throw cause;
    throw unwritable(path, cause);
  }
}

const nexts: Readonly<Record<string, string>> = {
  ENOSPC: 'Make room on the disk, then run the same command again; the file is as it was.',
  EDQUOT: 'Make room in your quota, then run the same command again; the file is as it was.',
  EFBIG: 'Let files be that large (`ulimit -f`), then run the same command again; the file is as it was.',
  EROFS: 'The file system is mounted read-only: run the command where it can be written.',
};

function unwritable(path: string, cause: unknown): CqlformError {
  const reason = codeOf(cause) ?? '';
  return new CqlformError('FILE_UNWRITABLE', `${path} cannot be written: ${reasonOf(cause)}`, {
    next:
      nexts[reason] ?? `Name a file in a folder that exists and that you may write to; here it is ${dirname(path)}.`,
    fields: { reason },
    where: { path },
    cause,
    exitCode: exitCodes.usage,
  });
}

function fileThere(path: string): CqlformError {
  return new CqlformError('FILE_EXISTS', `${path} is there already`, {
    next: 'Run the command again, which takes another name; or move the file away.',
    where: { path },
    exitCode: exitCodes.usage,
  });
}

function codeOf(thrown: unknown): string | null {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : null;
}
