import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryOf } from '../../src/app/backup.ts';
import { type CreateInput, type CreateReport, createBackupNow } from '../../src/app/backup-create.ts';
import { drillBackup } from '../../src/app/backup-drill.ts';
import type { Restored, RestorePreview } from '../../src/app/restore.ts';
import { backupListText, backupText } from '../../src/cli/view/backup.ts';
import { createdText } from '../../src/cli/view/backup-created.ts';
import { previewText } from '../../src/cli/view/backup-restored.ts';
import { paintFor } from '../../src/cli/view/paint.ts';
import type { Backups } from '../../src/ports/engines.ts';
import { ownKeyspace, temporaryFolder } from '../backup/fixture.ts';
import { type RowsFixture, rowsFixture } from '../cassandra/rows-fixture.ts';
import { killable } from './killable.ts';
import { inPlace, inputOf, type Place, restore, storeOf } from './restore-project.ts';

let fixture: RowsFixture;
let place: Place;
const count = 60;
const name = (table: string): string => `${fixture.keyspace}.${table}`;

beforeAll(async () => {
  fixture = await rowsFixture(ownKeyspace('app_untimed'));
  place = { folder: await temporaryFolder(), keyspace: fixture.keyspace };
  const { cql } = fixture;
  await cql(`CREATE TYPE ${name('part')} (a int, b text)`);
  await cql(`CREATE TABLE ${name('kinds')} (p int, c int, s text static, v text, tags set<text>, l list<int>, u part,
    PRIMARY KEY (p, c))`);
  await cql(`CREATE TABLE ${name('ending')} (id int, c int, v text, n int, PRIMARY KEY (id, c))
    WITH default_time_to_live = 86400`);
  await cql(`CREATE TABLE ${name('calm')} (id int PRIMARY KEY, v text)`);
  for (let id = 0; id < count; id += 1) {
    await cql(`INSERT INTO ${name('kinds')} (p, c, s, v, tags, l, u) VALUES (${id % 6}, ${id}, 's', 'v${id}', {'a', 'b'},
      [1, 2, 1], {a: ${id}, b: 'x'}) USING TIMESTAMP ${1_000 + id}`);
    await cql(`INSERT INTO ${name('ending')} (id, c, v, n) VALUES (${id % 6}, ${id}, 'v${id}', ${id})`);
  }
  await cql(`UPDATE ${name('kinds')} USING TTL 86400 SET v = 'ends' WHERE p = 1 AND c = 1`);
  await cql(`INSERT INTO ${name('kinds')} (p, c) VALUES (7, 1)`);
  await cql(`INSERT INTO ${name('ending')} (id, c) VALUES (7, 1)`);
  await cql(`INSERT INTO ${name('calm')} (id, v) VALUES (1, 'one')`);
});
afterAll(async () => {
  await fixture.close();
  await rm(place.folder, { recursive: true, force: true });
});

function create(more: Partial<CreateInput> = {}): Promise<CreateReport> {
  return inPlace(place, (session) =>
    createBackupNow(session, {
      ...{ tables: [], columns: null, label: null, to: storeOf(place), strategy: 'incremental', consistency: 'QUORUM' },
      onProgress: () => undefined,
      signal: new AbortController().signal,
      writeTimes: false,
      ...more,
    }),
  );
}

function repository<T>(work: (backups: Backups) => Promise<T>): Promise<T> {
  return inPlace(place, async (session) => work(await repositoryOf(session, storeOf(place))));
}

async function texts(query: string): Promise<string[]> {
  const { rows } = await fixture.connection.client.execute(query);
  return rows.map((row) => JSON.stringify(row)).sort();
}

/** Write times of cells, and how many of the cells have a TTL. */
async function timesOf(table: string, column = 'v'): Promise<{ readonly times: bigint[]; readonly ttls: number }> {
  const { rows } = await fixture.connection.client.execute(
    `SELECT cast(writetime(${column}) AS text) AS t, ttl(${column}) AS l FROM ${table}`,
  );
  const times = rows.flatMap((row) => (row['t'] === null ? [] : [BigInt(String(row['t']))]));
  return { times: [...new Set(times)], ttls: rows.filter((row) => row['l'] !== null).length };
}

const digests = ({ tables }: Restored | CreateReport): (readonly [string, string])[] =>
  tables.map((one) => [one.table, 'digest' in one ? one.digest : one.valueDigest]);

