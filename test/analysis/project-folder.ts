import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Diagnostic } from '../../src/analysis/diagnostic.ts';

const program = fileURLToPath(new URL('../../src/bin.ts', import.meta.url));

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A project's folder that needs no cluster; gone when disposed. */
export interface ProjectFolder extends AsyncDisposable {
  readonly folder: string;
  path(name: string): string;
  /** Writes files by their path in the folder. */
  write(files: Readonly<Record<string, string>>): Promise<void>;
  read(name: string): Promise<string>;
  /** Runs the program from source. */
  run(...words: readonly string[]): Promise<Ended>;
  /** The same, by a process that may write no file larger than that: as on a full disk, what is written is cut off. */
  runCramped(kibibytes: number, ...words: readonly string[]): Promise<Ended>;
  /** What `check --json` finds, by code, with line and column. */
  check(...flags: readonly string[]): Promise<readonly Diagnostic[]>;
}

const config = "import { defineConfig } from 'cqlform';\nexport default defineConfig({ keyspace: 'shop' });\n";

const compiler = fileURLToPath(new URL('../../node_modules/typescript', import.meta.url));

/** `compiler: false`: the project has no TypeScript of its own. */
export async function projectFolder(
  files: Readonly<Record<string, string>> = {},
  options: { readonly compiler: boolean } = { compiler: true },
): Promise<ProjectFolder> {
  const folder = await mkdtemp(join(tmpdir(), 'cqlform-analysis-'));
  const path = (name: string): string => join(folder, name);
  const write: ProjectFolder['write'] = async (more) => {
    for (const [name, text] of Object.entries(more)) {
      await mkdir(dirname(path(name)), { recursive: true });
      await writeFile(path(name), text);
    }
  };
  await mkdir(path('migrations'));
  await mkdir(path('node_modules'));
  if (options.compiler) await symlink(compiler, path('node_modules/typescript'));
  await write({ 'cqlform.config.ts': config, ...files });
  const start = (file: string, words: readonly string[]): Promise<Ended> =>
    new Promise((settle) => {
      const env = { ...process.env, NO_COLOR: '1', NODE_NO_WARNINGS: '' };
      execFile(file, words, { cwd: folder, env }, (error, stdout, stderr) => {
        settle({ code: error === null ? 0 : Number(error.code), stdout, stderr });
      });
    });
  const run: ProjectFolder['run'] = (...words) => start(process.execPath, [program, ...words]);
  return {
    folder,
    path,
    write,
    read: (name) => readFile(path(name), 'utf8'),
    run,
    runCramped: (kibibytes, ...words) =>
      start('bash', ['-c', `ulimit -f ${kibibytes}; exec "$@"`, 'cqlform', process.execPath, program, ...words]),
    check: async (...flags) => {
      const { stdout, stderr } = await run('check', '--json', ...flags);
      if (stdout === '') throw new Error(stderr);
      return (JSON.parse(stdout) as { readonly diagnostics: readonly Diagnostic[] }).diagnostics;
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
