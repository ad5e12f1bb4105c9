import { copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AssessedTable, Assessment } from '../../src/model/assessment.ts';
import { cassandraAddress } from '../support/cassandra.ts';
import { type TestProject, testProject } from '../support/project.ts';
import { refusal } from './run.ts';

const movies = join(import.meta.dirname, '../../node_modules/vega-datasets/data/movies.json');
const orders = [
  'Order No;Customer;Zip;Amount;Paid;When;Ref;Items',
  '1;Ann;01234;12.50;yes;2026-01-02T10:00:00Z;8e5ba5e0-6c1f-41ee-b962-0242ac120002;3',
  '2;Bob;99999;NA;no;2026-01-03T10:00:00Z;9e5ba5e0-6c1f-41ee-b962-0242ac120002;NA',
  '3;"Cid; the ""third""";00001;7;yes;2026-01-04T10:00:00Z;;4',
  ...[4, 5, 6, 7, 8, 9].map((n) => `${n};Dan;1000${n};8.10;no;2026-01-0${n}T11:00:00Z;;${n}`),
  '10;Jon;10010;8.10;no;2026-01-11T10:00:00Z;;eleven',
  '11;broken',
  '12;Kim;10012;8.10;no;2026-01-12T10:00:00Z;;12',
];

let project: TestProject;
beforeAll(async () => {
  project = await testProject({ address: cassandraAddress(), config: "sources: { shop: { file: 'shop.db' } }" });
  await project.write('data/orders.csv', `${orders.join('\n')}\n`);
  await copyFile(movies, join(project.folder, 'data/movies.json'));
  const database = new DatabaseSync(join(project.folder, 'shop.db'));
  database.exec(`CREATE TABLE customers (id INTEGER PRIMARY KEY, "E-Mail" TEXT NOT NULL UNIQUE, born DATE, active BOOLEAN,
      seen DATETIME, balance DECIMAL(10,2), photo BLOB, misc);
    CREATE TABLE lines (customer INTEGER NOT NULL, number INTEGER NOT NULL, total REAL, placed TEXT, PRIMARY KEY (customer, number));
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
      INSERT INTO customers SELECT i, 'u' || i || '@x.org', iif(i = 7, 'unknown', date('1990-01-01', '+' || i || ' days')),
        i % 2, 1700000000 + i, i / 4.0, zeroblob(3), iif(i % 2, i, 't' || i) FROM n;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
      INSERT INTO lines SELECT i % 3, i, i / 2.0, '2026-01-01 10:00:' || printf('%02d', i % 60) FROM n;`);
  database.close();
});
afterAll(() => project[Symbol.asyncDispose]());

async function assessed(...words: readonly string[]): Promise<readonly AssessedTable[]> {
  const { code, stdout, stderr } = await project.run('assess', ...words, '--json');
  expect(code, stderr).toBe(0);
  return (JSON.parse(stdout) as Assessment).tables;
}
const typesOf = (table: AssessedTable | undefined): Readonly<Record<string, string>> =>
  Object.fromEntries(table?.columns.map(({ column, read, type }) => [column, `${read.type} ${type}`]) ?? []);

