import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { rolldown } from 'rolldown';

const root = import.meta.dirname;
/** What the package exports, and its program. */
const modules = ['bin', 'index', 'cassandra', 'files', 'mongodb', 'mysql', 'postgres', 'sqlite'];
/** Libraries that every command needs, and what they need: many files, written with the rest, their licences beside it. */
const inside = [
  'zod',
  'yargs',
  'cliui',
  'wrap-ansi',
  'strip-ansi',
  'ansi-regex',
  'ansi-styles',
  'escalade',
  'get-caller-file',
  'y18n',
  'yargs-parser',
];
/** By the name of a package, what is written in its place. */
const instead = { 'string-width': join(root, 'src/cli/text-width.ts') };
/** What runs in threads of its own. */
const threads = ['app/row-thread', 'cassandra/lease-beat'];

/**
 * Writes src/ into few files, since a program that reads hundreds at its start is slow to start; only what a command
 * does not always need stays apart. Paths that the code reads relative to itself hold in `chunks/` as in a folder of src/.
 * `programs`: other sources to write with it, by name.
 */
export async function bundle(into: string, programs: Readonly<Record<string, string>> = {}): Promise<void> {
  const entries = modules.map((name) => [name, join(root, 'src', `${name}.ts`)]);
  const workers = threads.map((path) => [`chunks/${path.replace(/.*\//, '')}`, join(root, 'src', `${path}.ts`)]);
  const others = Object.entries(programs).map(([name, path]) => [`chunks/${name}`, path]);
  const build = await rolldown({
    cwd: root,
    input: Object.fromEntries([...entries, ...workers, ...others]),
    platform: 'node',
    external: (id) => !id.startsWith('.') && !isAbsolute(id) && !isInside(id),
    resolve: { alias: instead },
    logLevel: 'warn',
  });
  await build.write({
    dir: into,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
  });
  await build.close();
  mkdirSync(join(into, 'licenses'), { recursive: true });
  for (const name of inside) {
    const folder = join(root, 'node_modules', name);
    const licence = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file)) ?? '';
    copyFileSync(join(folder, licence), join(into, 'licenses', `${name}.txt`));
  }
}

/** `yargs`, and `yargs/helpers`. */
function isInside(id: string): boolean {
  return id in instead || inside.some((name) => id === name || id.startsWith(`${name}/`));
}

/**
 * Puts what differs in place, a whole file at a time, and what is no more out of it: nobody meets a file that is half
 * written, also while another build or a program from there is at work.
 */
export function place(fresh: string, at: string): void {
  const built = filesOf(fresh);
  for (const file of built) {
    const placed = join(at, file);
    if (existsSync(placed) && readFileSync(placed).equals(readFileSync(join(fresh, file)))) continue;
    mkdirSync(dirname(placed), { recursive: true });
    renameSync(join(fresh, file), placed);
  }
  const kept = new Set(built);
  for (const file of filesOf(at).filter((one) => !kept.has(one))) rmSync(join(at, file), { force: true });
}

function filesOf(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  // Modules before the entries that import them.
  return files.map((file) => file.slice(folder.length + 1)).toSorted((a, b) => depth(b) - depth(a));
}

function depth(path: string): number {
  return path.split('/').length;
}
