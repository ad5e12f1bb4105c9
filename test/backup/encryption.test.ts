import { randomBytes } from 'node:crypto';
import { cp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Secret } from '../../src/backup/encryption/key-file.ts';
import { SealedNames } from '../../src/backup/encryption/names.ts';
import { addKey, beginSealed, listKeys, removeKey, unlock } from '../../src/backup/encryption/repository-keys.ts';
import { seal, unseal } from '../../src/backup/encryption/seal.ts';
import { clearStore, sealedStore } from '../../src/backup/encryption/sealed-store.ts';
import { isKey } from '../../src/backup/stores/key.ts';
import { localStore } from '../../src/backup/stores/local.ts';
import { systemClock } from '../../src/cassandra/system-clock.ts';
import type { BackupReference } from '../../src/model/journal.ts';
import type { Table } from '../../src/model/schema.ts';
import type { BlobStore } from '../../src/ports/blobs.ts';
import { type BackupFixture, backupFixture, temporaryFolder } from './fixture.ts';

const passphrase = (text: string): Secret => ({ kind: 'passphrase', read: () => text });
const keyOf = (byte: number): Secret => ({ kind: 'command', read: () => Buffer.alloc(32, byte) });
/** A key, not a passphrase: making the key of a passphrase takes long on purpose. */
const secret = keyOf(1);
const other = passphrase('Tr0ub4dor and some more');
const now = '2026-11-22T12:00:00.000Z';

describe('a sealed object', () => {
  const master = randomBytes(32);
  const sealed = seal(master, 'packs/ab', Buffer.from('what nobody may read'));

  it('opens under its own key, and holds nothing readable', () => {
    expect(Buffer.from(unseal(master, 'packs/ab', sealed) ?? []).toString()).toBe('what nobody may read');
    expect(Buffer.from(sealed).includes('nobody')).toBe(false);
    expect(Buffer.compare(sealed, seal(master, 'packs/ab', Buffer.from('what nobody may read')))).not.toBe(0);
  });

  it('does not open with any bit changed, cut short, lengthened, moved, or with another key', () => {
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(unseal(master, 'packs/ab', changed), `bit ${bit}`).toBeNull();
    }
    for (let length = 0; length < sealed.length; length += 1) {
      expect(unseal(master, 'packs/ab', sealed.subarray(0, length))).toBeNull();
    }
    expect(unseal(master, 'packs/ab', Buffer.concat([sealed, Buffer.from([0])]))).toBeNull();
    expect(unseal(master, 'packs/cd', sealed)).toBeNull();
    expect(unseal(randomBytes(32), 'packs/ab', sealed)).toBeNull();
  });
});

describe('the name of a sealed object', () => {
  it('gives its key back, is the same each time, and fits every store', () => {
    const names = new SealedNames(randomBytes(32));
    for (const key of [
      'manifests/20261122-shop.json',
      `packs/ab/${'a'.repeat(64)}.pack`,
      'newest/shop/films.json',
      'x',
    ]) {
      const name = names.nameOf(key);
      expect(names.keyOf(name)).toBe(key);
      expect(names.nameOf(key)).toBe(name);
      expect(isKey(name), name).toBe(true);
      expect(Math.max(...name.split('/').map((part) => part.length))).toBeLessThan(255);
    }
    const name = names.nameOf('manifests/shop.json');
    expect(name).not.toContain('shop');
    expect(new SealedNames(randomBytes(32)).keyOf(name)).toBeNull();
    for (const made of [
      'manifests/shop.json',
      `${name}0`,
      name.slice(0, -1),
      name.replace('manifests', 'packs'),
      'manifests/',
    ]) {
      expect(names.keyOf(made), made).toBeNull();
    }
  });
});

