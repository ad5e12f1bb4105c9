import { copy, type Data, t, table } from '../../src/index.ts';
import { mongo } from '../../src/mongodb.ts';
import { mysql } from '../../src/mysql.ts';
import { postgres } from '../../src/postgres.ts';
import { ferretdb } from '../../test/support/ferretdb.ts';
import { mariadb } from '../../test/support/mariadb.ts';
import { postgresServer } from '../../test/support/postgres.ts';

/** Nine columns, as the readings that are loaded from files; the id is the key. */
export const target = table('readings', {
  columns: {
    id: t.int(),
    device: t.text(),
    day: t.int(),
    at: t.timestamp(),
    reading: t.double(),
    level: t.int(),
    status: t.text(),
    note: t.text(),
    total: t.bigint(),
  },
  partitionKey: ['id'],
});

/** A server with the rows in it. */
export interface Filled extends AsyncDisposable {
  readonly url: string;
}

export interface System {
  readonly data: Data;
  readonly start: (rows: number) => Promise<Filled>;
}

const columns =
  'id INT PRIMARY KEY, device TEXT, day INT, at TIMESTAMP_TYPE, reading DOUBLE_TYPE, level INT, status TEXT, note TEXT, total BIGINT';
const names = 'id, device, day, at, reading, level, status, note, total';
const statuses = ['ok', 'warn', 'error'] as const;

/** The row of a number, in JavaScript values. */
export function readingOf(id: number): Readonly<Record<string, unknown>> {
  return {
    id,
    device: `device-${String(id % 350).padStart(5, '0')}`,
    day: id % 30,
    at: new Date(Date.UTC(2025, 0, 1) + id * 1000),
    reading: (id % 9973) / 7,
    level: (id * 31) % 1_000_003,
    status: statuses[id % 3] ?? 'ok',
    note: `note ${id}, of ${id % 10_500}`,
    total: BigInt(id) * 7919n,
  };
}

function* inserts(rows: number): Generator<string> {
  const atOnce = 5000;
  for (let from = 0; from < rows; from += atOnce) {
    const lines = Array.from({ length: Math.min(atOnce, rows - from) }, (_, at) => {
      const { device, day, at: moment, reading, level, status, note, total } = readingOf(from + at);
      const time = (moment as Date).toISOString().replace('T', ' ').replace('Z', '');
      return `(${from + at},'${device}',${day},'${time}',${reading},${level},'${status}','${note}',${total})`;
    });
    yield `INSERT INTO readings (${names}) VALUES ${lines.join(',')}`;
  }
}

const created = (timestamp: string, double: string): string =>
  `CREATE TABLE readings (${columns.replace('TIMESTAMP_TYPE', timestamp).replace('DOUBLE_TYPE', double)})`;

export const systems: Readonly<Record<string, System>> = {
  mysql: {
    data: copy({
      from: mysql.table('readings', {
        connection: 'source',
        columns: {
          id: mysql.int(),
          device: mysql.text(),
          day: mysql.int(),
          at: mysql.datetime(),
          reading: mysql.double(),
          level: mysql.int(),
          status: mysql.text(),
          note: mysql.text(),
          total: mysql.bigint(),
        },
        key: ['id'],
      }),
      into: target,
    }),
    start: async (rows) => {
      const server = await mariadb();
      await server.sql(created('DATETIME(3)', 'DOUBLE'));
      for (const insert of inserts(rows)) await server.sql(insert);
      await server.sql('ANALYZE TABLE readings');
      return server;
    },
  },
  postgres: {
    data: copy({
      from: postgres.table('readings', {
        connection: 'source',
        columns: {
          id: postgres.int(),
          device: postgres.text(),
          day: postgres.int(),
          at: postgres.timestamp(),
          reading: postgres.double(),
          level: postgres.int(),
          status: postgres.text(),
          note: postgres.text(),
          total: postgres.bigint(),
        },
        key: ['id'],
      }),
      into: target,
    }),
    start: async (rows) => {
      const server = await postgresServer();
      await server.sql(created('timestamp', 'double precision'));
      for (const insert of inserts(rows)) await server.sql(insert);
      await server.sql('ANALYZE readings');
      return server;
    },
  },
  mongodb: {
    data: copy({
      from: mongo.collection('readings', {
        connection: 'source',
        columns: {
          id: mongo.int(),
          device: mongo.string(),
          day: mongo.int(),
          at: mongo.date(),
          reading: mongo.double(),
          level: mongo.int(),
          status: mongo.string(),
          note: mongo.string(),
          total: mongo.long(),
        },
        fields: { id: '_id' },
        key: ['id'],
      }),
      into: target,
    }),
    start: async (rows) => {
      const { Double, Long } = await import('mongodb');
      const server = await ferretdb();
      for (let from = 0; from < rows; from += 5000) {
        const documents = Array.from({ length: Math.min(5000, rows - from) }, (_, at) => {
          const { id, reading, total, ...fields } = readingOf(from + at);
          return { _id: id, ...fields, reading: new Double(Number(reading)), total: Long.fromBigInt(total as bigint) };
        });
        await server.collection('readings').insertMany(documents);
      }
      return server;
    },
  },
};
