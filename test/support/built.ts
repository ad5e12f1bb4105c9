import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bundle, place } from '../../bundle.ts';

const root = resolve(import.meta.dirname, '../..');
const folder = join(root, 'dist-test');
const programs = ['kill-child', 'hold-child'] as const;

/** Where a program that tests start stands as it is built: it starts in half the time that its source takes. */
export function builtProgram(name: (typeof programs)[number]): string {
  return join(folder, 'chunks', `${name}.js`);
}

/** Builds them, before the first test. */
export default async function setup(): Promise<void> {
  const fresh = join(root, `node_modules/.cache/cqlform-programs-${process.pid}`);
  try {
    await bundle(fresh, Object.fromEntries(programs.map((name) => [name, join(root, `test/journeys/${name}.ts`)])));
    place(fresh, folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}
