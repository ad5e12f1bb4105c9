import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryOf } from '../../src/app/backup.ts';
import { type CreateInput, type CreateReport, createBackupsNow } from '../../src/app/backup-create.ts';
import { drillBackup } from '../../src/app/backup-drill.ts';
import { compressionNamed, placeForPlain, tablesNamed } from '../../src/app/backup-form.ts';
import { createBackups } from '../../src/backup/backups.ts';
import { sealedStore } from '../../src/backup/encryption/sealed-store.ts';
import { localStore } from '../../src/backup/stores/local.ts';
import { systemClock } from '../../src/cassandra/system-clock.ts';
import type { Backups } from '../../src/ports/engines.ts';
import { ownKeyspace, temporaryFolder } from '../backup/fixture.ts';
import { type RowsFixture, rowsFixture } from '../cassandra/rows-fixture.ts';
import { inPlace, type Place, restore, storeOf } from './restore-project.ts';

const secret = { kind: 'passphrase', read: () => 'correct horse battery' } as const;

let fixture: RowsFixture;
let place: Place;
beforeAll(async () => {
  fixture = await rowsFixture(ownKeyspace('app_plain'));
  place = { folder: await temporaryFolder(), keyspace: fixture.keyspace };
  const { cql, keyspace } = fixture;
  await cql(`CREATE TABLE ${keyspace}.notes (id int, c int, v text, w text, s text static, PRIMARY KEY (id, c))`);
  for (let id = 0; id < 10; id += 1) {
    await cql(`INSERT INTO ${keyspace}.notes (id, c, v, w, s) VALUES (${id}, 1, 'v${id}', 'w', 's') USING TIMESTAMP 5`);
  }
});
afterAll(async () => {
  await fixture.close();
  await rm(place.folder, { recursive: true, force: true });
});

function create(more: Partial<CreateInput>, encrypted = false): Promise<CreateReport> {
  return inPlace(place, async (session) => {
    const project = { ...session.project, backupSecret: encrypted ? secret : null };
    const [made] = await createBackupsNow({ ...session, project }, [place.keyspace], {
      ...{ tables: [], columns: null, label: null, to: storeOf(place), strategy: 'incremental', consistency: 'QUORUM' },
      onProgress: () => undefined,
      signal: new AbortController().signal,
      ...more,
    });
    if (made === undefined) throw new Error('no backup');
    return made;
  });
}

async function tellRows(): Promise<readonly string[]> {
  const { rows } = await fixture.connection.client.execute(
    `SELECT id, c, v, w, s, cast(writetime(v) AS text) AS t FROM ${place.keyspace}.notes`,
  );
  return rows.map((row) => JSON.stringify(row)).sort();
}

