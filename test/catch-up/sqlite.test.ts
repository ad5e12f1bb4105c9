import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openProject } from '../../src/app/config.ts';
import { withLease } from '../../src/app/lease.ts';
import { withSession } from '../../src/app/session.ts';
import { cassandraAddress } from '../support/cassandra.ts';
import { type TestProject, testProject } from '../support/project.ts';
import { copyInto, Following, type Round } from './following.ts';

const id = '20260101000000_people';
const source = `
import { copy, existing, migration, reject, skip, t, table, transform } from 'cqlform';
import { cassandra } from 'cqlform/cassandra';
import { sqlite } from 'cqlform/sqlite';
const from = sqlite.table('people', { connection: 'shop', key: ['id'], columns: {
  id: sqlite.int(), name: sqlite.text(), town: sqlite.text(), updated_at: sqlite.timestamp() } });
const visitsFrom = sqlite.table('visits', { connection: 'shop', key: ['id'], columns: {
  id: sqlite.int(), place: sqlite.text(), version: sqlite.integer() } });
const people = existing('people', {
  columns: { id: t.int(), name: t.text(), town: t.text(), notes: t.list(t.text()) }, partitionKey: ['id'] });
const visits = table('visits', {
  columns: { place: t.text(), id: t.int(), version: t.bigint() }, partitionKey: ['place'], clusteringKey: ['id'] });
const far = cassandra.table('people', { connection: 'far', keyspace: 'FAR', columns: { id: t.int(), town: t.text() }, partitionKey: ['id'] });
const fromFar = table('from_far', { columns: { id: t.int(), town: t.text() }, partitionKey: ['id'] });
const names = table('names', { columns: { id: t.int(), name: t.text() }, partitionKey: ['id'] });
const towns = table('towns', { columns: { id: t.int(), town: t.text() }, partitionKey: ['id'] });
export default migration({ description: 'People', schema: [visits, towns, names, fromFar], data: [
  copy({ from, into: people, since: { column: 'updated_at', overlap: '1h' }, maxRejects: 1,
    columns: { notes: ({ name, town }) => name === 'nobody' ? reject('nobody') : [name ?? '', town ?? ''] } }),
  transform({ from: visitsFrom, into: visits, since: { column: 'version', overlap: 2 },
    rows: ({ id, place, version }, out) => { if (place === null) return skip('nowhere'); out.emit({ place, id, version }); } }),
  copy({ from: people, into: towns, since: 'writetime' }),
  copy({ from: far, into: fromFar, since: { by: 'writetime', overlap: '10s' } }),
  copy({ from, into: names, since: { column: 'updated_at', overlap: '0s' } }),
] });
`;
/** The table was there before, so that a rollback leaves it, with what it wrote. */
const before = `
import { migration, t, table } from 'cqlform';
const people = table('people', { columns: { id: t.int(), name: t.text(), town: t.text(), notes: t.list(t.text()) }, partitionKey: ['id'] });
export default migration({ description: 'People', schema: [people] });
`;

let project: TestProject;
let shop: DatabaseSync;

const micros = (text: string): bigint => BigInt(Date.parse(text)) * 1000n;
const ok = async (...words: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await project.run(...words);
  expect(code, stderr + stdout).toBe(0);
  return stdout;
};
const person = async (key: number): Promise<Record<string, unknown> | undefined> => {
  const [row] = await project.rows(`SELECT name, town, notes, writetime(name) AS at FROM $ks.people WHERE id = ${key}`);
  return row;
};
const townsOf = async (key: number): Promise<readonly unknown[]> => {
  const tables = ['towns', 'from_far'].map((name) => project.rows(`SELECT town FROM $ks.${name} WHERE id = ${key}`));
  return (await Promise.all(tables)).map(([row]) => row?.['town']);
};
const cql = async (text: string): Promise<void> => {
  await project.client.execute(text.replaceAll('$ks', project.keyspace));
};
const written = (round: Round): number => copyInto(round, 'people').accounts?.written ?? 0;
const apply = ['apply', '--auto-approve', '--no-check'] as const;

beforeAll(async () => {
  project = await testProject({
    address: cassandraAddress(),
    config: `sources: { shop: { file: 'shop.db' }, far: { contactPoints: env('CQLFORM_CONTACT_POINTS'), keyspace: 'elsewhere' } }`,
    migrations: { '20250101000000_before': before },
  });
  await project.write(id, source.replace('FAR', `${project.keyspace}_far`));
  await cql("CREATE KEYSPACE $ks_far WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}");
  await cql('CREATE TABLE $ks_far.people (id int PRIMARY KEY, town text)');
  shop = new DatabaseSync(join(project.folder, 'shop.db'));
  shop.exec(`PRAGMA busy_timeout = 10000;
    CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, town TEXT, updated_at TEXT);
    CREATE TABLE visits (id INTEGER PRIMARY KEY, place TEXT, version INTEGER);
    CREATE INDEX changed ON visits (version);
    INSERT INTO people VALUES (1, 'Ada', 'London', '2026-01-01 10:00:00'),
      (2, 'Bo', 'Oslo', '2026-01-01T10:00:00.250Z'), (3, 'Cy', 'Rome', NULL);
    INSERT INTO visits VALUES (1, 'park', 10), (2, NULL, 11), (3, 'zoo', 12);`);
  const applied = await project.run(...apply, `--allow-destructive=${project.keyspace}.people`);
  expect(applied.code, applied.stderr + applied.stdout).toBe(0);
  const said = (applied.stdout + applied.stderr).replaceAll(/\s+/g, ' ');
  expect(said).toContain('it does not see rows that are deleted');
  expect(said).toContain('people has no index that begins with updated_at');
  expect(said).not.toContain('visits has no index');
});
afterAll(async () => {
  shop.close();
  await cql('DROP KEYSPACE $ks_far');
  await project[Symbol.asyncDispose]();
});

