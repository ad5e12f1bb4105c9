import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localStore } from '../../src/backup/stores/local.ts';
import type { BlobStore } from '../../src/ports/blobs.ts';
import { temporaryFolder } from './fixture.ts';

let folder: string;
let store: BlobStore;
beforeAll(async () => {
  folder = await temporaryFolder();
  store = localStore(folder);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function keys(prefix: string, from = store): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of from.list(prefix)) found.push(key);
  return found.sort();
}

describe('a local store', () => {
  it('gives back what was put, whole and in part', async () => {
    await store.put('packs/ab/one.pack', Buffer.from('hello world'));
    expect(Buffer.from((await store.get('packs/ab/one.pack')) ?? []).toString()).toBe('hello world');
    expect(Buffer.from((await store.getRange('packs/ab/one.pack', 6, 3)) ?? []).toString()).toBe('wor');
    expect((await store.getRange('packs/ab/one.pack', 6, 100))?.length).toBe(5);
    expect(await store.get('packs/ab/two.pack')).toBeNull();
    expect(await store.getRange('packs/none/two.pack', 0, 1)).toBeNull();
  });

  it('leaves an object as it is unless told to replace it', async () => {
    await store.put('kept.json', Buffer.from('first'));
    await store.put('kept.json', Buffer.from('second'));
    expect(Buffer.from((await store.get('kept.json')) ?? []).toString()).toBe('first');
    await store.put('kept.json', Buffer.from('second'), { replace: true });
    expect(Buffer.from((await store.get('kept.json')) ?? []).toString()).toBe('second');
    await store.delete('kept.json');
    await store.delete('kept.json');
    expect(await store.get('kept.json')).toBeNull();
  });

  it('lists by prefix, and nothing that is unfinished or not its own', async () => {
    const own = localStore(join(folder, 'listing'));
    expect(await keys('', own)).toEqual([]);
    for (const key of ['a/b/one', 'a/b/two', 'a/bc/three', 'd']) await own.put(key, Buffer.from(key));
    await writeFile(join(folder, 'listing', '.unfinished', '1-2'), 'half');
    await writeFile(join(folder, 'listing', 'Readme.TXT'), 'put here by somebody');
    expect(await keys('', own)).toEqual(['a/b/one', 'a/b/two', 'a/bc/three', 'd']);
    expect(await keys('a/b/', own)).toEqual(['a/b/one', 'a/b/two']);
    expect(await keys('a/b', own)).toEqual(['a/b/one', 'a/b/two', 'a/bc/three']);
    expect(await keys('none/', own)).toEqual([]);
  });

  it('leaves nothing half-written behind, and removes what a killed process left', async () => {
    const own = join(folder, 'swept');
    await mkdir(join(own, '.unfinished'), { recursive: true });
    await writeFile(join(own, '.unfinished', 'old'), 'x');
    await writeFile(join(own, '.unfinished', 'new'), 'x');
    const longAgo = new Date(Date.now() - 48 * 3_600_000);
    await utimes(join(own, '.unfinished', 'old'), longAgo, longAgo);
    await localStore(own).put('object', Buffer.from('x'));
    expect(await readdir(join(own, '.unfinished'))).toEqual(['new']);
  });

  it('leaves no empty folders behind, and loses nothing that is put beside what is deleted', async () => {
    const own = join(folder, 'emptied');
    const stores = [1, 2, 3].map(() => localStore(own));
    const turns = Array.from({ length: 40 }, (_none, turn) => turn);
    await Promise.all(
      stores.map(async (one, index) => {
        for (const turn of turns) {
          const key = `intents/same/${index}-${turn}`;
          await one.put(key, Buffer.from(key));
          expect(Buffer.from((await one.get(key)) ?? []).toString()).toBe(key);
          await one.delete(key);
        }
      }),
    );
    expect(await readdir(join(own, 'intents'))).toEqual([]);
    expect(await readdir(join(own, '.unfinished'))).toEqual([]);
  });

  it('takes the same object from many at once', async () => {
    const bytes = Buffer.alloc(200_000, 7);
    await Promise.all(
      Array.from({ length: 20 }, () => localStore(folder).put('many/at/once', bytes, { replace: true })),
    );
    expect(Buffer.compare(bytes, (await store.get('many/at/once')) ?? Buffer.alloc(0))).toBe(0);
  });

  it.each(['../outside', 'a/../../outside', '/etc/passwd', 'a//b', 'a/./b', '', 'a\0b', '.unfinished/x', 'A', 'a\\b'])(
    'refuses the key %j',
    async (key) => {
      await expect(store.put(key, Buffer.from('x'))).rejects.toMatchObject({ code: 'STORE_KEY' });
      await expect(store.get(key)).rejects.toMatchObject({ code: 'STORE_KEY' });
      await expect(store.delete(key)).rejects.toMatchObject({ code: 'STORE_KEY' });
    },
  );

  it('says so when it may not write, when the folder is a file, and when it is gone', async () => {
    // not even the administrator may make a folder there
    await expect(localStore('/sys/kernel/cqlform').put('a', Buffer.from('x'))).rejects.toMatchObject({
      code: 'STORE_DENIED',
    });
    await writeFile(join(folder, 'a-file'), 'x');
    await expect(localStore(join(folder, 'a-file')).put('a', Buffer.from('x'))).rejects.toMatchObject({
      code: 'STORE_FAILED',
    });
    await symlink(join(folder, 'nowhere'), join(folder, 'dangling'));
    expect(await localStore(join(folder, 'dangling')).get('a')).toBeNull();
  });

  it('says STORE_FULL when there is no room, and keeps nothing of it', async () => {
    const own = join(folder, 'full');
    const program = `
      process.on('SIGXFSZ', () => undefined);
      const { localStore } = await import(${JSON.stringify(resolve('src/backup/stores/local.ts'))});
      const store = localStore(${JSON.stringify(own)});
      await store.put('small', Buffer.alloc(1000));
      try { await store.put('large', Buffer.alloc(400_000)); console.log('stored'); }
      catch (error) { console.log(error.code, '|', error.next); }
    `;
    // the shell lets its children write files of 100 kB at most
    const run = promisify(execFile);
    const { stdout } = await run('bash', [
      '-c',
      'ulimit -f 100; exec "$0" --input-type=module -e "$1"',
      process.execPath,
      program,
    ]);
    expect(stdout).toMatch(/^STORE_FULL \| Make room/);
    expect(await readdir(join(own, '.unfinished'))).toEqual([]);
    expect(await keys('', localStore(own))).toEqual(['small']);
    expect((await readFile(join(own, 'small'))).length).toBe(1000);
  });
});
