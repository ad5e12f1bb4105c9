import { execFile } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prune } from '../../src/backup/prune.ts';
import { localStore } from '../../src/backup/stores/local.ts';
import { systemClock } from '../../src/cassandra/system-clock.ts';
import { createTable } from '../../src/cql/create.ts';
import type { BackupReference } from '../../src/model/journal.ts';
import type { Table } from '../../src/model/schema.ts';
import type { BlobStore } from '../../src/ports/blobs.ts';
import { cassandraAddress } from '../support/cassandra.ts';
import { type BackupFixture, backupFixture, soon } from './fixture.ts';
import type { Orders } from './killed-child.ts';
import { seeded } from './random.ts';

let fixture: BackupFixture;
let table: Table;
beforeAll(async () => {
  fixture = await backupFixture('backup_killed');
  table = await fixture.table('things', {
    columns: { id: 'int', a: 'text', l: 'list<int>', s: 'set<int>' },
    partitionKey: ['id'],
  });
  const random = seeded(8);
  for (let id = 0; id < 400; id += 1) {
    await fixture.cql(
      `INSERT INTO ${fixture.keyspace}.things (id, a, l, s) VALUES (${id}, '${random.bytes(300).toString('hex')}', [1, ${id}, 1], {${id}, 2})`,
    );
  }
});
afterAll(async () => {
  await fixture.close();
});

/** What the child printed, or null when it was killed. */
async function run(work: Orders['work'], dieAt: Orders['dieAt'], folder = fixture.folder): Promise<unknown> {
  const { host, port } = cassandraAddress();
  const { keyspace } = fixture;
  const orders: Orders = { contactPoint: `${host}:${port}`, keyspace, folder, table, dieAt, work };
  return await new Promise((resolve, reject) => {
    const child = join(import.meta.dirname, 'killed-child.ts');
    execFile(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', child, JSON.stringify(orders)],
      (error, stdout, stderr) => {
        if (error === null) resolve(JSON.parse(stdout));
        else if (error.signal === 'SIGKILL') resolve(null);
        else reject(new Error(stderr, { cause: error }));
      },
    );
  });
}

async function objects(store: BlobStore, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}

const day = 24 * 60 * 60 * 1000;

/** Of a backup that nobody makes again, prunings leave nothing, or all of it when it was there. */
async function expectCleared(folder: string): Promise<void> {
  const copy = `${folder}-abandoned`;
  await cp(folder, copy, { recursive: true });
  const store = localStore(copy);
  const request = { forget: [], graceMs: day, dryRun: false, assertHeld: () => undefined };
  for (const days of [8, 9]) {
    const now = new Date(Date.now() + days * day + 1);
    await prune(store, { ...request, now }, { ...systemClock, now: () => now });
  }
  const there = (await objects(store, 'manifests/')).length > 0;
  for (const prefix of ['intents/', 'pruning/', 'garbage/']) expect(await objects(store, prefix)).toEqual([]);
  if (there) expect((await fixture.backupsIn(store).verify('killed', () => undefined)).damage).toEqual([]);
  else expect([...(await objects(store, 'packs/')), ...(await objects(store, 'indexes/'))]).toEqual([]);
}

describe('a backup killed at any write', () => {
  it('is not a backup, or a whole one, and the next try makes one out of what is there', {
    timeout: 240_000,
  }, async () => {
    const digest = (await fixture.backups.digest({ table, columns: null }, fixture.context())).digest;
    let kills = 0;
    for (let count = 1; ; count += 1) {
      const folder = join(fixture.folder, String(count));
      const store = localStore(folder);
      const backups = fixture.backupsIn(store);
      const when = count % 2 === 0 ? 'before' : 'after';
      const outcome = await run({ kind: 'create', id: 'killed' }, { count, when }, folder);
      for await (const { id } of backups.list()) {
        expect((await backups.verify(id, () => undefined)).damage).toEqual([]);
      }
      if (outcome !== null) break;
      kills += 1;
      await expectCleared(folder);
      const packs = await objects(store, 'packs/');
      const again = await run({ kind: 'create', id: 'killed' }, { count: 0, when }, folder);
      expect(again).toMatchObject({ id: 'killed', valueDigest: digest, rows: 400 });
      expect((await backups.verify('killed', () => undefined)).damage).toEqual([]);
      // whatever the killed one had stored is used, and nothing of its intent stays
      if (packs.length > 0) expect(await objects(store, 'packs/')).toEqual(packs);
      expect(await objects(store, 'intents/')).toEqual([]);
    }
    // intent, pack, its entry in the intent, index, manifest, and the removal of the intent
    expect(kills).toBeGreaterThanOrEqual(6);
  });
});

describe('a restore killed half-way', () => {
  it.each(['new-table', 'exact'] as const)(
    'in mode %s ends at the same table when it is run again',
    { timeout: 120_000 },
    async (mode) => {
      const before = await fixture.read(table, { times: false });
      const backup: BackupReference = await fixture.backup(table);
      if (mode === 'new-table') {
        await fixture.cql(`DROP TABLE ${fixture.keyspace}.things`);
        await fixture.cql(createTable(table, { keyspace: fixture.keyspace, id: null }));
      } else {
        for (let id = 0; id < 400; id += 3)
          await fixture.cql(`UPDATE ${fixture.keyspace}.things SET l = [9], s = {9}, a = null WHERE id = ${id}`);
        await fixture.cql(`DELETE FROM ${fixture.keyspace}.things WHERE id = 5`);
        await fixture.cql(`INSERT INTO ${fixture.keyspace}.things (id, a) VALUES (5000, 'new')`);
      }
      const timestamp = String(soon());
      for (const [attempt, count] of [150, 700, 900].entries()) {
        const work = { kind: 'restore', backup, mode, timestamp, attempt: attempt + 1 } as const;
        expect(await run(work, { count, when: 'after' })).toBeNull();
      }
      const work = { kind: 'restore', backup, mode, timestamp, attempt: 4 } as const;
      const report = await run(work, { count: 0, when: 'after' });
      expect(report).toMatchObject({
        rows: 400,
        staticRows: 0,
        expired: 0,
        digest: backup.valueDigest,
        expected: backup.valueDigest,
      });
      expect(await fixture.read(table, { times: false })).toEqual(before);
    },
  );
});
