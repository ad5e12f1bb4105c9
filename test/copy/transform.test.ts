import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ndjson } from '../../src/files.ts';
import { copy, reject, skip, t, table, to, transform, udt, unset } from '../../src/index.ts';
import type { JsRow } from '../../src/model/data.ts';
import { baseTime, type CopyFixture, copyFixture } from './copy-fixture.ts';

const items = table('items', {
  columns: { id: t.text(), n: t.int(), at: t.timestamp(), tags: t.set(t.text()), list: t.list(t.int()) },
  partitionKey: ['id'],
});
const pairs = table('pairs', {
  columns: { id: t.text(), at: t.int(), value: t.text() },
  partitionKey: ['id'],
  clusteringKey: ['at'],
});
const expiring = table('expiring', {
  columns: { id: t.text(), n: t.int() },
  partitionKey: ['id'],
  options: { defaultTimeToLive: 86_400 },
});
const price = udt('price', { net: t.decimal(), units: t.varint() });
const offers = table('offers', {
  columns: {
    id: t.text(),
    at: t.int(),
    price: t.frozen(price),
    parts: t.map(t.text(), t.decimal()),
    whole: t.json<unknown>(),
    text: t.text(),
  },
  partitionKey: ['id'],
  clusteringKey: ['at'],
});
const nested = ndjson.file('nested.ndjson', { columns: { id: ndjson.text(), offers: ndjson.array() } });
const lines = ndjson.file('lines.ndjson', { columns: { id: ndjson.text(), n: ndjson.any() } });

let fixture: CopyFixture;
beforeAll(async () => {
  fixture = await copyFixture('copy_transform');
  await fixture.create(price, items, pairs, expiring, offers);
});
afterAll(() => fixture.close());

const write = (...rows: readonly unknown[]): Promise<void> =>
  fixture.file('lines.ndjson', rows.map((row) => JSON.stringify(row)).join('\n'));

/** A function of a migration that the compiler would refuse. */
function untyped(rows: (row: JsRow, out: { emit(row: unknown): void }) => unknown): never {
  return rows as never;
}

describe('a time beyond what a Date holds', () => {
  const columns = { id: t.text(), at: t.timestamp(), tags: t.set(t.text()), note: t.text() };
  const aeons = (name: string) => table(name, { columns, partitionKey: ['id'] });
  const ages = (name: string) => table(name, { columns, partitionKey: ['id'], clusteringKey: ['at'] });

  it('goes on as it is, in keys too, and rejects its row only where a function looks at it', async () => {
    const [from, into, keyed, keyedInto] = [
      aeons('aeons'),
      aeons('aeons_copied'),
      ages('ages'),
      ages('ages_copied'),
    ] as const;
    await fixture.create(from, into, keyed, keyedInto);
    for (const name of ['aeons', 'ages']) {
      await fixture.base.cql(
        `INSERT INTO copy_transform.${name} (id, at, tags, note) VALUES ('a', 9223372036854775807, {'x'}, 'n')`,
      );
    }
    const plain = copy({ from, into });
    const beside = copy({ from, into, columns: { note: ({ id }) => `of ${id}` } });
    const looking = copy({ from, into, maxRejects: 1, columns: { note: ({ at }) => String(at) } });
    const inKey = copy({ from: keyed, into: keyedInto });
    expect(await fixture.tried(plain)).toEqual([]);
    expect(await fixture.tried(beside)).toEqual([]);
    expect(await fixture.tried(inKey)).toEqual([]);
    expect(await fixture.tried(looking)).toEqual([
      { place: 'aeons {"id":"a"}', reason: expect.stringContaining('no timestamp that a Date can hold') },
    ]);
    expect((await fixture.run(looking)).result).toMatchObject({ rejected: 1, written: 0 });
    expect((await fixture.run(inKey)).result).toMatchObject({ rejected: 0, written: 1 });
    expect((await fixture.run(beside)).result).toMatchObject({ rejected: 0, written: 1 });
    const found = await fixture.query(
      `SELECT toJson(note) AS note, CAST(toUnixTimestamp(at) AS text) AS at FROM KS.aeons_copied`,
    );
    expect(found).toEqual([{ note: '"of a"', at: '9223372036854775807' }]);
  });
});

