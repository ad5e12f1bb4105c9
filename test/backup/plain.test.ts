import { execFile, execFileSync } from 'node:child_process';
import { once as happens } from 'node:events';
import { cp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prune } from '../../src/backup/prune.ts';
import { localStore } from '../../src/backup/stores/local.ts';
import { systemClock } from '../../src/cassandra/system-clock.ts';
import { codecOf } from '../../src/cql/codec/codec.ts';
import type { BackupReference } from '../../src/model/journal.ts';
import type { StoredRow } from '../../src/model/row.ts';
import type { Table } from '../../src/model/schema.ts';
import type { BlobStore } from '../../src/ports/blobs.ts';
import type { BackupRequest, Backups, Compression } from '../../src/ports/engines.ts';
import { cassandraAddress } from '../support/cassandra.ts';
import { type BackupFixture, backupFixture, soon, temporaryFolder } from './fixture.ts';
import type { Orders } from './killed-child.ts';
import { seeded } from './random.ts';
import { fillRichTable, richTable } from './rich-table.ts';

let fixture: BackupFixture;
let rich: Table;
let counters: Table;
beforeAll(async () => {
  fixture = await backupFixture('backup_plain');
  rich = await richTable(fixture, 'rich');
  await fillRichTable(fixture, rich);
  const { rows, keyspace, types } = fixture;
  const bytesOf = (type: 'int' | 'text' | 'timeuuid', value: unknown): Uint8Array =>
    codecOf({ kind: 'scalar', name: type }, types).encode(value);
  // what other clients may have written: the least timestamp, another NaN, an empty number, a tuple cut short
  const strange = {
    v_timestamp: Buffer.from('8000000000000000', 'hex'),
    v_double: Buffer.from('7ff8000000000001', 'hex'),
    v_int: Buffer.alloc(0),
    v_varint: Buffer.from('00000001', 'hex'),
    v_text: Buffer.from('nul\0, "quote"\r\n'),
    w_tuple: Buffer.from('0000000400000001', 'hex'),
    w_frozen: Buffer.from('00000000', 'hex'),
  };
  const writer = rows.write({ keyspace, table: rich, types, consistency: 'ONE' });
  const partitionKey = [bytesOf('int', 40), bytesOf('text', '')];
  const clusteringKey = [bytesOf('int', 1), bytesOf('timeuuid', '50554d6e-29bb-11e5-b345-feff819cdc9f')];
  await writer.write({ kind: 'insert', partitionKey, clusteringKey, cells: strange, timestamp: 7n, ttl: 0 });
  await writer.flush();
  counters = await fixture.table('counted', {
    columns: { id: 'int', c: 'text', n: 'counter', s: 'static counter' },
    partitionKey: ['id'],
    clusteringKey: ['c'],
  });
  await fixture.cql(`UPDATE ${keyspace}.counted SET n = n + 5, s = s - 3 WHERE id = 1 AND c = 'a'`);
  await fixture.cql(`UPDATE ${keyspace}.counted SET s = s + 1 WHERE id = 2`);
});
afterAll(async () => {
  await fixture.close();
});

const gzip: Compression = { algorithm: 'gzip', level: 6 };
const once = { secondPasses: 0, allowStillWritten: true } as const;

function plain(table: Table, more: Partial<BackupRequest> = {}): Promise<BackupReference> {
  return fixture.backup(table, { ...once, format: 'csv', compression: gzip, ...more });
}

async function rowsIn({ id, table }: BackupReference, store = fixture.store): Promise<readonly StoredRow[]> {
  const rows: StoredRow[] = [];
  for await (const page of fixture.backupsIn(store).rows(id, table)) rows.push(...page);
  return rows;
}

async function filesOf({ id }: BackupReference, folder = fixture.folder): Promise<readonly string[]> {
  const name = (await readdir(join(folder, 'plain'))).find((one) => one.replaceAll('_5f', '_') === id) ?? '';
  return (await readdir(join(folder, 'plain', name))).sort().map((file) => join(folder, 'plain', name, file));
}

/** Expiries are read as what is left of them, in seconds, so that two readings may differ by one. */
function roughly(rows: readonly StoredRow[]): unknown {
  return JSON.parse(
    JSON.stringify(rows, (name, value: unknown) =>
      typeof value === 'bigint' ? `${value}n` : name === 'expiresAt' && value !== null ? 'later' : value,
    ),
  );
}

