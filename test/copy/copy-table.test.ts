import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { desc, t, table } from '../../src/index.ts';
import { baseTime, type CopyFixture, copyFixture } from './copy-fixture.ts';

const source = table('source', {
  columns: {
    id: t.int(),
    at: t.int(),
    shared: t.static(t.text()),
    kind: t.text(),
    name: t.text(),
    tags: t.set(t.text()),
    list: t.list(t.int()),
    counts: t.map(t.text(), t.int()),
  },
  partitionKey: ['id'],
  clusteringKey: ['at'],
});
const same = table('same', {
  columns: {
    id: t.int(),
    at: t.int(),
    shared: t.static(t.text()),
    kind: t.text(),
    title: t.text(),
    tags: t.set(t.text()),
    list: t.list(t.int()),
    counts: t.map(t.text(), t.int()),
  },
  partitionKey: ['id'],
  clusteringKey: [desc('at')],
});
const byKind = table('by_kind', {
  columns: { kind: t.text(), id: t.int(), at: t.int(), name: t.text(), shared: t.text() },
  partitionKey: ['kind'],
  clusteringKey: ['id', 'at'],
});
const large = table('large', { columns: { id: t.int(), v: t.text(), w: t.text() }, partitionKey: ['id'] });
const largeCopy = table('large_copy', { columns: { id: t.int(), v: t.text() }, partitionKey: ['id'] });

const mapped = {
  id: 'id',
  at: 'at',
  shared: 'shared',
  kind: 'kind',
  title: 'name',
  tags: 'tags',
  list: 'list',
  counts: 'counts',
};
const far = 1_600_000_000_000_000n;

let fixture: CopyFixture;
const cql = (statement: string): Promise<void> => fixture.base.cql(statement.replaceAll('KS.', 'copy_whole.'));
beforeAll(async () => {
  fixture = await copyFixture('copy_whole');
  await fixture.create(source, same, byKind, large, largeCopy);
  await cql(`INSERT INTO KS.source (id, shared) VALUES (1, 'alone') USING TIMESTAMP ${far} AND TTL 9000`);
  await cql(
    `INSERT INTO KS.source (id, at, shared, kind, name) VALUES (2, 1, 's', 'k', 'a') USING TIMESTAMP ${far + 1n}`,
  );
  await cql(
    `UPDATE KS.source USING TIMESTAMP ${far + 2n} AND TTL 8000 SET tags = {'x'}, name = 'b' WHERE id = 2 AND at = 2`,
  );
  await cql(`UPDATE KS.source USING TIMESTAMP ${far + 3n} SET tags = tags + {'y'}, list = [2, 1], counts = {'n': 1}
    WHERE id = 2 AND at = 2`);
  await cql(`INSERT INTO KS.source (id, at) VALUES (3, 1) USING TIMESTAMP ${far + 4n}`);
  for (let from = 0; from < 3000; from += 500) {
    const ids = Array.from({ length: 500 }, (_, n) => from + n);
    await Promise.all(ids.map((id) => cql(`INSERT INTO KS.large (id, v, w) VALUES (${id}, 'v${id}', 'v${id}')`)));
  }
});
afterAll(() => fixture.close());