describe('a backup without write times', () => {
  it('says so, warns of TTLs, shares chunks with its like, and is whole', async () => {
    const report = await create();
    expect(report.tables.map(({ table, ttl }) => [table, ttl])).toEqual([
      ['calm', null],
      ['ending', 'default'],
      ['kinds', 'found'],
    ]);
    const paint = paintFor(false);
    const text = createdText(report, paint);
    expect(text).toContain('without write times and TTLs');
    expect(text).toContain('ending: it has a default TTL; what is restored of this backup stays for good');
    expect(text).toContain('kinds: some of its cells have a TTL');
    expect(text).not.toContain('calm: it');
    const manifest = await readFile(join(place.folder, 'store', 'manifests', `${fileOf(report.id)}.json`), 'utf8');
    expect(JSON.parse(manifest)).toMatchObject({ manifest: { writeTimes: false } });

    const again = await create();
    expect([again.newChunks, again.newBytes, digests(again)]).toEqual([0, 0, digests(report)]);
    const timed = await create({ writeTimes: true });
    expect(timed).toMatchObject({ writeTimes: true, tables: [{ ttl: null }, { ttl: null }, { ttl: null }] });
    // cells that end count in a digest only where nobody knows of their end
    expect(digests(timed).map(([table], at) => [table, digests(timed)[at]?.[1] === digests(report)[at]?.[1]])).toEqual([
      ['calm', true],
      ['ending', false],
      ['kinds', false],
    ]);
    const mixed = { kind: 'mixed', fullEvery: { days: 7 } } as const;
    expect(await create({ tables: ['calm'], strategy: mixed })).toMatchObject({ strategy: 'full' });
    expect(await create({ tables: ['calm'], strategy: mixed })).toMatchObject({ strategy: 'incremental' });
    expect(await create({ tables: ['calm'], strategy: mixed, writeTimes: true })).toMatchObject({ strategy: 'full' });

    await repository(async (backups) => {
      const info = await backups.find(report.id);
      if (info === null) throw new Error('no backup');
      expect(backupListText([info], paint)).toContain('without write times');
      expect(backupText(info, paint)).toContain('no write times and no TTLs are in it');
      expect(await backups.verify(report.id, () => undefined)).toMatchObject({ damage: [], rows: 2 * count + 3 });
      for await (const page of backups.rows(report.id, 'ending'))
        for (const { cells } of page)
          for (const cell of cells)
            if (cell !== null) expect(cell).toMatchObject({ kind: 'value', writeTime: null, expiresAt: null });
    });
  });

  it('is restored at one time, that of the restore, and without TTLs', async () => {
    const report = await create();
    const elsewhere = `${fixture.keyspace}_b`;
    await fixture.cql(
      `CREATE KEYSPACE ${elsewhere} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`,
    );
    try {
      const told: RestorePreview[] = [];
      const begun = BigInt(Date.now()) * 1000n;
      const restored = await restore(
        place,
        { id: report.id, create: true, onPlan: (plan) => told.push(plan) },
        elsewhere,
      );
      expect(told.map((plan) => previewText(plan, paintFor(false))).join()).toContain(
        'the backup has no write times: all is written at one time, that of this restore, and without TTLs',
      );
      expect(digests(restored)).toEqual(digests(report));
      for (const [table, columns] of [
        ['kinds', 'p, c, s, v, tags, l, u'],
        ['ending', '*'],
      ] as const) {
        expect(await texts(`SELECT ${columns} FROM ${elsewhere}.${table}`)).toEqual(
          await texts(`SELECT ${columns} FROM ${name(table)}`),
        );
        const { times, ttls } = await timesOf(`${elsewhere}.${table}`);
        expect([times.length, ttls]).toEqual([1, 0]);
        expect(times[0]).toBeGreaterThanOrEqual(begun);
      }
      // into a table with rows, and out of plain files
      await fixture.cql(`DELETE FROM ${elsewhere}.kinds WHERE p = 1`);
      const plain = await create({ tables: ['kinds'], format: 'csv', compression: 'none' });
      const exact = await restore(place, { id: plain.id, way: 'exact' }, elsewhere);
      expect(digests(exact)).toEqual([['kinds', digests(report)[2]?.[1]]]);
    } finally {
      await fixture.cql(`DROP KEYSPACE ${elsewhere}`);
    }
  });

  it('is drilled, and its restore keeps its time when it is killed and goes on', async () => {
    const report = await create({ tables: ['kinds'], label: 'killed' });
    const choice = { ...inputOf({ id: report.id }, place.keyspace).choice };
    const drilled = await inPlace(place, async (session) =>
      drillBackup(session, await repositoryOf(session, storeOf(place)), {
        ...inputOf({}, place.keyspace),
        choice,
      }),
    );
    expect(drilled).toMatchObject({ matches: true, tables: [{ table: 'kinds' }] });
    await fixture.cql(`CREATE TABLE ${name('again')} (p int, c int, s text static, v text, tags set<text>, l list<int>, u part,
      PRIMARY KEY (p, c))`);
    const wishes = { id: report.id, tables: ['kinds'], into: 'again' } as const;
    expect(await killable(place, { work: 'restore', dieAfter: 40, wishes })).toBeNull();
    const first = await timesOf(name('again'));
    expect(first.times).toHaveLength(1);
    expect(await killable(place, { work: 'restore', dieAfter: 0, wishes })).toMatchObject({
      tables: [{ resumed: true, rows: count + 1 }],
    });
    expect(await timesOf(name('again'))).toEqual({ times: first.times, ttls: 0 });
    expect((await timesOf(name('again'), 's')).times).toEqual(first.times);
    expect(await texts(`SELECT * FROM ${name('again')}`)).toEqual(await texts(`SELECT * FROM ${name('kinds')}`));
  });
});

/** A manifest's name in its folder. */
function fileOf(id: string): string {
  return id.replaceAll(/[^a-z0-9-]/g, (letter) => `_${letter.charCodeAt(0).toString(16)}`);
}