describe('an encrypted repository', () => {
  let fixture: BackupFixture;
  let folder: string;
  let table: Table;
  let backup: BackupReference;
  const at = (store: BlobStore, key: Secret | null): BlobStore =>
    key === null ? clearStore(store) : sealedStore(store, key, systemClock);
  const filesIn = async (root: string): Promise<string[]> =>
    (await readdir(root, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));

  beforeAll(async () => {
    fixture = await backupFixture('backup_encryption');
    folder = await temporaryFolder();
    table = await fixture.table('diaries', { columns: { id: 'int', a: 'text' }, partitionKey: ['id'] });
    const writer = fixture.rows.write({ keyspace: fixture.keyspace, table, types: {}, consistency: 'ONE' });
    for (let index = 0; index < 500; index += 1) {
      const id = Buffer.alloc(4);
      id.writeInt32BE(index);
      const cells = { a: Buffer.from(`a very private line ${index} ${index % 7 === 0 ? 'ÿ' : ''}`) };
      await writer.write({ kind: 'insert', partitionKey: [id], clusteringKey: [], cells, timestamp: 1000n, ttl: 0 });
    }
    await writer.flush();
    const backups = fixture.backupsIn(at(localStore(folder), secret));
    const scope = { table, columns: null, tableId: '00000000-0000-0000-0000-000000000000' };
    const request = { id: 'first', label: null, scopes: [scope], consistency: 'ALL', secondPasses: 2 } as const;
    const more = { allowStillWritten: false, ledgerHead: 'none' };
    const [made] = await backups.create({ ...request, ...more }, fixture.context());
    if (made === undefined) throw new Error('no backup');
    backup = made;
  });
  afterAll(async () => {
    await fixture.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('restores what it holds, and shows neither rows nor names', async () => {
    const backups = fixture.backupsIn(at(localStore(folder), secret));
    expect((await backups.verify('first', () => undefined)).damage).toEqual([]);
    for (const file of await filesIn(folder)) {
      const text = `${relative(folder, file)}\n${(await readFile(file)).toString('latin1')}`;
      for (const hidden of ['private', 'diaries', fixture.keyspace, 'first.json']) expect(text).not.toContain(hidden);
    }
    const into = await fixture.table('diaries_again', { columns: { id: 'int', a: 'text' }, partitionKey: ['id'] });
    expect(backup.rows).toBe(500);
    const report = await backups.restore(
      { backup, into, mode: 'new-table', renamed: {}, timestamp: BigInt(Date.now()) * 1000n },
      fixture.context(),
    );
    expect(report.digest).toBe(report.expected);
  });

  it('is closed to those without its secret, and takes nothing in the clear', async () => {
    for (const key of [null, other, keyOf(2)]) {
      const backups = fixture.backupsIn(at(localStore(folder), key));
      await expect(backups.verify('first', () => undefined)).rejects.toMatchObject({ code: 'BACKUP_LOCKED' });
      await expect(backups.list()[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'BACKUP_LOCKED' });
      const store = at(localStore(folder), key);
      await expect(store.put('manifests/x.json', Buffer.from('x'))).rejects.toMatchObject({ code: 'BACKUP_LOCKED' });
    }
  });

  it('reads a repository in the clear, and does not mix with it', async () => {
    const clear = localStore(await temporaryFolder());
    await clear.put('manifests/old.json', Buffer.from('old'));
    const store = at(clear, secret);
    expect(Buffer.from((await store.get('manifests/old.json')) ?? []).toString()).toBe('old');
    await expect(store.put('manifests/new.json', Buffer.from('x'))).rejects.toMatchObject({
      code: 'REPOSITORY_IN_CLEAR',
    });
  });

  it('has one data key, also when many begin it at once', async () => {
    const store = localStore(await temporaryFolder());
    const begun = await Promise.all(Array.from({ length: 4 }, () => beginSealed(store, secret, now)));
    expect(new Set(begun.map(({ bytes }) => Buffer.from(bytes).toString('hex'))).size).toBe(1);
  });

  it('can change its passphrase without a byte of data written again, and never loses the last one', async () => {
    const root = await temporaryFolder();
    await cp(folder, root, { recursive: true });
    const store = localStore(root);
    const data = await unlock(store, secret);
    if (data === null) throw new Error('no key');
    const before = (await filesIn(root)).length;
    await expect(removeKey(store, '1', secret)).rejects.toMatchObject({ code: 'BACKUP_KEY_LAST' });
    const added = await Promise.all([
      addKey(store, data, { secret: other, label: 'night', createdAt: now }),
      addKey(store, data, { secret: keyOf(3), label: 'vault', createdAt: now }),
    ]);
    expect(added.map(({ slot }) => slot).sort()).toEqual(['2', '3']);
    // nobody has shown yet that the others open anything
    await expect(removeKey(store, '1', secret)).rejects.toMatchObject({ code: 'BACKUP_KEY_IN_USE' });
    await removeKey(store, '1', other);
    await expect(removeKey(store, '1', other)).rejects.toMatchObject({ code: 'BACKUP_KEY_UNKNOWN' });
    expect((await listKeys(store)).map(({ label }) => label).sort()).toEqual(['night', 'vault']);
    expect((await filesIn(root)).length).toBe(before + 1);
    for (const key of [other, keyOf(3)]) {
      const backups = fixture.backupsIn(at(localStore(root), key));
      expect((await backups.verify('first', () => undefined)).damage).toEqual([]);
    }
    for (const key of [secret, passphrase('Tr0ub4dor and some less')]) {
      await expect(unlock(store, key)).rejects.toMatchObject({ code: 'BACKUP_LOCKED' });
    }
    // Each has seen both keys before either is gone.
    let [asked, both] = [0, (): void => undefined];
    const all = new Promise<void>((resolve) => {
      both = resolve;
    });
    const together: BlobStore = {
      name: store.name,
      put: (...given) => store.put(...given),
      get: (key) => store.get(key),
      getRange: (...given) => store.getRange(...given),
      list: (prefix) => store.list(prefix),
      delete: async (key) => {
        asked += 1;
        if (asked === 2) both();
        await all;
        await store.delete(key);
      },
    };
    const night = added[0].slot;
    const removals = ['2', '3'].map((slot) => removeKey(together, slot, slot === night ? keyOf(3) : other));
    expect((await Promise.allSettled(removals)).some(({ status }) => status === 'rejected')).toBe(true);
    expect((await listKeys(store)).length).toBeGreaterThan(0);
  });

  it('tells of a damaged key beside a whole one, which can be removed, and another added', async () => {
    const root = await temporaryFolder();
    await cp(folder, root, { recursive: true });
    const store = localStore(root);
    const data = await unlock(store, secret);
    if (data === null) throw new Error('no key');
    await addKey(store, data, { secret: keyOf(3), label: 'vault', createdAt: now });
    const path = join(root, 'keys', '2.json');
    const bytes = await readFile(path);
    bytes[60] = (bytes[60] ?? 0) ^ 1;
    await writeFile(path, bytes);
    const { damage } = await fixture.backupsIn(at(store, secret)).verify('first', () => undefined);
    expect(damage).toMatchObject([{ object: 'keys/2.json', problem: expect.stringContaining('key file') }]);
    expect((await listKeys(store)).map(({ slot, kind }) => [slot, kind])).toEqual([
      ['1', 'command'],
      ['2', 'damaged'],
    ]);
    await expect(removeKey(store, '1', secret)).rejects.toMatchObject({ code: 'BACKUP_KEY_LAST' });
    expect((await addKey(store, data, { secret: keyOf(3), label: 'vault', createdAt: now })).slot).toBe('3');
    await removeKey(store, '2', secret);
    await rename(join(root, 'keys'), join(root, 'away'));
    const lost = { code: 'BACKUP_KEY_DAMAGED', message: expect.stringContaining('key files are gone') };
    await expect(beginSealed(store, secret, now)).rejects.toMatchObject(lost);
    const listed = fixture.backupsIn(at(store, secret)).list()[Symbol.asyncIterator]();
    await expect(listed.next()).rejects.toMatchObject(lost);
    await rename(join(root, 'away'), join(root, 'keys'));
    expect((await fixture.backupsIn(at(store, keyOf(3))).verify('first', () => undefined)).damage).toEqual([]);
  });

  it('notices a bit changed anywhere in any object, a file cut short, swapped or gone', async () => {
    const objects = (await filesIn(folder)).filter((file) => !/newest|intents|\.unfinished/.test(file));
    expect(objects.length).toBeGreaterThanOrEqual(4);
    const noticed = async (root: string): Promise<boolean> => {
      try {
        const backups = fixture.backupsIn(at(localStore(root), secret));
        return (await backups.verify('first', () => undefined)).damage.length > 0;
      } catch (thrown) {
        return /^(?:BACKUP_(?:DAMAGED|KEY_DAMAGED|LOCKED|MISSING))$/.test((thrown as { code: string }).code);
      }
    };
    const root = await temporaryFolder();
    await cp(folder, root, { recursive: true });
    for (const file of objects) {
      const copy = join(root, relative(folder, file));
      const whole = await readFile(file);
      const offsets = [0, 16, 17, 40, 49, Math.floor(whole.length / 2), whole.length - 17, whole.length - 1];
      for (const offset of offsets.filter((one) => one < whole.length)) {
        const changed = Buffer.from(whole);
        changed[offset] = (changed[offset] ?? 0) ^ 4;
        await writeFile(copy, changed);
        expect(await noticed(root), `${relative(root, copy)} at ${offset}`).toBe(true);
      }
      for (const bytes of [
        whole.subarray(0, -1),
        Buffer.alloc(0),
        await readFile(objects.find((one) => one !== file) ?? ''),
      ]) {
        await writeFile(copy, bytes);
        expect(await noticed(root), `${relative(root, copy)}, ${bytes.length} bytes`).toBe(true);
      }
      await rm(copy);
      expect(await noticed(root), `${relative(root, copy)} gone`).toBe(true);
      await writeFile(copy, whole);
    }
    expect(await noticed(root)).toBe(false);
  });
});
