import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBackups } from '../../src/backup/backups.ts';
import { systemClock } from '../../src/cassandra/system-clock.ts';
import type { Table } from '../../src/model/schema.ts';
import type { Rows, ScanRequest } from '../../src/ports/cluster.ts';
import type { BackupRequest } from '../../src/ports/engines.ts';
import { type BackupFixture, backupFixture } from './fixture.ts';

let fixture: BackupFixture;
beforeAll(async () => {
  fixture = await backupFixture('backup_passes');
});
afterAll(async () => {
  await fixture.close();
});

/** A table of so few rows is read as one. */
const scansPerPass = 1;

/** The real rows, with something happening between the passes of a backup; `pass` counts from 1. */
function between(rows: Rows, happen: (pass: number) => Promise<void>): Rows {
  let scans = 0;
  return {
    ...rows,
    scan: async function* (request: ScanRequest) {
      yield* rows.scan(request);
      scans += 1;
      if (scans % scansPerPass === 0) await happen(scans / scansPerPass);
    },
  };
}

async function filled(name: string): Promise<Table> {
  const table = await fixture.table(name, {
    columns: { id: 'int', a: 'text', tags: 'set<text>' },
    partitionKey: ['id'],
  });
  for (let id = 0; id < 200; id += 1) {
    await fixture.cql(`INSERT INTO ${fixture.keyspace}.${name} (id, a, tags) VALUES (${id}, 'a${id}', {'x', 'y'})`);
  }
  return table;
}

function create(table: Table, rows: Rows, more: Partial<BackupRequest>) {
  const backups = createBackups({
    rows,
    store: fixture.store,
    clock: systemClock,
    cluster: { name: 't', version: '5' },
  });
  const request: BackupRequest = {
    id: `${table.name}-${Math.random()}`,
    label: null,
    scopes: [{ table, columns: null, tableId: 'x' }],
    consistency: 'ALL',
    secondPasses: 2,
    allowStillWritten: false,
    ledgerHead: 'none',
    ...more,
  };
  return backups.create(request, fixture.context());
}

const live = async (table: Table): Promise<string> =>
  (await fixture.backups.digest({ table, columns: null }, fixture.context())).digest;

describe('what is written during a backup', () => {
  it('is in it: changes, additions and deletions', async () => {
    const table = await filled('during');
    const name = `${fixture.keyspace}.during`;
    const rows = between(fixture.rows, async (pass) => {
      if (pass !== 1) return;
      await fixture.cql(`UPDATE ${name} SET a = 'changed', tags = tags - {'x'} WHERE id = 7`);
      await fixture.cql(`DELETE FROM ${name} WHERE id = 8`);
      await fixture.cql(`DELETE a FROM ${name} WHERE id = 9`);
      await fixture.cql(`INSERT INTO ${name} (id, a) VALUES (1000, 'new')`);
    });
    const [backup] = await create(table, rows, {});
    expect(backup?.rows).toBe(200);
    expect(backup?.valueDigest).toBe(await live(table));
    expect((await fixture.backups.verify(backup?.id ?? '', () => undefined)).damage).toEqual([]);
  });

  it('is asked about when it does not end, and accepted with consent', async () => {
    const table = await filled('endless');
    let value = 0;
    const rows = between(fixture.rows, async () => {
      value += 1;
      await fixture.cql(`UPDATE ${fixture.keyspace}.endless SET a = '${value}' WHERE id = 3`);
    });
    await expect(create(table, rows, {})).rejects.toMatchObject({
      code: 'STILL_WRITTEN',
      exitCode: 3,
      retryable: true,
    });
    expect(value).toBe(3);
    const ids: string[] = [];
    for await (const { id } of fixture.backups.list()) ids.push(id);
    expect(ids.filter((id) => id.startsWith('endless'))).toEqual([]);
    const [backup] = await create(table, rows, { allowStillWritten: true });
    expect((await fixture.backups.verify(backup?.id ?? '', () => undefined)).damage).toEqual([]);
    const [unasked] = await create(table, rows, { secondPasses: 0 });
    expect(unasked?.rows).toBe(200);
  });

  it('is not seen in cells whose time runs out', async () => {
    const table = await filled('ending');
    const name = `${fixture.keyspace}.ending`;
    for (let id = 0; id < 40; id += 1) {
      await fixture.cql(
        `UPDATE ${name} USING TTL ${4 + (id % 2) * 86400} SET a = 'soon', tags = tags + {'soon'} WHERE id = ${id}`,
      );
      await fixture.cql(`INSERT INTO ${name} (id, a) VALUES (${500 + id}, 'soon') USING TTL 4`);
    }
    const rows = between(fixture.rows, async (pass) => {
      if (pass === 1) await setTimeout(6000);
    });
    const [backup] = await create(table, rows, { secondPasses: 1 });
    expect(backup?.rows).toBe(200);
    const overwritten = between(fixture.rows, async (pass) => {
      if (pass === 1) await fixture.cql(`UPDATE ${name} USING TTL 86400 SET a = 'soon' WHERE id = 1`);
    });
    await expect(create(table, overwritten, { secondPasses: 1 })).rejects.toMatchObject({ code: 'STILL_WRITTEN' });
  });

  it('goes on beside a writer that never stops, without harm', async () => {
    const table = await filled('beside');
    let writing = true;
    const writer = (async () => {
      for (let value = 0; writing; value += 1) {
        await fixture.cql(`UPDATE ${fixture.keyspace}.beside SET a = 'v${value}' WHERE id = ${value % 200}`);
      }
    })();
    const [backup] = await create(table, fixture.rows, { allowStillWritten: true });
    writing = false;
    await writer;
    expect(backup?.rows).toBe(200);
    expect((await fixture.backups.verify(backup?.id ?? '', () => undefined)).damage).toEqual([]);
    const [after] = await create(table, fixture.rows, {});
    expect(after?.valueDigest).toBe(await live(table));
  });
});

