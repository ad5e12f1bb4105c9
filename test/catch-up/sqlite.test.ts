import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cassandraAddress } from '../support/cassandra.ts';
import { type TestProject, testProject } from '../support/project.ts';

const id = '20260101000000_people';
const source = `
import { copy, migration, reject, skip, t, table, transform } from 'cqlform';
import { sqlite } from 'cqlform/sqlite';
const from = sqlite.table('people', { connection: 'shop', key: ['id'], columns: {
  id: sqlite.int(), name: sqlite.text(), town: sqlite.text(), updated_at: sqlite.timestamp() } });
const visitsFrom = sqlite.table('visits', { connection: 'shop', key: ['id'], columns: {
  id: sqlite.int(), place: sqlite.text(), version: sqlite.integer() } });
const people = table('people', { columns: { id: t.int(), name: t.text(), town: t.text(), notes: t.list(t.text()) }, partitionKey: ['id'] });
const visits = table('visits', { columns: { place: t.text(), id: t.int(), version: t.bigint() }, partitionKey: ['place'], clusteringKey: ['id'] });
export default migration({ description: 'People', schema: [people, visits], data: [
  copy({ from, into: people, since: { column: 'updated_at', overlap: '30s' }, maxRejects: 1,
    columns: { notes: ({ name, town }) => name === 'nobody' ? reject('nobody') : [name ?? '', town ?? ''] } }),
  transform({ from: visitsFrom, into: visits, since: { column: 'version', overlap: 2 },
    rows: ({ id, place, version }, out) => { if (place === null) return skip('nowhere'); out.emit({ place, id, version }); } }),
] });
`;

interface Copy {
  readonly title: string;
  readonly watermark: string;
  readonly accounts: {
    readonly read: number;
    readonly written: number;
    readonly skipped: number;
    readonly rejected: number;
  } | null;
  readonly lag: {
    readonly milliseconds: number;
    readonly pending: number;
    readonly without: number;
    readonly ahead: number;
  } | null;
}

let project: TestProject;
let shop: DatabaseSync;
beforeAll(async () => {
  project = await testProject({
    address: cassandraAddress(),
    config: `sources: { shop: { file: 'shop.db' } }`,
    migrations: { [id]: source },
  });
  shop = new DatabaseSync(join(project.folder, 'shop.db'));
  shop.exec(`CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, town TEXT, updated_at TEXT);
    CREATE TABLE visits (id INTEGER PRIMARY KEY, place TEXT, version INTEGER);
    INSERT INTO people VALUES (1, 'Ada', 'London', '2026-01-01 10:00:00'), (2, 'Bo', 'Oslo', '2026-01-01T10:00:00.250Z'), (3, 'Cy', 'Rome', NULL);
    INSERT INTO visits VALUES (1, 'park', 10), (2, NULL, 11), (3, 'zoo', 12);`);
  const { code, stdout, stderr } = await project.run('apply', '--auto-approve', '--no-check');
  expect(code, stdout + stderr).toBe(0);
});
afterAll(async () => {
  shop.close();
  await project[Symbol.asyncDispose]();
});

async function caughtUp(...flags: readonly string[]): Promise<readonly [Copy, Copy]> {
  const { code, stdout, stderr } = await project.run('catch-up', '--json', ...flags);
  expect(code, stderr + stdout).toBe(0);
  const [people, visits] = JSON.parse(stdout) as readonly Copy[];
  if (people === undefined || visits === undefined) throw new Error(stdout);
  return [people, visits];
}

const micros = (text: string): string => String(BigInt(Date.parse(text)) * 1000n);

describe('catch-up', { timeout: 120_000 }, () => {
  it('copies what changed, nulls too, at the time of the change', async () => {
    const first = await project.rows('SELECT id, writetime(name) AS at FROM $ks.people');
    expect(new Map(first.map((row) => [row['id'], String(row['at'])]))).toEqual(
      new Map([
        [1, micros('2026-01-01T10:00:00Z')],
        [2, micros('2026-01-01T10:00:00.250Z')],
        // tells no time: older than whatever a pass brings
        [3, micros('2026-01-01T09:59:30.250Z')],
      ]),
    );
    shop.exec(`UPDATE people SET town = NULL, updated_at = '2026-01-01 10:05:00' WHERE id = 1;
      INSERT INTO people VALUES (4, 'Di', 'Paris', '2026-01-01 10:06:00');
      INSERT INTO visits VALUES (4, 'zoo', 13); UPDATE visits SET place = 'bar', version = 14 WHERE id = 2;`);
    const [people, visits] = await caughtUp();
    expect(people).toMatchObject({
      watermark: micros('2026-01-01T10:06:00Z'),
      accounts: { read: 3, written: 3, rejected: 0 },
    });
    expect(visits).toMatchObject({ watermark: '14', accounts: { read: 4, written: 4 } });
  });
});