describe('copying a table', () => {
  const request = () => ({
    from: fixture.table('source'),
    into: fixture.table('same'),
    columns: mapped,
    withinRow: false,
  });

  it('keeps every cell with its time and TTL, static-only and key-only rows, under other names', async () => {
    const { result, checkpoints } = await fixture.copyTable(request());
    expect(result).toMatchObject({ read: 4, transformed: 4, skipped: 0, rejected: 0, written: 4, collisions: 0 });
    expect(checkpoints.filter(({ state }) => state === 'done').length).toBeGreaterThan(0);
    const select = (names: string, name: string) =>
      fixture.query(`SELECT id, at, shared, kind, ${names}, tags, list, counts, writetime(shared) AS ws,
        writetime(kind) AS wk, writetime(tags) AS wt, writetime(counts) AS wc FROM KS.${name}`);
    const plain = (rows: readonly Record<string, unknown>[]) =>
      rows.map((row) => JSON.stringify(row, (_key, value) => (typeof value === 'bigint' ? `${value}` : value))).sort();
    expect(plain(await select('title', 'same'))).toEqual(plain(await select('name AS title', 'source')));
    const [ttl] = await fixture.query('SELECT ttl(shared) AS s, ttl(tags) AS t FROM KS.same WHERE id = 1');
    expect(ttl?.['s']).toEqual(expect.closeTo(9000, -2));
    const [tags] = await fixture.query('SELECT ttl(title) AS n FROM KS.same WHERE id = 2 AND at = 2');
    expect(tags?.['n']).toEqual(expect.closeTo(8000, -2));
  });

  it('is equal afterwards, and a difference is found with key and values', async () => {
    const { rows, digest } = await fixture.copier.compare(request(), fixture.context());
    expect(rows).toBeGreaterThanOrEqual(3);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    await cql("UPDATE KS.same SET title = 'other' WHERE id = 2 AND at = 1");
    const difference = fixture.copier.compare(request(), fixture.context());
    await expect(difference).rejects.toMatchObject({ code: 'ROWS_DIFFER', exitCode: 8 });
    await expect(difference).rejects.toThrow('{"id":2,"at":1}');
    await expect(difference).rejects.toThrow('"title":"other"');
    await cql(`INSERT INTO KS.same (id, at) VALUES (9, 9)`);
    await cql('DELETE FROM KS.same WHERE id = 2 AND at = 1');
    await expect(fixture.copier.compare(request(), fixture.context())).rejects.toMatchObject({
      fields: {
        examples: expect.arrayContaining([
          expect.stringMatching(/^\{"id":9,"at":9\}: nothing in source, \{.*\} in same$/),
          expect.stringMatching(/^\{"id":2,"at":1\}: \{.*\} in source, nothing in same$/),
        ]),
      },
    });
  });

  it('into another key rejects nothing silently: rows without it stop the copy', async () => {
    const columns = { kind: 'kind', id: 'id', at: 'at', name: 'name', shared: 'shared' };
    const rekeyed = { from: fixture.table('source'), into: fixture.table('by_kind'), columns, withinRow: false };
    await expect(fixture.copyTable(rekeyed)).rejects.toMatchObject({
      code: 'ROWS_WITHOUT_PLACE',
      fields: { examples: expect.arrayContaining(['source {"id":3,"at":1}: key column kind is missing']) },
    });
    await cql('DELETE FROM KS.source WHERE id IN (1, 3)');
    await cql(`UPDATE KS.source USING TIMESTAMP ${far + 5n} SET kind = 'k' WHERE id = 2 AND at = 2`);
    const { result } = await fixture.copyTable(rekeyed);
    expect(result).toMatchObject({ read: 2, written: 2 });
    expect(await fixture.query("SELECT id, at, name, shared FROM KS.by_kind WHERE kind = 'k'")).toEqual([
      { id: 2, at: 1, name: 'a', shared: 's' },
      { id: 2, at: 2, name: 'b', shared: 's' },
    ]);
    await expect(fixture.copier.compare(rekeyed, fixture.context())).resolves.toMatchObject({ rows: 2 });
  });

  it('copies columns within each row, without making rows', async () => {
    await cql(
      'CREATE TABLE KS.within (id int PRIMARY KEY, old text, fresh text, set_old set<int>, set_fresh set<int>)',
    );
    await cql(`UPDATE KS.within USING TIMESTAMP ${far} SET old = 'x', set_old = {1, 2} WHERE id = 1`);
    await cql(`INSERT INTO KS.within (id) VALUES (2) USING TIMESTAMP ${far}`);
    const within = await fixture.liveTable('within');
    const request = { from: within, into: within, columns: { fresh: 'old', set_fresh: 'set_old' }, withinRow: true };
    expect((await fixture.copyTable(request)).result).toMatchObject({ read: 2, written: 2, rejected: 0 });
    const [row] = await fixture.query('SELECT fresh, set_fresh, writetime(fresh) AS w FROM KS.within WHERE id = 1');
    expect([row?.['fresh'], row?.['set_fresh'], String(row?.['w'])]).toEqual(['x', [1, 2], `${far}`]);
    await expect(fixture.copier.compare(request, fixture.context())).resolves.toMatchObject({ rows: 2 });
    await cql("UPDATE KS.within SET fresh = 'y' WHERE id = 1");
    await expect(fixture.copier.compare(request, fixture.context())).rejects.toMatchObject({ code: 'ROWS_DIFFER' });
    // The row was deleted meanwhile: its columns do not come back.
    await cql('DELETE FROM KS.within WHERE id = 1');
    await fixture.copyTable(request);
    expect(await fixture.query('SELECT id FROM KS.within')).toEqual([{ id: 2 }]);
  });

  it('goes on where an attempt before it stopped, and adds its accounts', async () => {
    const request = {
      from: fixture.table('large'),
      into: fixture.table('large_copy'),
      columns: { id: 'id', v: 'v' },
      withinRow: false,
    };
    await expect(fixture.copyTable(request, { heldFor: 150 })).rejects.toThrow('the lease is lost');
    const finished = fixture.checkpoints();
    const done = finished.filter(({ state }) => state === 'done');
    expect(done.length).toBeGreaterThan(0);
    const { result, checkpoints } = await fixture.copyTable(request, { attempt: 2, finished });
    expect(result).toMatchObject({ read: 3000, transformed: 3000, written: 3000 });
    expect(checkpoints.filter(({ range }) => done.some((one) => one.range === range))).toEqual([]);
    const [count] = await fixture.query('SELECT count(*) AS n FROM KS.large_copy');
    expect(Number(count?.['n'])).toBe(3000);
    await expect(fixture.copier.compare(request, fixture.context())).resolves.toMatchObject({ rows: 3000 });
  });

  it('raises times to the floor and gives key-only rows the time of the step', async () => {
    await cql('CREATE TABLE KS.floored (id int PRIMARY KEY, v text)');
    await cql('CREATE TABLE KS.floored_copy (id int PRIMARY KEY, v text)');
    await cql(`INSERT INTO KS.floored (id, v) VALUES (1, 'a') USING TIMESTAMP ${far}`);
    await cql(`INSERT INTO KS.floored (id) VALUES (2) USING TIMESTAMP ${far}`);
    const [from, into] = [await fixture.liveTable('floored'), await fixture.liveTable('floored_copy')];
    await fixture.copyTable({ from, into, columns: { id: 'id', v: 'v' }, withinRow: false }, { floor: far + 9n });
    const [row] = await fixture.query('SELECT writetime(v) AS w FROM KS.floored_copy WHERE id = 1');
    expect(String(row?.['w'])).toBe(`${far + 9n}`);
    await cql(`DELETE FROM KS.floored_copy USING TIMESTAMP ${baseTime - 1n} WHERE id = 2`);
    expect(await fixture.query('SELECT id FROM KS.floored_copy WHERE id = 2')).toHaveLength(1);
  });
});