describe('a second backup', () => {
  it('stores only what changed', async () => {
    const table = await fixture.table('mostly_same', { columns: { id: 'int', a: 'text' }, partitionKey: ['id'] });
    const writer = fixture.rows.write({ keyspace: fixture.keyspace, table, types: {}, consistency: 'ONE' });
    const insert = (id: number, text: string) => {
      const key = Buffer.alloc(4);
      key.writeInt32BE(id);
      const cells = { a: Buffer.from(text.repeat(100)) };
      return writer.write({
        kind: 'insert',
        partitionKey: [key],
        clusteringKey: [],
        cells,
        timestamp: 1_000_000n + BigInt(id),
        ttl: 0,
      });
    };
    for (let id = 0; id < 4000; id += 1) await insert(id, `${id * 7919}-`);
    await writer.flush();
    const used = async (): Promise<number> => {
      let bytes = 0;
      for await (const object of fixture.store.list('packs/')) bytes += object.bytes;
      return bytes;
    };
    const before = await used();
    await create(table, fixture.rows, {});
    const first = (await used()) - before;
    await create(table, fixture.rows, {});
    expect((await used()) - before).toBe(first);
    await insert(17, 'changed');
    await insert(4001, 'new');
    await writer.flush();
    await create(table, fixture.rows, {});
    const third = (await used()) - before - first;
    expect(third).toBeGreaterThan(0);
    expect(third).toBeLessThan(first * 0.06);
  });

  it('does not build on bytes that were damaged since', async () => {
    const table = await filled('healed');
    const [one] = await create(table, fixture.rows, {});
    const { writeFile, readFile } = await import('node:fs/promises');
    const { join } = await import('node:path');
    const packs: string[] = [];
    for await (const { key } of fixture.store.list('packs/')) packs.push(key);
    for (const key of packs) {
      const path = join(fixture.folder, key);
      const bytes = await readFile(path);
      bytes[bytes.length - 3] = (bytes[bytes.length - 3] ?? 0) ^ 1;
      await writeFile(path, bytes);
    }
    expect((await fixture.backups.verify(one?.id ?? '', () => undefined)).damage.length).toBeGreaterThan(0);
    const [two] = await create(table, fixture.rows, {});
    expect((await fixture.backups.verify(two?.id ?? '', () => undefined)).damage).toEqual([]);
  });
});
