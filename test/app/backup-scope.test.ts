import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryOf } from '../../src/app/backup.ts';
import {
  type CreateInput,
  type CreateReport,
  createBackupsNow,
  keyspacesToBackUp,
} from '../../src/app/backup-create.ts';
import { partitionNamed, tokensNamed } from '../../src/app/backup-span.ts';
import { localStore } from '../../src/backup/stores/local.ts';
import { ownKeyspace, temporaryFolder } from '../backup/fixture.ts';
import { type RowsFixture, rowsFixture } from '../cassandra/rows-fixture.ts';
import { backUp, inPlace, type Place, restore, storeOf } from './restore-project.ts';

let fixture: RowsFixture;
let place: Place;
let other: string;
beforeAll(async () => {
  fixture = await rowsFixture(ownKeyspace('app_scope'));
  place = { folder: await temporaryFolder(), keyspace: fixture.keyspace };
  // begins as Cassandra's own do, and is a user's all the same
  other = `system_${fixture.keyspace}`;
  const { cql, keyspace } = fixture;
  await cql(`CREATE TABLE ${keyspace}.notes (house text, no int, c int, v text, PRIMARY KEY ((house, no), c))`);
  await cql(`CREATE INDEX notes_by_v ON ${keyspace}.notes (v)`);
  for (let no = 0; no < 20; no += 1) {
    for (let c = 0; c < 3; c += 1) {
      await cql(`INSERT INTO ${keyspace}.notes (house, no, c, v) VALUES ('a', ${no}, ${c}, 'v${c}')`);
    }
  }
  await cql(`CREATE KEYSPACE ${other} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`);
  await cql(`CREATE TABLE ${other}.empty (id int PRIMARY KEY)`);
});
afterAll(async () => {
  await fixture.cql(`DROP KEYSPACE IF EXISTS ${other}`);
  await fixture.close();
  await rm(place.folder, { recursive: true, force: true });
});

function create(keyspaces: readonly string[], more: Partial<CreateInput>): Promise<readonly CreateReport[]> {
  return inPlace(place, (session) =>
    createBackupsNow(session, keyspaces, {
      ...{ tables: [], columns: null, label: null, to: storeOf(place), strategy: 'incremental', consistency: 'QUORUM' },
      onProgress: () => undefined,
      signal: new AbortController().signal,
      ...more,
    }),
  );
}

async function countOf(where = ''): Promise<number> {
  const { rows } = await fixture.connection.client.execute(`SELECT c FROM ${place.keyspace}.notes ${where}`);
  return rows.length;
}

async function manifestOf(id: string): Promise<Record<string, unknown>> {
  const store = localStore(`${place.folder}/store`);
  for await (const { key } of store.list('manifests/')) {
    const { manifest } = JSON.parse(Buffer.from((await store.get(key)) ?? []).toString('utf8'));
    if (manifest.id === id) return manifest;
  }
  throw new Error('no manifest');
}

describe('a backup of some partitions', () => {
  it('holds one by its key, and a restore touches no other', async () => {
    const span = partitionNamed('["a", 7]');
    const [made] = await create([place.keyspace], { tables: ['notes'], span });
    const [{ tokens, rows } = { tokens: null, rows: 0 }] = made?.tables ?? [];
    expect(rows).toBe(3);
    expect(tokens?.first).toBe(tokens?.last);
    expect((await manifestOf(made?.id ?? ''))['format']).toEqual({ major: 2, minor: 1 });
    await fixture.cql(`DELETE FROM ${place.keyspace}.notes WHERE house = 'a' AND no = 7 AND c = 1`);
    await fixture.cql(`INSERT INTO ${place.keyspace}.notes (house, no, c, v) VALUES ('a', 7, 99, 'new')`);
    await fixture.cql(`INSERT INTO ${place.keyspace}.notes (house, no, c, v) VALUES ('a', 8, 99, 'new')`);
    const [table] = (await restore(place, { id: made?.id ?? '', way: 'exact' })).tables;
    expect(table).toMatchObject({ rows: 3, deleted: 1 });
    expect(table?.digest).toBe(table?.expected);
    expect(await countOf(`WHERE house = 'a' AND no = 7`)).toBe(3);
    expect(await countOf()).toBe(61);

    await expect(create([place.keyspace], { span: partitionNamed('7') })).rejects.toMatchObject({ code: 'USAGE' });
    await expect(create([place.keyspace], { span: partitionNamed('["a", "x"]') })).rejects.toThrow('no: ');
  });

  it('holds a range of tokens; two halves are the whole, and neither is taken for it', async () => {
    const halves = ['-9223372036854775808:0', '1:9223372036854775807'];
    const counts: number[] = [];
    for (const range of halves) {
      const [made] = await create([place.keyspace], { span: tokensNamed(range) });
      counts.push(made?.tables[0]?.rows ?? 0);
      await inPlace(place, async (session) => {
        const repository = await repositoryOf(session, storeOf(place));
        expect((await repository.verify(made?.id ?? '', () => undefined)).damage).toEqual([]);
      });
    }
    expect(counts.every((count) => count > 0)).toBe(true);
    expect(counts[0] ?? 0).toBe((await countOf()) - (counts[1] ?? 0));
    const choice = { id: null, label: null, at: new Date(), tables: [], keyspace: place.keyspace, cluster: null };
    await expect(restore(place, { choice, way: 'exact' })).rejects.toMatchObject({ code: 'BACKUP_UNKNOWN' });
    for (const wrong of ['1', '2:1', 'a:b', '0:9223372036854775808'])
      expect(() => tokensNamed(wrong)).toThrow('no range of tokens');
  });
});

describe('a backup of several keyspaces', () => {
  it('is one of each, with what is defined beside the tables, which is made again', async () => {
    const all = await inPlace(place, (session) => keyspacesToBackUp(session));
    expect(all).toEqual(expect.arrayContaining([place.keyspace, other]));
    expect(
      all.filter((name) => /^(?:system(?:_auth|_schema|_traces|_distributed)?|cqlform(?:_.*)?)$/.test(name)),
    ).toEqual([]);
    const made = await create([place.keyspace, other], { label: 'both' });
    expect(made.map(({ keyspace }) => keyspace)).toEqual([place.keyspace, other]);
    const manifest = await manifestOf(made[0]?.id ?? '');
    expect(manifest['format']).toEqual({ major: 1, minor: 2 });
    expect(manifest['grants']).toEqual({ kind: 'none' });
    expect(manifest['definitions']).toMatchObject({ indexes: [{ name: 'notes_by_v', table: 'notes' }], views: [] });
    const [notes] = (await restore(place, { id: made[0]?.id ?? '', create: true }, other)).tables;
    expect(notes).toMatchObject({ created: true, beside: [{ name: 'notes_by_v', refused: null }] });
    const { schema } = await inPlace({ ...place, keyspace: other }, ({ cluster }) => cluster.describe(other));
    expect(Object.keys(schema.indexes)).toEqual(['notes_by_v']);
    expect((await backUp({ ...place, keyspace: other }, ['notes'])).tables[0]?.valueDigest).toBe(notes?.digest);
  });
});