describe('numbers inside of objects', () => {
  it('arrive with every digit in children, types, maps and texts', async () => {
    const [net, units, large] = ['0.12345678901234567890123456789', '123456789012345678901234567890', '1.5e400'];
    const offer = `{"net":${net},"units":${units},"parts":{"a":${large},"b":0.5}}`;
    await fixture.file(
      'nested.ndjson',
      `{"id":"one","offers":[{"net":1,"units":2,"parts":{}},${offer}]}\n{"id":"two","offers":[${offer}],"offers":[]}`,
    );
    const { result } = await fixture.run(
      transform({
        from: nested,
        into: offers,
        maxRejects: 1,
        rows: (row, out) =>
          row.offers?.forEach((one, at) => {
            const found = one as { net: unknown; units: unknown; parts: Record<string, unknown> };
            out.emit({
              id: row.id ?? '',
              at,
              price: { net: to.decimal(found.net), units: to.varint(found.units) },
              parts: new Map(Object.entries(found.parts).map(([name, part]) => [name, to.decimal(part)])),
              whole: one,
              text: to.json(one),
            });
          }),
      }),
    );
    expect(result).toMatchObject({ read: 2, rejected: 1, written: 2 });
    expect((await fixture.rejects())[0]?.reason).toBe('its field offers stands there more than once');
    const found = await fixture.query(
      'SELECT toJson(price) AS price, toJson(parts) AS parts, whole, text FROM KS.offers WHERE at = 1 ALLOW FILTERING',
    );
    expect(found).toEqual([
      { price: `{"net": ${net}, "units": ${units}}`, parts: '{"a": 1.5E+400, "b": 0.5}', whole: offer, text: offer },
    ]);
  });
});

