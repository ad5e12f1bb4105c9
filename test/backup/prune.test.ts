import { execFile } from 'node:child_process';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prune as pruneStore } from '../../src/backup/prune.ts';
import { retain } from '../../src/backup/retention.ts';
import { appendOnlyStore } from '../../src/backup/stores/append-only.ts';
import { localStore } from '../../src/backup/stores/local.ts';
import { systemClock } from '../../src/cassandra/system-clock.ts';
import type { BackupReference } from '../../src/model/journal.ts';
import type { Table } from '../../src/model/schema.ts';
import type { BlobStore } from '../../src/ports/blobs.ts';
import type { Backups, PruneReport } from '../../src/ports/engines.ts';
import { type BackupFixture, backupFixture, temporaryFolder } from './fixture.ts';
import type { PruneOrders } from './killed-prune-child.ts';

const day = 24 * 60 * 60 * 1000;

describe('retention', () => {
  const made = (id: string, createdAt: string, of = 'all', label: string | null = null) => ({
    id,
    createdAt,
    of,
    label,
  });
  const hours = Array.from({ length: 72 }, (_none, hour) =>
    made(`h${hour}`, new Date(Date.UTC(2026, 10, 20, hour)).toISOString()),
  );
  const kept = (found: ReturnType<typeof retain>): string[] =>
    found.filter(({ reasons }) => reasons.length > 0).map(({ id }) => id);

  it('keeps the newest of each of the newest periods', () => {
    expect(kept(retain(hours, { last: 2 }))).toEqual(['h71', 'h70']);
    expect(kept(retain(hours, { daily: 2 }))).toEqual(['h71', 'h47']);
    expect(kept(retain(hours, { last: 1, hourly: 2, daily: 9 }))).toEqual(['h71', 'h70', 'h47', 'h23']);
    // The 22nd is a Sunday: its week began on the 16th, as that of the other days did.
    expect(retain(hours, { weekly: 3, monthly: 3, yearly: 3 }).filter(({ reasons }) => reasons.length > 0)).toEqual([
      { id: 'h71', reasons: ['weekly week of 2026-11-16', 'monthly 2026-11', 'yearly 2026'] },
    ]);
  });

  it('lets backups of the same things compete, and keeps labels for good', () => {
    const two = [
      ...hours,
      made('other', '2020-01-01T00:00:00.000Z', 'users'),
      made('gold', '2019-01-01T00:00:00.000Z', 'all', 'gold'),
    ];
    expect(kept(retain(two, { last: 1, labels: ['gold'] }))).toEqual(['h71', 'gold', 'other']);
  });
});