describe('catch-up', { timeout: 180_000 }, () => {
  it('copies what changed, at the time of the change, so that newer writes win in either order', async () => {
    expect(await person(1)).toEqual({
      name: 'Ada',
      town: 'London',
      notes: ['Ada', 'London'],
      at: expect.anything() as unknown,
    });
    const at = async (key: number): Promise<bigint> => BigInt(String((await person(key))?.['at']));
    expect([await at(1), await at(2), await at(3)]).toEqual([
      micros('2026-01-01T10:00:00Z'),
      micros('2026-01-01T10:00:00.250Z'),
      // It tells no time: older than whatever a pass can bring.
      micros('2026-01-01T09:00:00.250Z'),
    ]);

    await using passes = new Following(project);
    shop.exec(`UPDATE people SET town = NULL, updated_at = '2026-01-01 10:05:00' WHERE id = 1;
      INSERT INTO people VALUES (4, 'Di', 'Paris', '2026-01-01 10:06:00');
      INSERT INTO visits VALUES (4, 'zoo', 13); UPDATE visits SET place = 'bar', version = 14 WHERE id = 2;`);
    const round = await passes.until((one) => copyInto(one, 'visits').watermark === '14');
    expect(copyInto(round, 'people').watermark).toBe(String(micros('2026-01-01T10:06:00Z')));
    expect(await person(1)).toMatchObject({ name: 'Ada', town: null, notes: ['Ada', ''] });
    expect(await person(4)).toMatchObject({ name: 'Di', town: 'Paris', notes: ['Di', 'Paris'] });
    const visits = await project.rows('SELECT place, id FROM $ks.visits');
    expect(visits.map((one) => `${one['place']} ${one['id']}`).sort()).toEqual(['bar 2', 'park 1', 'zoo 3', 'zoo 4']);
    // From tables of Cassandra, here and in another cluster, the cells tell when they were written.
    for (const keyspace of ['$ks', '$ks_far']) {
      await cql(`INSERT INTO ${keyspace}.people (id, town) VALUES (9, 'Lima')`);
    }
    const carried = async (): Promise<boolean> => (await townsOf(9)).every((town) => town === 'Lima');
    while (!(await carried())) await passes.until(() => true);

    // The application's write is newer than the change that the pass brings afterwards, …
    const later = micros('2026-01-01T10:20:00Z');
    await cql(`UPDATE $ks.people USING TIMESTAMP ${later} SET town = 'by the application' WHERE id = 2`);
    shop.exec("UPDATE people SET name = 'Bob', town = 'older', updated_at = '2026-01-01 10:10:00' WHERE id = 2");
    await passes.until((one) => copyInto(one, 'people').watermark === String(micros('2026-01-01T10:10:00Z')));
    expect(await person(2)).toMatchObject({ name: 'Bob', town: 'by the application' });
    // … and the other way round: what is written after the pass, but is older than the change.
    const earlier = micros('2026-01-01T10:09:00Z');
    await cql(`UPDATE $ks.people USING TIMESTAMP ${earlier} SET name = 'too late' WHERE id = 2`);
    expect(await person(2)).toMatchObject({ name: 'Bob' });

    // Twice within what the clock tells apart: the second shows, and lists that are written again do not double.
    shop.exec("UPDATE people SET name = 'Aaa', updated_at = '2026-01-01 10:10:00' WHERE id = 4");
    const rounds: number[] = [];
    await passes.until((one) => {
      rounds.push(written(one));
      return rounds.filter((rows) => rows > 0).length === 3;
    });
    expect(await person(4)).toMatchObject({ name: 'Aaa', notes: ['Aaa', 'Paris'] });

    // Where nothing has changed and what commits late has had its time, nothing is read.
    await passes.until((one) => copyInto(one, 'names').accounts === null);
    const { code, stderr } = await passes.stop('SIGTERM');
    expect(code, stderr).toBe(143);
  });

  it('goes on when another run has given back the lease', async () => {
    const released = Promise.withResolvers<void>();
    const taken = Promise.withResolvers<void>();
    const { host, port } = cassandraAddress();
    const other = await openProject({ keyspace: project.keyspace, contactPoints: `${host}:${port}` }, tmpdir());
    const holding = withSession(other, (session) =>
      withLease(session, { leaseTimeoutMs: 30_000, emit: () => undefined }, () => {
        taken.resolve();
        return released.promise;
      }),
    );
    await Promise.race([taken.promise, holding]);
    await using passes = new Following(project, '--lock-timeout', '0');
    await passes.told('warning[LEASE_HELD]');
    released.resolve();
    await holding;
    await passes.until(() => true);
  });

  it('says what it cannot see, and verify finds it', async () => {
    const far = new Date(Date.now() + 3_600_000).toISOString();
    shop.exec(`UPDATE people SET town = 'unseen' WHERE id = 3;
      INSERT INTO people VALUES (5, 'Ed', 'Kyiv', '2026-01-01 10:34:00'), (6, 'Flo', 'Bonn', '${far}');
      DELETE FROM people WHERE id = 1`);
    const shut = await project.run('catch-up', id, '--gate', '--max-lag', '5s', '--json');
    expect(shut.code, shut.stderr).toBe(9);
    expect(JSON.parse(shut.stdout)).toMatchObject({
      open: false,
      copies: [
        { ok: false, lag: { milliseconds: 1_440_000, pending: 1, without: 1, ahead: 1 } },
        { ok: true, lag: { milliseconds: 0, pending: 0, without: 0, ahead: 0 } },
        { ok: true, lag: { pending: 0 } },
        { ok: true, lag: { pending: 0 } },
        { ok: false, lag: { pending: 1 } },
      ],
    });
    const text = await ok('catch-up');
    expect(text).toContain('1 row without updated_at: no pass copies them');
    expect(text).toContain("1 row dated ahead of the source's clock");
    expect(text).toContain('deletions, and changes that leave it as it was, are not seen');
    // The date that lies ahead is no write time: the application could not write over it.
    expect(BigInt(String((await person(6))?.['at']))).toBeLessThan(BigInt(Date.now() + 1000) * 1000n);

    const compared = await project.run('verify', '--json');
    expect(compared.code).toBe(8);
    const [people] = JSON.parse(compared.stdout) as readonly { readonly report: Record<string, unknown> }[];
    expect(people?.report).toMatchObject({ extra: 2, different: 1, missing: 0, newer: 1 });
    shop.exec(
      "UPDATE people SET town = 'by the application' WHERE id = 2; INSERT INTO people VALUES (1, 'Ada', NULL, '2026-01-01 10:05:00')",
    );
    await cql('DELETE FROM $ks.people WHERE id = 9');
    await cql('DELETE FROM $ks.towns WHERE id = 9');
    // What was deleted in the source is nothing that a repair may delete.
    await cql('DELETE town FROM $ks.towns WHERE id = 1');
    await ok('verify', '--repair');
    expect(await person(3)).toMatchObject({ town: 'unseen', notes: ['Cy', 'unseen'] });
  });

  it('keeps its watermark when a pass fails, and goes on when its rows are mended', async () => {
    shop.exec(
      `INSERT INTO people VALUES (7, 'nobody', 'x', '2026-01-01 10:40:00'), (8, 'nobody', 'y', '2026-01-01 10:40:01')`,
    );
    const failed = await project.run('catch-up');
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain('TOO_MANY_REJECTS');
    const history = await ok('history');
    expect(history).toMatch(
      /\d+ passes over changes of \S+-people-people: up to 2026-01-01 10:34:00.000 UTC, the newest: read/,
    );
    expect(history).toMatch(/-people-people: up to .*one has begun and not ended/);
    shop.exec("UPDATE people SET name = 'Gus', updated_at = '2026-01-01 10:40:02' WHERE id = 7");
    // The pass that stopped is brought to its end, up to where it was to go; the next one goes on.
    const [round] = JSON.parse(await ok('catch-up', '--json')) as Round;
    expect(round).toMatchObject({ accounts: { rejected: 1 }, lag: { pending: 1 } });
    expect(await person(7)).toMatchObject({ name: 'Gus' });
  });

  it('begins anew after a rollback, and what it copies shows', async () => {
    await ok('rollback', '--auto-approve', '--to', '20250101000000_before');
    expect(await person(4)).toBeUndefined();
    await ok(...apply, `--allow-destructive=${project.keyspace}.people`);
    expect(await person(4)).toMatchObject({ name: 'Aaa', notes: ['Aaa', 'Paris'] });
    const late = new Date(Date.now() - 1000).toISOString();
    shop.exec(`UPDATE people SET name = 'After', updated_at = '${late}' WHERE id = 4`);
    await ok('catch-up');
    expect(await person(4)).toMatchObject({ name: 'After', notes: ['After', 'Paris'] });
  });

  it('is refused where it has nothing to do', async () => {
    for (const [words, code, what] of [
      [['20250101000000_before'], 64, 'NOTHING_TO_CATCH_UP'],
      [['--gate', '--follow'], 64, 'USAGE'],
    ] as const) {
      const found = await project.run('catch-up', ...words);
      expect([found.code, found.stderr], found.stderr).toEqual([code, expect.stringContaining(what)]);
    }
  });
});
