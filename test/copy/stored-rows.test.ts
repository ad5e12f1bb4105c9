import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { alter, backfill, copy, existing, skip, t, table, transform, udt, unset } from '../../src/index.ts';
import { baseTime, type CopyFixture, copyFixture } from './copy-fixture.ts';

const place = udt('place', { street: t.text(), zip: t.int() });
const everything = {
  id: t.int(),
  ascii: t.ascii(),
  bigint: t.bigint(),
  blob: t.blob(),
  boolean: t.boolean(),
  date: t.date(),
  decimal: t.decimal(),
  double: t.double(),
  duration: t.duration(),
  float: t.float(),
  inet: t.inet(),
  int: t.int(),
  smallint: t.smallint(),
  text: t.text(),
  time: t.time(),
  timestamp: t.timestamp(),
  timeuuid: t.timeuuid(),
  tinyint: t.tinyint(),
  uuid: t.uuid(),
  varint: t.varint(),
  list: t.list(t.int()),
  set: t.set(t.text()),
  map: t.map(t.text(), t.bigint()),
  udt: place,
  frozen: t.frozen(t.list(t.set(t.int()))),
  tuple: t.tuple(t.int(), t.text()),
  vector: t.vector(3),
};
const one = table('every_one', { columns: everything, partitionKey: ['id'] });
const two = table('every_two', { columns: everything, partitionKey: ['id'] });
const three = table('every_three', { columns: everything, partitionKey: ['id'] });

const timed = table('timed', {
  columns: { id: t.int(), a: t.text(), b: t.text(), tags: t.set(t.text()), list: t.list(t.text()) },
  partitionKey: ['id'],
});
const copied = table('copied', {
  columns: {
    id: t.int(),
    a: t.text(),
    b: t.text(),
    tags: t.set(t.text()),
    list: t.list(t.text()),
    both: t.text(),
    words: t.set(t.text()),
  },
  partitionKey: ['id'],
});
const statics = table('statics', {
  columns: { id: t.int(), at: t.int(), s: t.static(t.text()), v: t.text() },
  partitionKey: ['id'],
  clusteringKey: ['at'],
});
const staticsCopy = table('statics_copy', {
  columns: { id: t.int(), at: t.int(), s: t.static(t.text()), v: t.text() },
  partitionKey: ['id'],
  clusteringKey: ['at'],
});
const flat = table('flat', {
  columns: { id: t.int(), at: t.int(), s: t.text(), v: t.text() },
  partitionKey: ['id', 'at'],
});

let fixture: CopyFixture;
beforeAll(async () => {
  fixture = await copyFixture('copy_stored');
  await fixture.create(place, one, two, three, timed, copied, statics, staticsCopy, flat);
});
afterAll(() => fixture.close());

const cql = (statement: string): Promise<void> => fixture.base.cql(statement.replaceAll('KS.', 'copy_stored.'));
const far = 1_600_000_000_000_000n;

describe('every type', () => {
  it('is copied as it is, and through JavaScript values', async () => {
    await cql(`INSERT INTO KS.every_one (id, "ascii", "bigint", "blob", "boolean", "date", "decimal", "double", "duration",
      "float", "inet", "int", "smallint", "text", "time", "timestamp", "timeuuid", "tinyint", "uuid", "varint", "list",
      "set", "map", udt, "frozen", "tuple", vector) VALUES (1, 'a', 9223372036854775807, 0x00ff, true, '2024-02-29', 1.10,
      1.5, 1mo2d3h, 0.5, '::1', -1, 7, 'æ', '12:30:00.000000001', '2024-01-01T00:00:00.123Z',
      8f14e45f-ceea-11ee-a0e6-0f3b1c9f2b11, -128, 8f14e45f-ceea-467f-a0e6-0f3b1c9f2b11, 123456789012345678901234567890,
      [3, 1, 2], {'b', 'a'}, {'k': 1}, {street: 'x', zip: 5}, [{1, 2}, {3}], (1, 'x'), [0.1, 0.2, 0.3])`);
    await cql('INSERT INTO KS.every_one (id) VALUES (2)');
    await cql('INSERT INTO KS.every_one (id, udt) VALUES (3, {zip: 9})');
    expect((await fixture.run(copy({ from: one, into: two }))).result).toMatchObject({
      read: 3,
      written: 3,
      collisions: 0,
    });
    const emitted = transform({ from: one, into: three, rows: (row, out) => out.emit(row) });
    expect((await fixture.run(emitted)).result).toMatchObject({ read: 3, written: 3 });
    const select = (name: string) => fixture.query(`SELECT JSON * FROM KS.${name}`);
    const expected = await select('every_one');
    expect(expected).toHaveLength(3);
    expect(await select('every_two')).toEqual(expected);
    expect(await select('every_three')).toEqual(expected);
    const columns = Object.fromEntries(Object.keys(everything).map((name) => [name, name]));
    const into = fixture.table('every_two');
    const compared = await fixture.copier.compare(
      { from: fixture.table('every_one'), into, columns, withinRow: false },
      fixture.context(),
    );
    expect(compared.rows).toBe(3);
  });
});

