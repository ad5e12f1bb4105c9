/**
 * Compiles src/ into dist/. npm builds on its own (`npx cqlform` in a clone runs `prepare`), also while another build
 * or a program from dist/ is at work: each build compiles into a folder of its own, then puts what differs in place,
 * a whole file at a time. Nobody meets a file that is missing or half written.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = import.meta.dirname;
const dist = join(root, 'dist');
const fresh = join(root, `node_modules/.cache/cqlform-build-${process.pid}`);

function filesOf(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files.map((file) => file.slice(folder.length + 1));
}

function differs(file: string): boolean {
  const placed = join(dist, file);
  return !existsSync(placed) || !readFileSync(placed).equals(readFileSync(join(fresh, file)));
}

function place(file: string): void {
  mkdirSync(dirname(join(dist, file)), { recursive: true });
  renameSync(join(fresh, file), join(dist, file));
}

try {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const words = [compiler, '-p', join(root, 'tsconfig.build.json'), '--outDir', fresh];
  const { status } = spawnSync(process.execPath, words, { stdio: 'inherit' });
  process.exitCode = status ?? 1;
  if (status === 0) {
    chmodSync(join(fresh, 'bin.js'), 0o755);
    const built = filesOf(fresh);
    for (const file of built.filter(differs)) place(file);
    const kept = new Set(built);
    for (const file of filesOf(dist).filter((placed) => !kept.has(placed))) rmSync(join(dist, file));
  }
} finally {
  rmSync(fresh, { recursive: true, force: true });
}