describe('plain files', () => {
  it('are refused where backups are encrypted, and with what makes no sense', async () => {
    await expect(create({ format: 'csv' }, true)).rejects.toMatchObject({ code: 'PLAIN_ENCRYPTED', exitCode: 64 });
    await expect(create({ format: 'csv', compression: 'lzma' })).rejects.toMatchObject({ code: 'USAGE' });
    await expect(create({ compression: 'none' })).rejects.toMatchObject({ code: 'USAGE' });
    expect(['gzip', 'gzip:9', 'zstd:22', 'none'].map(compressionNamed)).not.toContain(null);
    expect(['gzip:10', 'zstd:0', 'zip', ''].map(compressionNamed)).toEqual([null, null, null, null]);
    expect(tablesNamed(['shop.movies', 'seen'], 'shop')).toEqual({ keyspace: 'shop', tables: ['movies', 'seen'] });
    expect(() => tablesNamed(['shop.movies', 'seen'], 'other')).toThrow('several keyspaces');
    const stores = new Map([['archive', { kind: 'cluster' } as const]]);
    await inPlace(place, async ({ project }) => {
      const said = ['dir', 'archive', 'cluster', 's3://a/b', undefined];
      const places = said.map((to) => placeForPlain(to, { ...project, stores }));
      expect(places).toEqual(['local:dir', 'archive', 'cluster', 's3://a/b', undefined]);
    });
  });

  it('bring back rows, a partition and columns; are drilled, mirrored under seal, and pruned', async () => {
    const before = await tellRows();
    const all = await create({ format: 'csv' });
    const part = await create({ format: 'csv', tables: ['notes'], span: { kind: 'partition', key: ['3'] } });
    const some = await create({ format: 'csv', tables: ['notes'], columns: ['w'], compression: 'none' });
    expect([all.strategy, all.tables[0]?.rows, part.tables[0]?.rows, some.tables[0]?.rows]).toEqual([
      'full',
      10,
      1,
      10,
    ]);
    await fixture.cql(`TRUNCATE ${place.keyspace}.notes`);
    await restore(place, { id: all.id });
    expect(await tellRows()).toEqual(before);
    await fixture.cql(`DELETE FROM ${place.keyspace}.notes WHERE id = 3 AND c = 1`);
    await restore(place, { id: part.id, way: 'missing' });
    await fixture.cql(`DELETE w FROM ${place.keyspace}.notes WHERE id = 4 AND c = 1`);
    await restore(place, { id: some.id, way: 'missing' });
    const values = (rows: readonly string[]): readonly string[] => rows.map((row) => row.replace(/"t":"\d+"/, ''));
    expect(values(await tellRows())).toEqual(values(before));
    const other = await temporaryFolder();
    await inPlace(place, async (session) => {
      const repository = await repositoryOf(session, storeOf(place));
      const drilled = await drillBackup(session, repository, {
        choice: { id: all.id, label: null, at: null, tables: [], keyspace: place.keyspace, cluster: null },
        ...{ tables: [], fromEnvironment: null, waivers: {}, onProgress: () => undefined },
        signal: new AbortController().signal,
      });
      expect(drilled).toMatchObject({ matches: true });
      const into = sealedStore(localStore(other), secret, systemClock);
      const asked = { ids: [all.id], into, assertHeld: () => undefined, onProgress: () => undefined };
      for await (const { newObjects } of repository.mirror(asked)) expect(newObjects).toBe(4);
      await pruned(repository, [all.id]);
      const { rows, clock } = session;
      const mirrored = createBackups({ rows, clock, cluster: session.identity, store: into });
      expect(await mirrored.verify(all.id, () => undefined)).toMatchObject({ rows: 10, damage: [] });
    });
    const left = new Set<string>();
    for await (const { key } of localStore(join(place.folder, 'store')).list('plain/'))
      left.add(key.split('/')[1] ?? '');
    const folderOf = (folder: string | null): string | undefined => folder?.split('/')[1];
    expect([...left].sort()).toEqual([part.folder, some.folder].map(folderOf).sort());
    await rm(other, { recursive: true });
  });
});

async function pruned(repository: Backups, forget: readonly string[]): Promise<void> {
  const request = { graceMs: 1, dryRun: false, assertHeld: () => undefined };
  await repository.prune({ ...request, forget, now: new Date() });
  await repository.prune({ ...request, forget: [], now: new Date(Date.now() + 1000) });
}

describe('gzip', () => {
  it('packs chunks as well; those of zstd are not shared with it, and a manifest says so', async () => {
    const format = async ({ id }: CreateReport): Promise<number> => {
      const path = join(place.folder, 'store', 'manifests', `${id.replaceAll('_', '_5f')}.json`);
      return JSON.parse(await readFile(path, 'utf8')).manifest.format.major;
    };
    const first = await create({ compression: 'gzip:9' });
    const second = await create({ compression: 'gzip' });
    const third = await create({});
    expect([first, second, third].map(({ newChunks }) => newChunks > 0)).toEqual([true, false, true]);
    expect(await Promise.all([first, second, third].map(format))).toEqual([3, 3, 1]);
    await inPlace(place, async (session) => {
      const repository = await repositoryOf(session, storeOf(place));
      for (const { id } of [first, second, third])
        expect(await repository.verify(id, () => undefined)).toMatchObject({ rows: 10, damage: [] });
      expect(await repository.find(first.id)).toMatchObject({ format: 'chunks', compression: 'gzip' });
    });
    await fixture.cql(`TRUNCATE ${place.keyspace}.notes`);
    const { tables } = await restore(place, { id: second.id });
    expect(tables[0]?.digest).toBe(second.tables[0]?.valueDigest);
  });
});