describe('a transform', () => {
  it('counts rows that are emitted, skipped and rejected', async () => {
    await write(
      { id: 'one', n: 1 },
      { id: 'none' },
      { id: 'skip' },
      { id: 'reject', n: 5 },
      { id: 'convert', n: 'x' },
      { id: 'late', n: 3 },
      { id: 'three', n: 3 },
      'no object',
    );
    const { result, checkpoints } = await fixture.run(
      transform({
        from: lines,
        into: pairs,
        maxRejects: 4,
        rows: ({ id, n }, out) => {
          if (id === 'skip') return skip('not wanted');
          if (id === 'reject') return reject('too odd');
          if (id === 'convert') to.int(String(n));
          for (let at = 0; at < Number(n ?? 0); at += 1) out.emit({ id: id ?? '', at, value: `${at}` });
          return id === 'late' ? reject('after three rows') : undefined;
        },
      }),
    );
    expect(result).toEqual({
      read: 8,
      transformed: 2,
      skipped: 2,
      rejected: 4,
      written: 4,
      collisions: 0,
      bytes: expect.any(Number),
      rejectsFile: fixture.rejectsFile,
    });
    expect(await fixture.query('SELECT * FROM KS.pairs')).toHaveLength(4);
    expect((await fixture.rejects()).map(({ place, reason, row }) => [place, reason, row])).toEqual([
      ['lines.ndjson:4', 'too odd', { id: 'reject', n: 5 }],
      ['lines.ndjson:5', expect.stringContaining('"x" is not'), { id: 'convert', n: 'x' }],
      ['lines.ndjson:6', 'after three rows', { id: 'late', n: 3 }],
      ['lines.ndjson:8', 'it is not an object', { raw: '"no object"' }],
    ]);
    expect(checkpoints.map(({ state }) => state)).toEqual(['started', 'done']);
    expect(existsSync(`${fixture.rejectsFile}.work`)).toBe(false);
  });

  it('rejects rows whose keys or values do not fit, whatever else they emitted', async () => {
    await write({ id: 'null' }, { id: 'missing' }, { id: 'empty' }, { id: 'value' }, { id: 'long' }, { id: 'good' });
    const { result } = await fixture.run(
      transform({
        from: lines,
        into: pairs,
        maxRejects: '90%',
        rows: untyped(({ id }, out) => {
          out.emit({ id: `${id}`, at: 100 });
          const odd: Record<string, unknown> = {
            null: { id: null, at: 1 },
            missing: { id: 'x' },
            empty: { id: '', at: 1 },
            value: { id: 'x', at: 1.5 },
            long: { id: 'x'.repeat(70_000), at: 1 },
          };
          if (Object.hasOwn(odd, String(id))) out.emit(odd[String(id)]);
        }),
      }),
    );
    expect(result).toMatchObject({ read: 6, transformed: 1, rejected: 5, written: 1 });
    expect((await fixture.rejects()).map(({ reason }) => reason)).toEqual([
      'key column id is missing',
      'key column at is missing',
      'key column id is empty, which Cassandra refuses',
      expect.stringMatching(/^at: 1\.5/),
      'key column id is longer than 65,535 bytes',
    ]);
    expect(await fixture.query('SELECT id FROM KS.pairs WHERE at = 100 ALLOW FILTERING')).toEqual([{ id: 'good' }]);
  });

  it('may emit one object again after changing it', async () => {
    await write({ id: 'again' });
    await fixture.run(
      transform({
        from: lines,
        into: pairs,
        rows: (_row, out) => {
          const row = { id: 'again', at: 1, value: 'a' };
          out.emit(row);
          row.at = 2;
          row.value = 'b';
          out.emit(row);
        },
      }),
    );
    expect(await fixture.query("SELECT at, value FROM KS.pairs WHERE id = 'again'")).toEqual([
      { at: 1, value: 'a' },
      { at: 2, value: 'b' },
    ]);
  });

  it('counts rows that meet on one key, and refuses them before the first write unless they may', async () => {
    await write({ id: 'a' }, { id: 'b' }, { id: 'c' });
    await fixture.base.cql('TRUNCATE copy_transform.pairs');
    const meeting = (most: { maxCollisions?: number | `${number}%` }) =>
      transform({
        from: lines,
        into: pairs,
        ...most,
        rows: ({ id }, out) => {
          out.emit({ id: 'same', at: 7, value: id });
          out.emit({ id: id ?? '', at: 7 });
        },
      });
    for (const most of [{}, { maxCollisions: 1 }, { maxCollisions: '33%' }] as const) {
      const refused = fixture.run(meeting(most));
      await expect(refused).rejects.toMatchObject({
        code: 'KEYS_COLLIDE',
        message: expect.stringMatching(/: 2 of 6 rows have a primary key .* e\.g\. \S+:1 and \S+:2; \S+:1 and \S+:3$/),
      });
      expect(await fixture.query('SELECT * FROM KS.pairs')).toEqual([]);
    }
    for (const most of [{ maxCollisions: 2 }, { maxCollisions: '34%' }, { maxCollisions: '100%' }] as const) {
      const { result } = await fixture.run(meeting(most));
      expect(result).toMatchObject({ written: 6, collisions: 2 });
    }
    expect(await fixture.query('SELECT id FROM KS.pairs')).toHaveLength(4);
  });

  it.each([
    ['a column that is not there', untyped((_row, out) => out.emit({ id: 'x', at: 1, titel: 'y' })), 'UNKNOWN_COLUMN'],
    [
      'an exception',
      untyped(() => {
        throw new TypeError('cannot read this');
      }),
      'TRANSFORM_FAILED',
    ],
    ['something that is no row', untyped((_row, out) => out.emit('x')), 'TRANSFORM_FAILED'],
    [
      'skip after a row',
      untyped((_row, out) => {
        out.emit({ id: 'x', at: 1 });
        return skip('x');
      }),
      'TRANSFORM_FAILED',
    ],
    ['a promise', untyped(async () => undefined), /ASYNC_TRANSFORM|TRANSFORM_RETURNED/],
  ])('fails for %s, naming the row', async (_what, rows, code) => {
    await write({ id: 'first' });
    const failure = fixture.run(transform({ from: lines, into: pairs, rows, maxRejects: '100%' }));
    await expect(failure).rejects.toMatchObject({ code: expect.stringMatching(code) });
    if (code === 'TRANSFORM_FAILED' || code === 'UNKNOWN_COLUMN') {
      await expect(failure).rejects.toThrow('lines.ndjson:1');
    }
    expect(fixture.checkpoints().filter(({ state }) => state === 'done')).toEqual([]);
  });

  it('names the line of the migration where it failed', async () => {
    await write({ id: 'first' });
    const run = fixture.run(
      transform({
        from: lines,
        into: pairs,
        rows: () => {
          throw new RangeError('out of range');
        },
      }),
    );
    await expect(run).rejects.toMatchObject({
      where: { path: import.meta.filename, line: expect.any(Number) },
      cause: expect.any(RangeError),
    });
  });

  it('is not stopped by a catch around emit', async () => {
    await write({ id: 'first' });
    const rows = untyped((_row, out) => {
      try {
        out.emit({ id: 'x', at: 'not a number' });
      } catch {
        out.emit({ id: 'x', at: 1 });
      }
    });
    const { result } = await fixture.run(transform({ from: lines, into: pairs, rows, maxRejects: 1 }));
    expect(result).toMatchObject({ rejected: 1, written: 0 });
  });
});