describe('a copy between tables', () => {
  it('keeps the write time and TTL of each cell; what is derived takes the newest', async () => {
    await cql(`UPDATE KS.timed USING TIMESTAMP ${far} SET a = 'old' WHERE id = 1`);
    await cql(`UPDATE KS.timed USING TIMESTAMP ${far + 5n} AND TTL 5000 SET b = 'new', tags = {'x'} WHERE id = 1`);
    await cql(`UPDATE KS.timed USING TIMESTAMP ${far + 7n} SET tags = tags + {'y'}, list = ['p', 'q'] WHERE id = 1`);
    await cql(`UPDATE KS.timed USING TIMESTAMP ${far} AND TTL 4000 SET a = 'short' WHERE id = 2`);
    await cql(`UPDATE KS.timed USING TIMESTAMP ${far + 3n} AND TTL 6000 SET b = 'long' WHERE id = 2`);
    await cql(`INSERT INTO KS.timed (id) VALUES (3) USING TIMESTAMP ${far}`);
    const data = copy({
      from: timed,
      into: copied,
      columns: {
        both: ({ a, b }) => `${a} ${b}`,
        words: ({ id, a, b }) => (id === 3 ? unset : new Set([a ?? '', b ?? ''])),
      },
    });
    expect((await fixture.run(data)).result).toMatchObject({ read: 3, transformed: 3, written: 3, collisions: 0 });
    const [row] = await fixture.query(`SELECT a, writetime(a) AS wa, ttl(a) AS ta, writetime(b) AS wb, ttl(b) AS tb,
      writetime(tags) AS wt, writetime(both) AS wboth, ttl(both) AS tboth, both, words, list FROM KS.copied WHERE id = 1`);
    expect(row).toMatchObject({
      a: 'old',
      ta: null,
      both: 'old new',
      tboth: null,
      words: ['new', 'old'],
      list: ['p', 'q'],
    });
    expect([row?.['wa'], row?.['wb'], row?.['wboth']].map(String)).toEqual([`${far}`, `${far + 5n}`, `${far + 7n}`]);
    expect(String(row?.['wt'])).toBe(`${far + 5n},${far + 7n}`);
    expect(Number(row?.['tb'])).toBeGreaterThan(4000);
    const [expiring] = await fixture.query(
      'SELECT ttl(a) AS a, ttl(b) AS b, ttl(both) AS both, writetime(both) AS w FROM KS.copied WHERE id = 2',
    );
    expect(Number(expiring?.['a'])).toBeLessThanOrEqual(4000);
    expect(Number(expiring?.['both'])).toBeGreaterThan(5000);
    expect(String(expiring?.['w'])).toBe(`${far + 3n}`);
    const [keyOnly] = await fixture.query('SELECT a, both, writetime(both) AS w FROM KS.copied WHERE id = 3');
    expect([keyOnly?.['a'], keyOnly?.['both'], String(keyOnly?.['w'])]).toEqual([null, 'null null', `${baseTime}`]);
  });

  it('lets newer writes of the application win, and writes above the floor', async () => {
    await cql(`INSERT INTO KS.copied (id, a) VALUES (1, 'application') USING TIMESTAMP ${far + 100n}`);
    const data = copy({ from: timed, into: copied });
    await fixture.run(data);
    expect(await fixture.query('SELECT a FROM KS.copied WHERE id = 1')).toEqual([{ a: 'application' }]);
    await fixture.run(data, { floor: far + 200n });
    const [row] = await fixture.query('SELECT a, writetime(a) AS w, list FROM KS.copied WHERE id = 1');
    expect([row?.['a'], String(row?.['w']), row?.['list']]).toEqual(['old', `${far + 200n}`, ['p', 'q']]);
  });

  it('does not double lists on a second attempt', async () => {
    const data = copy({ from: timed, into: copied });
    for (const attempt of [2, 3]) await fixture.run(data, { attempt });
    expect(await fixture.query('SELECT list FROM KS.copied WHERE id = 1')).toEqual([{ list: ['p', 'q'] }]);
  });
});

