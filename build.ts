/** Compiles src/ into dist/: programs by the bundler, their types by the compiler. */
import { spawnSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundle, place } from './bundle.ts';

const root = import.meta.dirname;
const fresh = join(root, `node_modules/.cache/cqlform-build-${process.pid}`);

try {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const words = [compiler, '-p', join(root, 'tsconfig.build.json'), '--outDir', fresh];
  const { status } = spawnSync(process.execPath, words, { stdio: 'inherit' });
  process.exitCode = status ?? 1;
  if (status === 0) {
    await bundle(fresh);
    chmodSync(join(fresh, 'bin.js'), 0o755);
    place(fresh, join(root, 'dist'));
  }
} finally {
  rmSync(fresh, { recursive: true, force: true });
}