describe('a backup in plain files', () => {
  it.each<Compression>([{ algorithm: 'none' }, gzip, { algorithm: 'zstd', level: 3 }])(
    'holds what one in chunks does, cell by cell with its times, and restores ($algorithm)',
    async (compression) => {
      for (const table of [rich, counters]) {
        const chunks = await fixture.backup(table);
        const backup = await plain(table, { compression });
        expect(backup).toMatchObject({ rows: chunks.rows, valueDigest: chunks.valueDigest });
        expect(roughly(await rowsIn(backup))).toEqual(roughly(await rowsIn(chunks)));
        const verified = await fixture.backups.verify(backup.id, () => undefined);
        expect(verified).toMatchObject({ rows: chunks.rows, damage: [] });
        const info = await fixture.backups.find(backup.id);
        expect(info).toMatchObject({ format: 'csv', compression: compression.algorithm });
      }
      if (compression.algorithm !== 'gzip') return;
      for (const table of [rich, counters]) {
        const backup = await plain(table);
        await fixture.cql(`TRUNCATE ${fixture.keyspace}.${table.name}`);
        const timestamp = soon();
        const { digest, expected } = await fixture.restore(backup, table, { mode: 'new-table', timestamp });
        expect(digest).toBe(expected);
        const again = await plain(table);
        expect(again.valueDigest).toBe(backup.valueDigest);
      }
    },
  );

  it('is read by others: gunzip, sha256sum, a schema, a header', async () => {
    const backup = await plain(counters);
    const files = await filesOf(backup);
    const folder = join(files[0] ?? '', '..');
    expect(files.map((file) => file.slice(folder.length + 1))).toEqual([
      'counted-00001.csv.gz',
      'schema.cql',
      'sha256sums.txt',
    ]);
    const text = execFileSync('gunzip', ['-c', 'counted-00001.csv.gz'], { cwd: folder, encoding: 'utf8' });
    const [header, ...lines] = text.split('\n');
    expect(header).toBe('id,c,s,n,cqlform_writetime,cqlform_expires,cqlform_cells');
    expect(lines.sort()).toEqual(['', '1,,-3,,,,', '1,a,,5,,,', '2,,1,,,,']);
    const duck = await DuckDBInstance.create(':memory:');
    const connection = await duck.connect();
    const read = await connection.runAndReadAll(`SELECT sum(n), count(*) FROM read_csv('${folder}/*.csv.gz')`);
    expect(read.getRows().map(String)).toEqual(['5,3']);
    connection.closeSync();
    duck.closeSync();
    execFileSync('sha256sum', ['--check', '--status', 'sha256sums.txt'], { cwd: folder });
    expect(await readFile(join(folder, 'schema.cql'), 'utf8')).toContain('CREATE TABLE counted');
  });

  it('shows every hurt file: flipped, cut, swapped, deleted or doubled; and restores none of it', async () => {
    const backup = await plain(rich);
    const other = await plain(rich);
    const copy = await temporaryFolder();
    await cp(fixture.folder, copy, { recursive: true });
    const store = localStore(copy);
    const backups = fixture.backupsIn(store);
    const refused = async (what: string): Promise<void> => {
      const damage = await backups
        .verify(backup.id, () => undefined)
        .then(
          (report) => report.damage.length,
          ({ code }) => code,
        );
      expect([what, damage === 'BACKUP_DAMAGED' || Number(damage) > 0]).toEqual([what, true]);
      const request = { backup, into: rich, mode: 'exact', renamed: {}, timestamp: 1n } as const;
      await expect(backups.restore(request, fixture.context()), what).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
    };
    const manifests = await readdir(join(copy, 'manifests'));
    const own = manifests.find((name) => name.replaceAll('_5f', '_') === `${backup.id}.json`) ?? '';
    const files = [...(await filesOf(backup, copy)), join(copy, 'manifests', own)];
    const others = await filesOf(other, copy);
    const random = seeded(3);
    for (const [index, file] of files.entries()) {
      const bytes = await readFile(file);
      for (const place of [0, 3, bytes.length >> 1, bytes.length - 1]) {
        const flipped = Buffer.from(bytes);
        flipped[place] = (flipped[place] ?? 0) ^ (1 << random.below(8));
        await writeFile(file, flipped);
        await refused(`${file} flipped at ${place} of ${bytes.length}`);
      }
      await truncate(file, bytes.length - 1);
      await refused(`${file} cut`);
      if (index === files.length - 1) continue;
      await rename(file, `${file}.away`);
      await refused(`${file} deleted`);
      await writeFile(file, await readFile(files[(index + 1) % files.length] ?? ''));
      await refused(`${file} swapped`);
      await writeFile(file, bytes);
      await rm(`${file}.away`);
      await cp(file, file.replace(/(\.[a-z])/, '-2$1'));
      await refused(`${file} doubled`);
      await rm(file.replace(/(\.[a-z])/, '-2$1'));
    }
    await cp(join(fixture.folder, 'manifests', own), join(copy, 'manifests', own));
    expect((await backups.verify(backup.id, () => undefined)).damage).toEqual([]);
    expect(others).toHaveLength(files.length - 1);
    await rm(copy, { recursive: true });
  });

  it('killed at any write is no backup, or a whole one; made again it is whole, and pruning leaves nothing of it', async () => {
    const backupOf = (backups: Backups): Promise<readonly BackupReference[]> =>
      backups.create(
        {
          ...once,
          ...{ id: `${fixture.keyspace}-killed`, label: null, consistency: 'QUORUM', ledgerHead: 'none' },
          scopes: [{ table: counters, columns: null, tableId: 'x' }],
          format: 'csv',
        },
        fixture.context(),
      );
    let whole = 0;
    for (let count = 1; whole === 0; count += 1) {
      const folder = await temporaryFolder();
      const [store, backups] = [localStore(folder), fixture.backupsIn(localStore(folder))];
      const deadAfter = dyingStore(store, count);
      const ended = await backupOf(fixture.backupsIn(deadAfter)).catch(() => null);
      const listed = (await allOf(backups.list())).map(({ id }) => id);
      // what is listed is whole, and what ended is listed
      expect(ended === null || listed.length === 1).toBe(true);
      for (const id of listed) expect((await backups.verify(id, () => undefined)).damage).toEqual([]);
      if (ended !== null) whole = count;
      const abandoned = await temporaryFolder();
      await cp(folder, abandoned, { recursive: true });
      await expectPruned(localStore(abandoned), listed);
      const [again] = await backupOf(backups);
      expect(again?.rows).toBe(1);
      expect((await backups.verify(again?.id ?? '', () => undefined)).damage).toEqual([]);
      await rm(folder, { recursive: true });
      await rm(abandoned, { recursive: true });
    }
    expect(whole).toBeGreaterThan(6);
  });

  it('whose process is killed before its manifest is none', async () => {
    const folder = await temporaryFolder();
    const { host, port } = cassandraAddress();
    const orders: Orders = {
      ...{ contactPoint: `${host}:${port}`, keyspace: fixture.keyspace, folder, table: counters },
      dieAt: { count: 6, when: 'before' },
      work: { kind: 'create', id: 'killed', format: 'csv' },
    };
    const words = ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'killed-child.ts')];
    const [, signal] = await happens(execFile(process.execPath, [...words, JSON.stringify(orders)]), 'exit');
    expect(signal).toBe('SIGKILL');
    expect(await readdir(join(folder, 'plain/killed'))).toContain('sha256sums.txt');
    expect(await allOf(fixture.backupsIn(localStore(folder)).list())).toEqual([]);
    await rm(folder, { recursive: true });
  });
});

async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Puts and deletes so many objects, and then nothing more. */
function dyingStore(store: BlobStore, count: number): BlobStore {
  let left = count;
  const through = <T>(work: () => Promise<T>): Promise<T> => {
    left -= 1;
    return left < 0 ? Promise.reject(new Error('dead')) : work();
  };
  return {
    ...store,
    put: (...given) => through(() => store.put(...given)),
    get: (key) => (left < 0 ? Promise.reject(new Error('dead')) : store.get(key)),
    getRange: (...given) => store.getRange(...given),
    list: (prefix) => store.list(prefix),
    delete: (key) => through(() => store.delete(key)),
  };
}

/** What no manifest names is gone after two prunings, when its maker is taken for dead. */
async function expectPruned(store: BlobStore, kept: readonly string[]): Promise<void> {
  const day = 24 * 60 * 60 * 1000;
  for (const days of [8, 9]) {
    const now = new Date(Date.now() + days * day + 1);
    const request = { forget: [], graceMs: day, dryRun: false, assertHeld: () => undefined, now };
    await prune(store, request, { ...systemClock, now: () => now });
  }
  const left = await allOf(store.list('plain/'));
  expect(left.length > 0).toBe(kept.length > 0);
}
