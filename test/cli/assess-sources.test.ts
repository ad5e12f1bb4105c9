import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { Long, ObjectId } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AssessedTable, Assessment } from '../../src/model/assessment.ts';
import { cassandraAddress } from '../support/cassandra.ts';
import { buildTimeoutMs, type Ferretdb, ferretdb } from '../support/ferretdb.ts';
import { type Mariadb, mariadb } from '../support/mariadb.ts';
import { type Postgres, postgresServer } from '../support/postgres.ts';
import { type Ended, type TestProject, testProject } from '../support/project.ts';

let mongo: Ferretdb;
let maria: Mariadb;
let pg: Postgres;
let project: TestProject;
beforeAll(async () => {
  [mongo, maria, pg] = await Promise.all([ferretdb(), mariadb(), postgresServer()]);
  const { host, port } = cassandraAddress();
  project = await testProject({
    address: cassandraAddress(),
    config: `sources: { old: { contactPoints: env('OLD_NODES'), keyspace: 'assess_sources_old' }, mongo: { url: env('MONGO_URL') }, maria: { url: env('MARIA_URL') }, pg: { url: env('PG_URL') } }`,
    env: { MONGO_URL: mongo.url, MARIA_URL: maria.url, PG_URL: pg.url, OLD_NODES: `${host}:${port}` },
  });
}, buildTimeoutMs);
afterAll(async () => {
  await project.client.execute('DROP KEYSPACE IF EXISTS assess_sources_old', [], { readTimeout: 60_000 });
  await Promise.all([project, mongo, maria, pg].map((one) => one[Symbol.asyncDispose]()));
});

const fine = async (...words: readonly string[]): Promise<Ended> => {
  const ended = await project.run(...words);
  expect(ended.code, `${words.join(' ')}\n${ended.stdout}\n${ended.stderr}`).toBe(0);
  return ended;
};
const assessed = async (...words: readonly string[]): Promise<readonly AssessedTable[]> =>
  (JSON.parse((await fine('assess', ...words, '--json')).stdout) as Assessment).tables;

const documents = Array.from({ length: 30 }, (_, at) => ({
  _id: new ObjectId(),
  name: `customer ${at}`,
  visits: Long.fromNumber(at),
  balance: at + 0.5,
  born: new Date(Date.UTC(1990, 0, at + 1)),
  home: { street: 'Main', no: at, geo: { lat: at / 2, lon: 1.5 } },
  tags: ['a', `t${at}`],
  orders: Array.from({ length: at % 3 }, (_one, number) => ({ sku: `s${number}`, qty: number + 1 })),
  mixed: at % 2 === 0 ? at : `m${at}`,
  odd: at % 2 === 0 ? [at, 'x'] : { a: at },
  ...(at === 7 ? { rare: true } : {}),
}));

const count = async (table: string): Promise<number> => {
  const [row] = await project.rows(`SELECT count(*) AS n FROM $ks.${table}`);
  return Number(row?.['n']);
};
const plain = (rows: readonly unknown[]): unknown => JSON.parse(JSON.stringify(rows));

