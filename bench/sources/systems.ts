import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { parquet } from '../../src/files.ts';
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

const parquetFile = join(tmpdir(), 'cqlform-bench-readings.parquet');

/** A server, or a file, with the rows in it. */
export interface Filled extends AsyncDisposable {
  readonly url: string;
}

export interface System {
  readonly data: Data;
  /** What `cqlform load` is told besides the address and the table. */
  readonly flags: readonly string[];
  /** Of the rows of the others: where reading is so slow that all of them would take minutes. */
  readonly share: number;
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

/** The same rows as a CSV file. */
export async function writeCsv(path: string, rows: number): Promise<void> {
  const file = createWriteStream(path);
  file.write(`${names.replaceAll(' ', '')}\n`);
  for (let from = 0; from < rows; from += 5000) {
    const lines = Array.from({ length: Math.min(5000, rows - from) }, (_, at) => {
      const { id, device, day, at: moment, reading, level, status, note, total } = readingOf(from + at);
      return `${id},${device},${day},${(moment as Date).toISOString()},${reading},${level},${status},"${note}",${total}\n`;
    });
    if (!file.write(lines.join(''))) await once(file, 'drain');
  }
  file.end();
  await finished(file);
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
    flags: [],
    share: 1,
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
    flags: [],
    share: 1,
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
    flags: ['--map', 'id=_id'],
    share: 0.1,
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
  parquet: {
    flags: [],
    share: 1,
    data: copy({
      from: parquet.file(parquetFile, {
        columns: {
          id: parquet.int32(),
          device: parquet.string(),
          day: parquet.int32(),
          at: parquet.timestamp(),
          reading: parquet.double(),
          level: parquet.int32(),
          status: parquet.string(),
          note: parquet.string(),
          total: parquet.int64(),
        },
        key: ['id'],
      }),
      into: target,
    }),
    start: async (rows) => {
      const { DuckDBInstance } = await import('@duckdb/node-api');
      const csv = `${parquetFile}.csv`;
      await writeCsv(csv, rows);
      const instance = await DuckDBInstance.create(':memory:');
      const connection = await instance.connect();
      const types =
        "{'id': 'INT', 'day': 'INT', 'at': 'TIMESTAMPTZ', 'reading': 'DOUBLE', 'level': 'INT', 'total': 'BIGINT'}";
      await connection.run(
        `COPY (SELECT * FROM read_csv('${csv}', types = ${types})) TO '${parquetFile}' (FORMAT parquet)`,
      );
      connection.closeSync();
      await rm(csv);
      return { url: parquetFile, [Symbol.asyncDispose]: () => rm(parquetFile) };
    },
  },
};
