import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withLock } from '../../src/devcluster/lock.ts';

let folder: string;
const source = resolve(import.meta.dirname, '../../src/devcluster/lock.ts');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cqlform-lock-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Runs `work` in a process of its own that holds the lock. */
function holder(path: string, work: string): ReturnType<typeof spawn> {
  const program = `import { withLock } from ${JSON.stringify(source)};
import { readFile, writeFile } from 'node:fs/promises';
await withLock(${JSON.stringify(path)}, { waitMs: 30_000 }, async () => { ${work} });`;
  return spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
}

it('lets processes in one after another, also over a dead holder’s lock', async () => {
  const lock = join(folder, 'count.lock');
  const count = join(folder, 'count');
  await writeFile(count, '0');
  await writeFile(lock, JSON.stringify({ pid: 4_194_303, startMark: 'long ago', nonce: 'dead' }));
  const step = `const n = Number(await readFile(${JSON.stringify(count)}, 'utf8'));
    await new Promise((go) => setTimeout(go, 30));
    await writeFile(${JSON.stringify(count)}, String(n + 1));`;
  const ended = await Promise.all(Array.from({ length: 6 }, () => once(holder(lock, step), 'exit')));
  expect(ended.map(([code]) => code)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(await readFile(count, 'utf8')).toBe('6');
  expect((await readdir(folder)).sort()).toEqual(['count']);
});

it('takes over from a holder that was killed, and names one that lives', async () => {
  const lock = join(folder, 'killed.lock');
  const other = holder(lock, "console.log('in'); await new Promise((go) => setTimeout(go, 60_000));");
  if (other.stdout === null) throw new Error('no output to read');
  await once(other.stdout, 'data');
  const waits: number[] = [];
  const mine = withLock(lock, { waitMs: 300, onWait: (pid) => waits.push(pid) }, async () => 'mine');
  await expect(mine).rejects.toMatchObject({ code: 'LOCK_HELD', fields: { pid: other.pid } });
  expect(waits).toEqual([other.pid]);

  other.kill('SIGKILL');
  await once(other, 'exit');
  expect(await withLock(lock, { waitMs: 5_000 }, async () => 'mine')).toBe('mine');
});