describe('assess and what it writes, as it comes, on servers', { timeout: buildTimeoutMs }, () => {
  it('of MongoDB: types found, nested documents, arrays, mixed fields; flat and with child tables too', async () => {
    await mongo.collection('customers').insertMany(documents);
    const [table] = await assessed('mongo/customers', '--write', 'customers');
    expect(table).toMatchObject({
      read: 30,
      whole: true,
      key: { partition: ['id'], by: 'primary key' },
      maxRejects: null,
    });
    expect(
      Object.fromEntries(table?.columns.map(({ column, sourceType, type }) => [column, [sourceType, type]]) ?? []),
    ).toMatchObject({
      id: ['objectId 30', 'text'],
      visits: ['long 30', 'bigint'],
      balance: ['double 30', 'double'],
      born: ['date 30', 'timestamp'],
      home: ['object 30', 'frozen<customers_home>'],
      tags: ['array 30', 'frozen<list<text>>'],
      orders: ['array 30', 'frozen<list<frozen<customers_orders>>>'],
      mixed: ['int 15, string 15', 'text'],
      odd: ['array 15, object 15', 'text'],
      rare: ['bool 1', 'boolean'],
    });
    const [flat] = await assessed('mongo/customers', '--nested', 'flat', '--arrays', 'table', '--write', 'flat');
    expect(flat?.children).toMatchObject([{ column: 'orders', target: { name: 'customers_2_orders' } }]);
    await fine('apply', '--auto-approve');
    expect(await count('customers')).toBe(30);
    const id = String(documents[5]?._id);
    const one = await project.rows(
      `SELECT visits, home, tags, orders, mixed, odd FROM $ks.customers WHERE id = '${id}'`,
    );
    expect(plain(one)).toEqual([
      {
        visits: '5',
        home: { street: 'Main', no: 5, geo: { lat: 2.5, lon: 1.5 } },
        tags: ['a', 't5'],
        orders: [
          { sku: 's0', qty: 1 },
          { sku: 's1', qty: 2 },
        ],
        mixed: 'm5',
        odd: '{"a":5}',
      },
    ]);
    expect(
      plain(await project.rows(`SELECT position, sku, qty FROM $ks.customers_2_orders WHERE id = '${id}'`)),
    ).toEqual([
      { position: 0, sku: 's0', qty: 1 },
      { position: 1, sku: 's1', qty: 2 },
    ]);
    expect(plain(await project.rows(`SELECT home_geo_lat FROM $ks.customers_2 WHERE id = '${id}'`))).toEqual([
      { home_geo_lat: 2.5 },
    ]);

    await project.client.execute(`TRUNCATE ${project.keyspace}.customers`);
    const unmapped = await project.run('load', 'mongo/customers', 'customers');
    expect(unmapped.stderr).toContain('LOAD_FIELD_UNMAPPED');
    await fine('load', 'mongo', 'customers', '--map', 'id=_id');
    expect(
      plain(await project.rows(`SELECT visits, home, tags, orders, mixed, odd FROM $ks.customers WHERE id = '${id}'`)),
    ).toEqual(plain(one));
  });

  it('of MariaDB, PostgreSQL and Parquet files', async () => {
    await maria.sql(
      `CREATE TABLE films (id INT UNSIGNED PRIMARY KEY, title VARCHAR(80) NOT NULL, rate DECIMAL(6,2), tags SET('a','b'), seen DATETIME(3), made YEAR)`,
      `INSERT INTO films SELECT seq, CONCAT('film ', seq), seq / 4, IF(seq % 2, 'a,b', NULL), '2026-01-02 03:04:05.678', 1990 FROM seq_1_to_50`,
      'ALTER TABLE films ADD `__proto__` INT',
      'CREATE TABLE prices (id INT PRIMARY KEY, v INT) WITH SYSTEM VERSIONING',
      'CREATE SEQUENCE numbers',
    );
    expect((await assessed('maria')).map(({ name }) => name)).toEqual(['maria/films', 'maria/prices']);
    await pg.sql(
      `CREATE TABLE people (id uuid PRIMARY KEY, name text NOT NULL, scores int[], at timestamptz, more jsonb, half numeric(5,2))`,
      `INSERT INTO people SELECT gen_random_uuid(), 'p' || n, ARRAY[n, n + 1], now(), '{"a": 1}', n / 2.0 FROM generate_series(1, 50) n`,
    );
    // keys that are alike without their microseconds
    await pg.sql(
      'CREATE TABLE ticks (at timestamptz PRIMARY KEY, v int)',
      `INSERT INTO ticks SELECT '2026-01-01'::timestamptz + n * interval '1 microsecond', n FROM generate_series(1, 300) n`,
    );
    const [ticks] = await assessed('pg/ticks');
    expect([ticks?.read, ticks?.whole, ticks?.partitions?.collisions]).toEqual([300, true, 299]);
    expect(ticks?.notes.join()).toMatch(/fractions: 'truncate' is proposed: without it 300 .* e\.g\. at: /);
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    await connection.run(
      `COPY (SELECT i::BIGINT AS trip, TIMESTAMPTZ '2026-01-02 03:04:05.5+00' AS at, i / 4 AS fare, (i * 1.5)::DECIMAL(9,2) AS toll, uuid() AS uid,
         [i, i + 1] AS stops, {'lat': 1.5, 'Name': 'x' || i} AS place, MAP {'k': i} AS more, [{'a': i}] AS legs, TIMESTAMP_NS '2026-01-02 03:04:05.000000001' AS exact
       FROM range(50) r(i)) TO '${join(project.folder, 'trips.parquet')}' (FORMAT parquet)`,
    );
    connection.closeSync();
    const [films] = await assessed('maria/films', '--write', 'films');
    expect(films?.refused).toMatchObject([
      { field: '__proto__', reason: expect.stringContaining('no column of this name') },
    ]);
    const [people] = await assessed('pg/people', '--write', 'people');
    const [trips] = await assessed('trips.parquet', '--key', 'uid', '--write', 'trips');
    expect([films, people, trips].map((one) => [one?.target.name, one?.read, one?.whole])).toEqual([
      ['films', 50, true],
      ['people', 50, true],
      ['trips', 50, true],
    ]);
    expect(
      Object.fromEntries(trips?.columns.map(({ column, read, type }) => [column, `${read.type} ${type}`]) ?? []),
    ).toEqual({
      trip: 'parquet.int64 bigint',
      at: 'parquet.timestamp timestamp',
      fare: 'parquet.double double',
      toll: 'parquet.decimal decimal',
      uid: 'parquet.uuid uuid',
      stops: 'parquet.list frozen<list<bigint>>',
      place: 'parquet.struct frozen<trips_place>',
      more: 'parquet.map frozen<map<text, bigint>>',
      legs: 'parquet.list frozen<list<frozen<trips_legs>>>',
      exact: 'parquet.localTimestamp timestamp',
    });
    await fine('apply', '--auto-approve');
    for (const table of ['films', 'people', 'trips']) expect(await count(table), table).toBe(50);
    const { keyspace, client } = project;
    for (const table of ['films', 'people', 'trips']) await client.execute(`TRUNCATE ${keyspace}.${table}`);
    await fine('load', 'env:MARIA_URL', 'films');
    await fine('load', pg.url, 'people', '--query', 'SELECT * FROM people', '--setting', 'fractions=truncate');
    await fine('load', 'trips.parquet', 'trips', '--setting', 'fractions=truncate');
    for (const table of ['films', 'people', 'trips']) expect(await count(table), table).toBe(50);
  });

  it('of another cluster: its tables as they are; none is copied onto itself', async () => {
    const { client, keyspace } = project;
    const old = 'assess_sources_old';
    const simple = "{'class': 'SimpleStrategy', 'replication_factor': 1}";
    for (const statement of [
      `DROP KEYSPACE IF EXISTS ${old}`,
      `CREATE KEYSPACE ${old} WITH replication = ${simple}`,
      `CREATE TYPE ${old}.geo (lat double, lon double)`,
      `CREATE TYPE ${old}.place (street text, geo frozen<geo>)`,
      `CREATE TABLE ${old}.visits (id int, at int, note text, home place, tags set<text>, own text static, PRIMARY KEY (id, at))
         WITH CLUSTERING ORDER BY (at DESC) AND default_time_to_live = 864000`,
      `CREATE TABLE ${old}.hits (id int PRIMARY KEY, n counter)`,
      `UPDATE ${old}.hits SET n = n + 41 WHERE id = 1`,
      `INSERT INTO ${old}.visits (id, own) VALUES (0, 'alone')`,
    ]) {
      await client.execute(statement, [], { readTimeout: 60_000 });
    }
    const insert = `INSERT INTO ${old}.visits (id, at, note, home, tags, own) VALUES (?, ?, 'n', {street: 's', geo: {lat: 1, lon: 2}}, {'a'}, 'o')`;
    for (let at = 0; at < 20; at += 1) await client.execute(insert, [at % 4, at], { prepare: true });
    const [hits, visits, ...others] = await assessed('old', '--write', 'visits');
    expect(others).toEqual([]);
    expect(hits).toMatchObject({ name: 'old/hits', notes: [expect.stringContaining('nobody may count')] });
    expect(visits).toMatchObject({
      name: 'old/visits',
      whole: true,
      key: { partition: ['id'], clustering: ['at'], by: 'primary key' },
      partitions: { partitions: 4, largestRows: 5 },
      maxRejects: null,
      target: { options: { default_time_to_live: 864000 } },
    });
    expect(visits?.types.map(({ name }) => name)).toEqual(['geo', 'place']);
    await fine('apply', '--auto-approve');
    expect(await project.rows('SELECT JSON * FROM $ks.hits')).toEqual([{ '[json]': '{"id": 1, "n": 41}' }]);
    const all = async (ks: string): Promise<unknown> =>
      JSON.stringify(
        await project.rows(`SELECT id, at, note, home, tags, own, writetime(note) AS w FROM ${ks}.visits`),
      );
    expect(await all(keyspace)).toBe(await all(old));

    const existing =
      "existing('visits', { columns: { id: t.int(), at: t.int(), note: t.text() }, partitionKey: ['id'], clusteringKey: [desc('at')] })";
    await project.write(
      '20990101000000_itself',
      `import { copy, desc, existing, migration, t } from 'cqlform';
import { cassandra } from 'cqlform/cassandra';
const visits = ${existing};
const again = cassandra.table('visits', { connection: 'old', keyspace: '${keyspace}', columns: { id: t.int(), at: t.int(), note: t.text() }, partitionKey: ['id'], clusteringKey: [desc('at')] });
export default migration({ description: 'Itself', data: [copy({ from: again, into: visits })] });
`,
    );
    await fine('check', '--fix');
    const itself = await project.run('plan');
    expect([itself.code, itself.stdout]).toEqual([4, expect.stringContaining('SAME_TABLE')]);
  });
});