describe('assess', { timeout: 240_000 }, () => {
  it('finds what files and tables hold, and writes migrations that load them as they come', async () => {
    const [films] = await assessed('data/movies.json', '--write', 'films');
    expect(films).toMatchObject({ read: 3201, whole: true, key: { partition: ['id'], by: 'row' }, maxRejects: null });
    expect(typesOf(films)).toMatchObject({
      title: 'json.any text',
      us_gross: 'json.int int',
      worldwide_gross: 'json.bigint bigint',
      imdb_rating: 'json.double double',
      release_date: 'json.text text',
    });

    const [messy] = await assessed('data/orders.csv', '--write', 'orders');
    expect(messy).toMatchObject({
      key: { partition: ['order_no'], by: 'all rows' },
      source: { settings: { delimiter: ';', nullText: 'NA' } },
      unreadable: { count: 1, examples: [{ place: 'data/orders.csv:12' }] },
      maxRejects: 2,
    });
    expect(typesOf(messy)).toEqual({
      order_no: 'csv.int int',
      customer: 'csv.text text',
      zip: 'csv.text text',
      amount: 'csv.decimal decimal',
      paid: 'csv.boolean boolean',
      when: 'csv.timestamp timestamp',
      ref: 'csv.uuid uuid',
      items: 'csv.int int',
    });
    expect(messy?.columns.find(({ column }) => column === 'items')?.unfit).toEqual([
      {
        count: 1,
        reason: 'text where csv.int is declared',
        examples: [{ place: 'data/orders.csv:11', value: 'eleven' }],
      },
    ]);

    const [customers, lines] = await assessed('shop', '--write', 'shop');
    expect(typesOf(customers)).toEqual({
      id: 'sqlite.integer bigint',
      e_mail: 'sqlite.text text',
      born: 'sqlite.date date',
      active: 'sqlite.boolean boolean',
      seen: 'sqlite.unixepoch timestamp',
      balance: 'sqlite.numeric decimal',
      photo: 'sqlite.blob blob',
      misc: 'sqlite.any text',
    });
    expect(customers?.keys.map(({ fields, by }) => `${fields} ${by}`).slice(0, 2)).toEqual([
      'id primary key',
      'E-Mail unique index',
    ]);
    expect(lines).toMatchObject({
      key: { partition: ['customer'], clustering: ['number'] },
      partitions: { partitions: 3, medianRows: 100, largestRows: 100, collisions: 0 },
    });

    const checked = await project.run('check');
    expect(checked.code, checked.stderr + checked.stdout).toBe(0);
    const planned = await project.run('plan');
    expect(planned.code, planned.stderr).toBe(0);
    expect(planned.stdout).toContain('data/orders.csv:11: items: "eleven" is not an integer');
    const applied = await project.run('apply', '--auto-approve');
    expect(applied.code, applied.stderr).toBe(0);
    const counts = await Promise.all(
      ['movies', 'orders', 'customers', 'lines'].map((table) => project.rows(`SELECT count(*) AS n FROM $ks.${table}`)),
    );
    expect(counts.map(([row]) => String(row?.['n']))).toEqual(['3201', '10', '299', '300']);
    const [bob] = await project.rows('SELECT amount, items, zip FROM $ks.orders WHERE order_no = 2');
    expect(bob).toEqual({ amount: null, items: null, zip: '99999' });
  });

  it('computes the partitions of a key that is asked for, on a terminal and as markdown', async () => {
    const key = ['data/movies.json', '--key', 'Major Genre', '--clustering', 'title'];
    const text = await project.run('assess', ...key);
    expect(text.code, text.stderr).toBe(0);
    expect(text.stdout).toContain('PRIMARY KEY ((major_genre), title): as asked for');
    expect(text.stdout).toMatch(/in 12 partitions: \d+ in the middle one, 789 in the largest \(major_genre=Drama\)/);
    expect(text.stdout).toContain('17 rows would overwrite another row with the same key');
    const { stdout } = await project.run('assess', ...key, '--format', 'markdown', '--sample', '100');
    expect(stdout).toContain('100 rows looked at, there are more');
    expect(stdout).toContain('| IMDB Votes | int ');
    expect(stdout).toContain('the others may differ');
    expect((await readdir(join(project.folder, 'migrations'))).filter((name) => /^\d{14}/.test(name))).toHaveLength(3);
  });

  it('refuses what it cannot look at', async () => {
    expect(refusal(await project.run('assess', 'shpo'))).toMatchObject({ code: 'ASSESS_SOURCE_UNKNOWN' });
    expect(refusal(await project.run('assess', 'shop/order'))).toMatchObject({ code: 'SOURCE_TABLE_MISSING' });
    const unknown = refusal(await project.run('assess', 'data/orders.csv', '--key', 'Order'));
    expect(unknown).toMatchObject({ code: 'ASSESS_KEY_UNKNOWN' });
    expect(refusal(await project.run('assess', 'shop', '--key', 'id')).next).toContain('shop/customers');
  });
});