describe('columns of other types that fit', () => {
  const place2 = udt('spot', { street: t.text(), zip: t.int() });
  const narrow = table('narrow', {
    columns: {
      id: t.int(),
      n: t.int(),
      u: t.timeuuid(),
      s: t.set(t.text()),
      f: t.frozen(t.set(t.text())),
      p: place2,
      m: t.map(t.text(), t.int()),
    },
    partitionKey: ['id'],
  });
  const wide = table('wide', {
    columns: {
      id: t.bigint(),
      n: t.varint(),
      u: t.uuid(),
      s: t.frozen(t.set(t.text())),
      f: t.set(t.text()),
      p: t.frozen(place2),
      m: t.map(t.text(), t.bigint()),
    },
    partitionKey: ['id'],
  });

  it('are converted, and keep their times', async () => {
    await fixture.create(place2, narrow, wide);
    await cql(`INSERT INTO KS.narrow (id, n, u, s, f, p, m) VALUES (1, -5, 8f14e45f-ceea-11ee-a0e6-0f3b1c9f2b11, {'b', 'a'},
      {'c', 'd'}, {street: 'x', zip: 3}, {'k': 7}) USING TIMESTAMP ${far} AND TTL 7000`);
    await cql('INSERT INTO KS.narrow (id) VALUES (2)');
    const mapped = copy({ from: narrow, into: wide, columns: { m: ({ m }) => new Map(m) as never } });
    expect((await fixture.run(mapped)).result).toMatchObject({ read: 2, written: 2, collisions: 0 });
    const columns = Object.fromEntries(['id', 'n', 'u', 's', 'f', 'p', 'm'].map((name) => [name, name]));
    const request = { from: fixture.table('narrow'), into: fixture.table('wide'), columns, withinRow: false };
    await fixture.copyTable(request);
    await expect(fixture.copier.compare(request, fixture.context())).resolves.toBeDefined();
    const rows = await fixture.query('SELECT JSON id, n, u, s, f, p, m FROM KS.wide');
    const texts = rows.map((row) => JSON.parse(String(row['[json]'])));
    expect(texts.sort((a, b) => a.id - b.id)).toEqual([
      {
        id: 1,
        n: -5,
        u: '8f14e45f-ceea-11ee-a0e6-0f3b1c9f2b11',
        s: ['a', 'b'],
        f: ['c', 'd'],
        p: { street: 'x', zip: 3 },
        m: { k: 7 },
      },
      { id: 2, n: null, u: null, s: null, f: null, p: null, m: null },
    ]);
    const [row] = await fixture.query(
      'SELECT writetime(n) AS n, ttl(n) AS t, writetime(f) AS f, writetime(s) AS s FROM KS.wide WHERE id = 1',
    );
    expect([`${row?.['n']}`, `${row?.['f']}`, `${row?.['s']}`]).toEqual([`${far}`, `${far},${far}`, `${far}`]);
    expect(row?.['t']).toEqual(expect.closeTo(7000, -2));
  });
});