describe('too many rejects', () => {
  const rejecting = (maxRejects: number | `${number}%`) =>
    transform({
      from: lines,
      into: pairs,
      maxRejects,
      rows: ({ id, n }, out) => {
        if (Number(n) % 2 === 1) return reject(Number(n) < 5 ? `"${n}" is odd` : 'large and odd');
        out.emit({ id: id ?? '', at: Number(n) });
        return undefined;
      },
    });

  it('fail the step, with the reasons by number', async () => {
    await write(...Array.from({ length: 20 }, (_, n) => ({ id: 'r', n })));
    const failure = fixture.run(rejecting('49%'));
    await expect(failure).rejects.toMatchObject({
      code: 'TOO_MANY_REJECTS',
      fields: { rejected: 10, read: 20, rejectsFile: fixture.rejectsFile },
      next: expect.stringContaining(fixture.rejectsFile),
    });
    await expect(failure).rejects.toThrow('8 × large and odd (lines.ndjson:6); 2 × "1" is odd (lines.ndjson:2)');
    expect(await fixture.rejects()).toHaveLength(10);
    await expect(fixture.run(rejecting('50%'))).resolves.toMatchObject({ result: { rejected: 10 } });
    await expect(fixture.run(rejecting(9))).rejects.toMatchObject({ code: 'TOO_MANY_REJECTS' });
    await expect(fixture.run(rejecting(10))).resolves.toMatchObject({ result: { rejected: 10 } });
  });

  it('end it at once where a number is given', async () => {
    await write(...Array.from({ length: 1000 }, (_, n) => ({ id: 'r', n: n * 2 + 1 })));
    await expect(fixture.run(rejecting(0))).rejects.toMatchObject({ fields: { rejected: 1 } });
    expect(await fixture.rejects()).toHaveLength(1);
  });

  it('leave no file behind when there are none', async () => {
    await write({ id: 'fine', n: 2 });
    const { result } = await fixture.run(rejecting(0));
    expect(result.rejectsFile).toBeNull();
    expect(existsSync(fixture.rejectsFile)).toBe(false);
  });
});

describe('values', () => {
  it('unset leaves a cell as it is, null deletes it', async () => {
    await fixture.base.cql(
      "INSERT INTO copy_transform.items (id, n, at, tags) VALUES ('kept', 1, 5, {'a'}) USING TIMESTAMP 1000",
    );
    await write({ id: 'kept' });
    await fixture.run(
      transform({ from: lines, into: items, rows: (_row, out) => out.emit({ id: 'kept', n: undefined, at: null }) }),
    );
    expect(await fixture.query("SELECT n, at, tags FROM KS.items WHERE id = 'kept'")).toEqual([
      { n: 1, at: null, tags: ['a'] },
    ]);
  });

  it('a copy leaves unset what a file does not have', async () => {
    await fixture.base.cql(
      "INSERT INTO copy_transform.pairs (id, at, value) VALUES ('kept', 1, 'old') USING TIMESTAMP 1000",
    );
    await fixture.file('rows.ndjson', '{"id":"kept","at":1,"value":null}\n{"id":"new","at":2,"value":"new"}');
    const rows = ndjson.file('rows.ndjson', {
      columns: { id: ndjson.text(), at: ndjson.int(), value: ndjson.text() },
      key: ['id', 'at'],
    });
    const { result } = await fixture.run(copy({ from: rows, into: pairs }));
    expect(result).toMatchObject({ read: 2, written: 2 });
    const found = await fixture.query("SELECT value, writetime(value) AS w FROM KS.pairs WHERE id IN ('kept', 'new')");
    expect(found.map(({ value, w }) => [value, String(w)])).toEqual([
      ['old', '1000'],
      ['new', String(baseTime)],
    ]);
    const functions = copy({
      from: rows,
      into: pairs,
      columns: { value: ({ id }) => (id === 'kept' ? unset : skip('only this')) },
    });
    expect((await fixture.run(functions)).result).toMatchObject({ read: 2, transformed: 1, skipped: 1 });
  });

  it('have the time of the step, above the floor, and the table’s own TTL', async () => {
    await write({ id: 'ttl', n: 1 });
    const into = transform({
      from: lines,
      into: expiring,
      rows: ({ id }, out) => out.emit({ id: id ?? '', n: 1 }),
    });
    await fixture.run(into);
    const read = async () => {
      const [row] = await fixture.query("SELECT ttl(n) AS ttl, writetime(n) AS time FROM KS.expiring WHERE id = 'ttl'");
      return { ttl: Number(row?.['ttl']), time: BigInt(String(row?.['time'])) };
    };
    expect(await read()).toEqual({ ttl: expect.closeTo(86_400, -2), time: baseTime });
    await fixture.run(into, { floor: baseTime + 1000n });
    expect((await read()).time).toBe(baseTime + 1000n);
  });

  it('in lists do not double when they are written again', async () => {
    await write({ id: 'list', n: [1, 2] });
    const into = transform({
      from: lines,
      into: items,
      rows: ({ n }, out) => out.emit({ id: 'list', list: n as number[], tags: ['x'] }),
    });
    for (const attempt of [1, 2, 3]) await fixture.run(into, { attempt });
    expect(await fixture.query("SELECT list, tags FROM KS.items WHERE id = 'list'")).toEqual([
      { list: [1, 2], tags: ['x'] },
    ]);
    await write({ id: 'list', n: [3] });
    await fixture.run(into, { attempt: 4 });
    expect(await fixture.query("SELECT list FROM KS.items WHERE id = 'list'")).toEqual([{ list: [3] }]);
  });
});
