import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sealedStore } from '../../src/backup/encryption/sealed-store.ts';
import { localStore } from '../../src/backup/stores/local.ts';
import { systemClock } from '../../src/cassandra/system-clock.ts';
import type { BackupReference } from '../../src/model/journal.ts';
import type { Table } from '../../src/model/schema.ts';
import type { BlobStore } from '../../src/ports/blobs.ts';
import type { Backups, MirroredBackup } from '../../src/ports/engines.ts';
import { type BackupFixture, backupFixture, temporaryFolder } from './fixture.ts';
import type { MirrorOrders } from './killed-mirror-child.ts';

const secret = { kind: 'passphrase', read: () => 'correct horse' } as const;

describe('backups in another repository', { timeout: 60_000 }, () => {
  let fixture: BackupFixture;
  let table: Table;
  const made: BackupReference[] = [];
  const folders: string[] = [];
  const folder = async (): Promise<string> => {
    const path = await temporaryFolder();
    folders.push(path);
    return path;
  };
  const write = async (from: number, to: number): Promise<void> => {
    const ids = Array.from({ length: to - from }, (_, at) => from + at);
    await Promise.all(
      ids.map((id) =>
        fixture.cql(`INSERT INTO ${fixture.keyspace}.things (id, a) VALUES (${id}, '${id} ${'x'.repeat(1000)}')`),
      ),
    );
  };
  const mirror = async (from: Backups, into: BlobStore, ids?: readonly string[]): Promise<MirroredBackup[]> => {
    const copied: MirroredBackup[] = [];
    const request = { into, assertHeld: () => undefined, onProgress: () => undefined };
    for await (const one of from.mirror(ids === undefined ? request : { ...request, ids })) copied.push(one);
    return copied;
  };
  const whole = async (backups: Backups): Promise<string[]> => {
    const ids: string[] = [];
    for await (const { id } of backups.list()) {
      expect((await backups.verify(id, () => undefined)).damage).toEqual([]);
      ids.push(id);
    }
    return ids.sort();
  };
  const keysIn = async (store: BlobStore, prefix: string): Promise<string[]> => {
    const keys: string[] = [];
    for await (const { key } of store.list(prefix)) keys.push(key);
    return keys.sort();
  };

  beforeAll(async () => {
    fixture = await backupFixture('backup_mirror');
    table = await fixture.table('things', { columns: { id: 'int', a: 'text' }, partitionKey: ['id'] });
    await write(0, 400);
    made.push(await fixture.backup(table));
    await write(400, 402);
    made.push(await fixture.backup(table));
  });
  afterAll(async () => {
    await fixture.close();
    for (const path of folders) await rm(path, { recursive: true });
  });

  it('lie there whole, sealed where that one is; again, nothing is new', async () => {
    const into = sealedStore(localStore(await folder()), secret, systemClock);
    const first = await mirror(fixture.backups, into);
    expect(first).toMatchObject(made.map(({ id }) => ({ id, there: false })));
    // what the second shares with the first is there
    expect(first[1]?.newBytes).toBeLessThan(first[1]?.bytes ?? 0);
    const there = fixture.backupsIn(into);
    expect(await whole(there)).toEqual(made.map(({ id }) => id).sort());
    for (const { id, manifestHash } of made) expect((await there.find(id))?.manifestHash).toBe(manifestHash);
    expect(await mirror(fixture.backups, into)).toMatchObject([
      { there: true, newObjects: 0 },
      { there: true, newObjects: 0 },
    ]);
    expect(await keysIn(into, 'intents/')).toEqual([]);
    // and back into the clear
    const back = localStore(await folder());
    const [id = ''] = made.map((one) => one.id);
    expect(await mirror(there, back, [id])).toMatchObject([{ id, there: false }]);
    expect(await whole(fixture.backupsIn(back))).toEqual([id]);
    await expect(mirror(there, back, ['nobody'])).rejects.toMatchObject({ code: 'BACKUP_MISSING' });
  });

  it('are mended where they were hurt there, and not copied where they are hurt here', async () => {
    const path = await folder();
    const into = localStore(path);
    await mirror(fixture.backups, into, [made[0]?.id ?? '']);
    // of the first backup, and so of both
    const [pack = ''] = await keysIn(into, 'packs/');
    await mirror(fixture.backups, into);
    for (const key of [(await keysIn(into, 'packs/'))[0] ?? '', (await keysIn(into, 'indexes/'))[0] ?? '']) {
      const bytes = await readFile(join(path, key));
      bytes.writeUInt8(bytes.readUInt8(40) ^ 1, 40);
      await writeFile(join(path, key), bytes);
    }
    const again = await mirror(fixture.backups, into);
    expect(again.reduce((sum, { newObjects }) => sum + newObjects, 0)).toBe(2);
    expect(await whole(fixture.backupsIn(into))).toHaveLength(2);

    await rm(join(path, pack));
    const elsewhere = localStore(await folder());
    await expect(mirror(fixture.backupsIn(into), elsewhere)).rejects.toMatchObject({
      code: 'BACKUP_DAMAGED',
      message: expect.stringContaining(pack),
    });
    expect(await whole(fixture.backupsIn(elsewhere))).toEqual([]);
  });

  it('are there whole or not at all, wherever the copying is killed; the next one ends it', async () => {
    const [id = ''] = made.map((one) => one.id);
    const killed = (orders: MirrorOrders): Promise<boolean> =>
      new Promise((resolve, reject) => {
        const child = join(import.meta.dirname, 'killed-mirror-child.ts');
        const words = ['--disable-warning=ExperimentalWarning', child, JSON.stringify(orders)];
        execFile(process.execPath, words, (error, _stdout, stderr) => {
          if (error === null) resolve(false);
          else if (error.signal === 'SIGKILL') resolve(true);
          else reject(new Error(stderr, { cause: error }));
        });
      });
    for (let count = 1; ; count += 1) {
      const into = await folder();
      const dieAt = { count, when: count % 2 === 0 ? 'before' : 'after' } as const;
      const died = await killed({ from: fixture.folder, into, id, dieAt });
      const there = fixture.backupsIn(localStore(into));
      const found = await whole(there);
      expect(died ? [[], [id]] : [[id]]).toContainEqual(found);
      await mirror(fixture.backups, localStore(into), [id]);
      expect(await whole(there)).toEqual([id]);
      expect(await keysIn(localStore(into), 'intents/')).toEqual([]);
      if (!died) break;
      expect(count).toBeLessThan(30);
    }
  });
});