describe('pruning', () => {
  let fixture: BackupFixture;
  let store: BlobStore;
  let storeFolder: string;
  let backups: Backups;
  let table: Table;
  const write = async (from: number, to: number, text: string): Promise<void> => {
    const writer = fixture.rows.write({ keyspace: fixture.keyspace, table, types: {}, consistency: 'ONE' });
    for (let index = from; index < to; index += 1) {
      const id = Buffer.alloc(4);
      id.writeInt32BE(index);
      const cells = { a: Buffer.from(`${text} ${index} ${'x'.repeat(200)}`) };
      await writer.write({ kind: 'insert', partitionKey: [id], clusteringKey: [], cells, timestamp: null, ttl: 0 });
    }
    await writer.flush();
  };
  const backup = async (id: string): Promise<BackupReference> => {
    const scope = { table, columns: null, tableId: '00000000-0000-0000-0000-000000000000' };
    const request = { id: `${fixture.keyspace}-${id}`, label: null, scopes: [scope], consistency: 'ALL' } as const;
    const [made] = await backups.create(
      { ...request, secondPasses: 0, allowStillWritten: true, ledgerHead: 'none' },
      fixture.context(),
    );
    if (made === undefined) throw new Error('no backup');
    return made;
  };
  const prune = (forget: readonly string[], later = 0, dryRun = false): Promise<PruneReport> =>
    backups.prune({ forget, now: new Date(Date.now() + later), graceMs: day, dryRun, assertHeld: () => undefined });
  const keysIn = async (prefix: string): Promise<string[]> => {
    const keys: string[] = [];
    for await (const { key } of store.list(prefix)) keys.push(key);
    return keys;
  };
  const whole = async (id: string): Promise<void> =>
    expect((await backups.verify(id, () => undefined)).damage).toEqual([]);

  beforeAll(async () => {
    fixture = await backupFixture('backup_prune');
    storeFolder = await temporaryFolder();
    store = localStore(storeFolder);
    backups = fixture.backupsIn(store);
    table = await fixture.table('things', { columns: { id: 'int', a: 'text' }, partitionKey: ['id'] });
    await write(0, 2000, 'old');
  });
  afterAll(() => fixture.close());

  it('lists what nothing needs, deletes it a day later, and leaves every other backup whole', async () => {
    const first = await backup('first');
    await write(0, 1000, 'new');
    const second = await backup('second');
    const before = await keysIn('');
    expect(await prune([first.id], 0, true)).toMatchObject({ forgotten: 1, deleted: 0 });
    expect(await keysIn('')).toEqual(before);

    const marking = await prune([first.id]);
    expect(marking).toMatchObject({ forgotten: 1, deleted: 0, waiting: 0 });
    expect(marking.marked).toBeGreaterThan(0);
    expect((await keysIn('packs/')).length).toBe(before.filter((key) => key.startsWith('packs/')).length);
    expect(await prune([])).toMatchObject({ marked: 0, deleted: 0, waiting: marking.marked });
    expect(await prune([], day + 1)).toMatchObject({ deleted: marking.marked, deletedBytes: marking.markedBytes });
    expect(await prune([], 2 * day)).toMatchObject({ marked: 0, deleted: 0, waiting: 0 });
    expect(await keysIn('garbage/')).toEqual([]);
    expect(await keysIn('pruning')).toEqual([]);
    await whole(second.id);
    await expect(backups.verify(first.id, () => undefined)).rejects.toMatchObject({ code: 'BACKUP_MISSING' });
  });

  it('killed at any put or delete, in either phase, loses nothing and leaves nothing for good', {
    timeout: 120_000,
  }, async () => {
    await write(0, 2000, 'killed');
    const first = await backup('kill-first');
    await write(0, 1000, 'killed later');
    const kept = await backup('kill-kept');
    const others: string[] = [];
    for await (const { id } of backups.list()) if (id !== first.id && id !== kept.id) others.push(id);
    const start = Date.now();
    /** Prunes in a process of its own; false when it was killed. */
    const run = (folder: string, days: number, dieAt: PruneOrders['dieAt']): Promise<boolean> => {
      const now = new Date(start + days * (day + 1)).toISOString();
      const orders: PruneOrders = { folder, forget: days === 0 ? [first.id, ...others] : [], now, graceMs: day, dieAt };
      return new Promise((resolve, reject) => {
        const child = join(import.meta.dirname, 'killed-prune-child.ts');
        execFile(
          process.execPath,
          ['--disable-warning=ExperimentalWarning', child, JSON.stringify(orders)],
          (error, _stdout, stderr) => {
            if (error === null) resolve(true);
            else if (error.signal === 'SIGKILL') resolve(false);
            else reject(new Error(stderr, { cause: error }));
          },
        );
      });
    };
    const never = { count: 0, when: 'after' } as const;
    const ended = async (folder: string): Promise<string[]> => {
      for (const days of [0, 1, 2]) {
        const now = new Date(start + days * (day + 1));
        const request = { forget: days === 0 ? [first.id, ...others] : [], now, graceMs: day, dryRun: false };
        await pruneStore(
          localStore(folder),
          { ...request, assertHeld: () => undefined },
          { ...systemClock, now: () => now },
        );
      }
      const keys: string[] = [];
      for await (const { key } of localStore(folder).list('')) keys.push(key);
      return keys.filter((key) => !key.startsWith('newest/')).sort();
    };
    const copied = async (from: string): Promise<string> => {
      const folder = await temporaryFolder();
      await cp(from, folder, { recursive: true });
      return folder;
    };
    const expected = await ended(await copied(storeFolder));
    expect(expected.some((key) => /^(?:garbage|pruning|intents)/.test(key))).toBe(false);
    const marked = await copied(storeFolder);
    expect(await run(marked, 0, never)).toBe(true);
    for (const [days, from] of [
      [0, storeFolder],
      [1, marked],
    ] as const) {
      for (let count = 1; ; count += 1) {
        const folder = await copied(from);
        const whole = await run(folder, days, { count, when: count % 2 === 0 ? 'before' : 'after' });
        const there = fixture.backupsIn(localStore(folder));
        expect((await there.verify(kept.id, () => undefined)).damage).toEqual([]);
        // One that was to go is there whole, or not at all.
        for await (const { id } of there.list()) {
          if (id === first.id) expect((await there.verify(id, () => undefined)).damage).toEqual([]);
        }
        expect(await ended(folder)).toEqual(expected);
        await rm(folder, { recursive: true });
        if (whole) break;
        expect(count).toBeLessThan(40);
      }
    }
  });

  it('spares what a backup that came in between uses, and what one under way may use', async () => {
    const [second] = (await keysIn('manifests/')).map(() => `${fixture.keyspace}-second`);
    const { marked } = await prune([String(second)]);
    expect(marked).toBeGreaterThan(0);
    // The same rows in the same packs, which are listed as garbage now.
    const third = await backup('third');
    await store.put(
      `intents/other/begun.json`,
      Buffer.from(`{"createdAt":"${new Date().toISOString()}","id":"other"}`),
    );
    expect(await prune([], day + 1)).toMatchObject({ deleted: 0, alive: ['other'] });
    await whole(third.id);
    // A week later it is taken for dead.
    await prune([], 8 * day);
    expect(await keysIn('intents/')).toEqual([]);
    expect(await prune([], 10 * day)).toMatchObject({ deleted: 0, alive: [] });
    await whole(third.id);
  });

  it('does not wait for a backup or a copy that failed, whose packs the next try uses', async () => {
    await write(5000, 5200, 'failing');
    const full = new Error('no room');
    const failing: BlobStore = {
      name: store.name,
      put: (key, ...given) => (key.startsWith('manifests/') ? Promise.reject(full) : store.put(key, ...given)),
      get: (key) => store.get(key),
      getRange: (...given) => store.getRange(...given),
      list: (prefix) => store.list(prefix),
      delete: (key) => store.delete(key),
    };
    const sound = backups;
    const before = (await keysIn('packs/')).length;
    backups = fixture.backupsIn(failing);
    await expect(backup('full')).rejects.toBe(full);
    backups = sound;
    expect((await keysIn('packs/')).length).toBe(before + 1);
    expect(await keysIn('intents/')).toHaveLength(1);
    const made = await backup('again');
    expect((await keysIn('packs/')).length).toBe(before + 1);
    const from = fixture.backupsIn(localStore(await temporaryFolder()));
    backups = from;
    await backup('copied');
    backups = sound;
    const copying = from.mirror({ into: failing, onProgress: () => undefined, assertHeld: () => undefined });
    await expect(copying[Symbol.asyncIterator]().next()).rejects.toBe(full);
    expect(await prune([])).toMatchObject({ alive: [] });
    expect(await keysIn('intents/')).toEqual([]);
    const append = appendOnlyStore(failing);
    backups = fixture.backupsIn(append);
    await expect(backup('append-only')).rejects.toBe(full);
    backups = sound;
    expect((await keysIn('intents/')).some((key) => key.endsWith('/failed.json'))).toBe(true);
    expect(await prune([])).toMatchObject({ alive: [] });
    await whole(made.id);
  });

  it('keeps a backup waiting, and ends one that it took for dead', async () => {
    const marks = ['pruning/one.json', 'pruning/other.json'];
    for (const key of marks) await store.put(key, Buffer.from(`{"at":"${new Date().toISOString()}"}`));
    await store.put('pruning/dead.json', Buffer.from(`{"at":"${new Date(Date.now() - day).toISOString()}"}`));
    let done = false;
    const waiting = backup('waiting').then((made) => {
      done = true;
      return made;
    });
    await expect.poll(() => keysIn('intents/')).toHaveLength(1);
    for (const key of marks) {
      expect(done).toBe(false);
      await store.delete(key);
    }
    await whole((await waiting).id);

    await write(3000, 3100, 'more');
    const [taken] = await Promise.allSettled([
      backups.create(
        {
          ...{ id: `${fixture.keyspace}-taken`, label: null, consistency: 'ALL', secondPasses: 0, ledgerHead: 'none' },
          ...{ allowStillWritten: true, scopes: [{ table, columns: null, tableId: '' }] },
        },
        fixture.context({
          onProgress: () => void store.delete(`intents/${fixture.keyspace.replaceAll('_', '_5f')}-taken/begun.json`),
        }),
      ),
    ]);
    expect(taken).toMatchObject({ status: 'rejected', reason: { code: 'BACKUP_ABANDONED' } });
  });

  it('refuses to begin when it cannot tell what is needed', async () => {
    await store.put('manifests/broken.json', Buffer.from('{'));
    const before = await keysIn('');
    await expect(prune([], 20 * day)).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
    // But for the mark of a pruning that died.
    expect(await keysIn('')).toEqual(before.filter((key) => !key.startsWith('pruning/')));
  });
});
