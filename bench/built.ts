import { rmSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { bundle, place } from '../bundle.ts';

const root = resolve(import.meta.dirname, '..');

/** Where a script of a benchmark stands as it is built: types are not taken out while it is measured. */
export async function builtScript(path: string): Promise<string> {
  const name = basename(path, '.ts');
  const fresh = join(root, `node_modules/.cache/cqlform-bench-${process.pid}`);
  const folder = join(root, '.cqlform/bench-built');
  try {
    await bundle(fresh, { [name]: path });
    place(fresh, folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return join(folder, 'chunks', `${name}.js`);
}