describe('static columns', () => {
  beforeAll(async () => {
    await cql(`INSERT INTO KS.statics (id, s) VALUES (1, 'alone') USING TIMESTAMP ${far}`);
    await cql(`INSERT INTO KS.statics (id, at, s, v) VALUES (2, 1, 'shared', 'a') USING TIMESTAMP ${far + 1n}`);
    await cql(`INSERT INTO KS.statics (id, at, v) VALUES (2, 2, 'b') USING TIMESTAMP ${far + 2n}`);
    await cql('INSERT INTO KS.statics (id, at) VALUES (3, 1)');
  });

  it('are copied once, partitions with nothing else included', async () => {
    const { result } = await fixture.run(copy({ from: statics, into: staticsCopy }));
    expect(result).toMatchObject({ read: 4, written: 4, collisions: 0 });
    const rows = await fixture.query('SELECT id, at, s, v FROM KS.statics_copy');
    expect(rows).toEqual(await fixture.query('SELECT id, at, s, v FROM KS.statics'));
    const [time] = await fixture.query('SELECT writetime(s) AS w FROM KS.statics_copy WHERE id = 1');
    expect(String(time?.['w'])).toBe(`${far}`);
  });

  it('are joined into the rows that functions see', async () => {
    const seen: unknown[] = [];
    const { result } = await fixture.run(
      transform({
        from: statics,
        into: flat,
        // nobody looks at the rows before
        maxCollisions: '100%',
        rows: ({ id, at, s, v }, out) => {
          seen.push([id, at, s, v]);
          if (at === null) return skip('no row');
          out.emit({ id, at, s, v });
          return undefined;
        },
      }),
    );
    expect(result).toMatchObject({ read: 4, skipped: 1, written: 3 });
    expect(seen.sort()).toEqual([
      [1, null, 'alone', null],
      [2, 1, 'shared', 'a'],
      [2, 2, 'shared', 'b'],
      [3, 1, null, null],
    ]);
    expect(await fixture.query('SELECT s, writetime(v) AS w FROM KS.flat WHERE id = 2 AND at = 1')).toMatchObject([
      { s: 'shared' },
    ]);
  });

  it('do not fit where a clustering column has to have a value', async () => {
    const { result } = await fixture.run(
      copy({ from: statics, into: flat, columns: { at: ({ at }) => at as number }, maxRejects: 1 }),
    );
    expect(result).toMatchObject({ rejected: 1, written: 3 });
    expect(await fixture.rejects()).toEqual([
      {
        place: 'statics {"id":1}',
        reason: 'key column at is missing',
        row: { id: 1, at: null, s: 'alone', v: null },
        digest: expect.any(String),
      },
    ]);
  });
});

describe('a backfill', () => {
  it('writes only the columns named, into rows that are there', async () => {
    await cql('CREATE TABLE KS.filled (id int PRIMARY KEY, rating_text text, rating int, tags set<text>)');
    await cql(`UPDATE KS.filled USING TIMESTAMP ${far} SET rating_text = '7' WHERE id = 1`);
    await cql(`UPDATE KS.filled USING TIMESTAMP ${far} AND TTL 5000 SET rating_text = '8' WHERE id = 2`);
    await cql(`INSERT INTO KS.filled (id) VALUES (3) USING TIMESTAMP ${far}`);
    await cql(`INSERT INTO KS.filled (id, rating_text, rating) VALUES (4, 'x', 1) USING TIMESTAMP ${far}`);
    const before = existing('filled', { columns: { id: t.int(), rating_text: t.text() }, partitionKey: ['id'] });
    const after = alter(before, { add: { rating: t.int(), tags: t.set(t.text()) } });
    const data = backfill({
      from: before,
      into: after,
      columns: {
        rating: ({ rating_text }) => (rating_text === null ? unset : rating_text === 'x' ? null : Number(rating_text)),
        tags: ({ rating_text }) => (rating_text === '7' ? ['seven'] : unset),
      },
    });
    const { result } = await fixture.run(data, { live: 'filled', schema: [after] });
    expect(result).toMatchObject({ read: 4, transformed: 4, written: 4, collisions: 0 });
    const rows = await fixture.query(
      'SELECT id, rating, tags, writetime(rating) AS w, ttl(rating) AS ttl FROM KS.filled',
    );
    const byId = new Map(rows.map((row) => [row['id'], row]));
    expect([byId.get(1)?.['rating'], String(byId.get(1)?.['w']), byId.get(1)?.['tags']]).toEqual([
      7,
      `${far}`,
      ['seven'],
    ]);
    expect(byId.get(2)).toMatchObject({ rating: 8, ttl: expect.closeTo(5000, -2) });
    expect(byId.get(3)).toMatchObject({ rating: null });
    // The cell that was there has the same time: a deletion wins over it.
    expect(byId.get(4)).toMatchObject({ rating: null });
    await cql('DELETE FROM KS.filled WHERE id = 1');
    await fixture.run(data, { live: 'filled', schema: [after] });
    expect(await fixture.query('SELECT id FROM KS.filled WHERE id = 1')).toEqual([]);
  });
});
