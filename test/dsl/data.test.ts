import { describe, expect, it } from 'vitest';
import { compileMigration } from '../../src/dsl/compile.ts';
import { csv, json } from '../../src/files.ts';
import {
  alter,
  backfill,
  copy,
  type Data,
  desc,
  existing,
  migration,
  reject,
  skip,
  t,
  table,
  transform,
  udt,
  unset,
} from '../../src/index.ts';
import type { ColumnMapping, DataSpec, JsRow } from '../../src/model/data.ts';
import { RowRejected } from '../../src/model/data.ts';
import { mysql } from '../../src/mysql.ts';
import { mistakeOf, untyped } from './mistakes.ts';

const run = { startedAt: new Date(0) };

function specOf(data: Data, ...schema: readonly unknown[]): DataSpec {
  const [spec] = compileMigration('1_x', migration({ description: 'x', schema: untyped(schema), data: [data] })).data;
  if (spec === undefined) throw new Error('no spec');
  return spec;
}
function mappingsOf(data: Data, ...schema: readonly unknown[]): Readonly<Record<string, ColumnMapping>> {
  const spec = specOf(data, ...schema);
  if (spec.kind === 'transform') throw new Error('a transform maps nothing');
  return spec.columns;
}
function valueFrom(mapping: ColumnMapping | undefined, row: JsRow): unknown {
  if (mapping?.kind !== 'function') throw new Error('no function');
  return mapping.value(row, run);
}

const movies = existing('movies', {
  columns: {
    id: t.uuid(),
    at: t.timestamp(),
    title: t.text(),
    code: t.timeuuid(),
    day: t.date(),
    votes: t.int(),
    tags: t.set(t.text()),
    scores: t.frozen(t.list(t.int())),
    extra: t.json<{ a: number }>(),
  },
  partitionKey: ['id'],
  clusteringKey: [desc('at')],
});

describe('copy', () => {
  it('maps columns of the same name and a fitting type, and leaves the others', () => {
    const into = table('films', {
      columns: {
        id: t.uuid(),
        title: t.ascii(),
        code: t.uuid(),
        day: t.text(),
        votes: t.varint(),
        tags: t.frozen(t.set(t.ascii())),
        other: t.text(),
        extra: t.json<{ a: number }>(),
      },
      partitionKey: ['id'],
    });
    const columns = mappingsOf(copy({ from: movies, into }), into);
    expect(columns).toEqual(
      Object.fromEntries(
        ['id', 'code', 'day', 'extra', 'tags', 'title', 'votes'].map((name) => [name, { kind: 'column', from: name }]),
      ),
    );
    expect(Object.keys(columns)).toEqual(['id', 'code', 'day', 'extra', 'tags', 'title', 'votes']);
  });

  it('takes columns, functions and unset', () => {
    const into = table('films', {
      columns: { film: t.uuid(), title: t.text(), votes: t.int(), note: t.text(), other: t.text() },
      partitionKey: ['film'],
    });
    const columns = mappingsOf(
      copy({
        from: movies,
        into,
        columns: { film: 'id', title: unset, note: (row, clock) => `${row.title} ${clock.startedAt.getTime()}` },
      }),
      into,
    );
    expect(columns['film']).toEqual({ kind: 'column', from: 'id' });
    expect(columns['title']).toEqual({ kind: 'unset' });
    expect(columns['votes']).toEqual({ kind: 'column', from: 'votes' });
    expect(valueFrom(columns['note'], { title: 'x' })).toBe('x 0');
    expect(Object.hasOwn(columns, 'other')).toBe(false);
  });

  const target = (columns: object, key = 'id') =>
    table('films', untyped({ columns: { id: t.uuid(), ...columns }, partitionKey: [key] }));
  const refused = (into: unknown, more: object = {}, from: unknown = movies): string =>
    mistakeOf(() => copy(untyped({ from, into, ...more })));

  it('says which column it cannot map, and why', () => {
    expect(refused(target({ title: t.int() }))).toBe(
      'MIGRATION_COLUMN_UNFIT: copy from movies into films: title does not fit its namesake: it is text, and int is wanted',
    );
    expect(refused(target({ film: t.uuid() }, 'film'))).toBe(
      'MIGRATION_KEY_UNMAPPED: copy from movies into films: the key column film has no namesake to come from',
    );
    expect(refused(target({ title: t.text() }, 'title'))).toMatch(
      /^MIGRATION_COLUMN_UNFIT: .* it may be null, and a key may not$/,
    );
    expect(refused(target({}), { columns: { id: 'title' } })).toMatch(
      /^MIGRATION_COLUMN_UNFIT: .*: id cannot take title: it is text, and uuid/,
    );
  });

  it.each<[string, () => string, string]>([
    ['unset for a key', () => refused(target({}), { columns: { id: unset } }), 'MIGRATION_KEY_UNSET'],
    ['a column that is none', () => refused(target({}), { columns: { nope: 'id' } }), 'MIGRATION_NO_SUCH_COLUMN'],
    [
      'a source column that is none',
      () => refused(target({}), { columns: { id: 'nope' } }),
      'MIGRATION_MAPPING_INVALID',
    ],
    ['a mapping that is none', () => refused(target({}), { columns: { id: 3 } }), 'MIGRATION_MAPPING_INVALID'],
    ['an inherited name', () => refused(target({}), { columns: { id: 'toString' } }), 'MIGRATION_MAPPING_INVALID'],
    ['columns in a list', () => refused(target({}), { columns: ['id'] }), 'MIGRATION_NOT_AN_OBJECT'],
    ['an unknown part', () => refused(target({}), { where: 'x' }), 'MIGRATION_UNKNOWN_PROPERTY'],
    ['from nothing', () => refused(target({}), {}, null), 'MIGRATION_DATA_FROM'],
    ['from a type', () => refused(target({}), {}, udt('x', { a: t.int() })), 'MIGRATION_DATA_FROM'],
    ['into a name', () => refused('films'), 'MIGRATION_DATA_INTO'],
    ['rejects below 0', () => refused(target({}), { maxRejects: -1 }), 'MIGRATION_MAX_REJECTS'],
    ['rejects over 100%', () => refused(target({}), { maxRejects: '101%' }), 'MIGRATION_MAX_REJECTS'],
    ['rejects in words', () => refused(target({}), { maxRejects: 'few' }), 'MIGRATION_MAX_REJECTS'],
    ['collisions below 0', () => refused(target({}), { maxCollisions: -1 }), 'MIGRATION_MAX_COLLISIONS'],
    ['collisions in words', () => refused(target({}), { maxCollisions: 'few' }), 'MIGRATION_MAX_COLLISIONS'],
    ['a table into itself', () => refused(movies), 'MIGRATION_DATA_INTO_ITSELF'],
    ['into an addition to itself', () => refused(alter(movies, { add: { x: t.int() } })), 'MIGRATION_DATA_INTO_ITSELF'],
  ])('refuses %s', (_what, refuse, code) => {
    expect(refuse().split(':')[0]).toBe(code);
  });

  it('goes from a table into its rebuilt self', () => {
    const rekeyed = alter(movies, { partitionKey: ['day'], clusteringKey: ['id'] });
    const spec = specOf(
      copy({ from: movies, into: rekeyed, columns: { day: (row) => row.day ?? skip('no day') } }),
      rekeyed,
    );
    expect(spec.into.partitionKey).toEqual(['day']);
    const retyped = alter(movies, { retype: { votes: t.text() } });
    expect(
      mappingsOf(copy({ from: movies, into: retyped, columns: { votes: (row) => String(row.votes) } }), retyped),
    ).toMatchObject({
      votes: { kind: 'function' },
    });
  });

  it('takes required fields of a file for keys', () => {
    const file = csv.file('f.csv', { columns: { id: csv.uuid(), title: csv.text() }, required: ['id'] });
    const loose = csv.file('f.csv', { columns: { id: csv.uuid(), title: csv.text() } });
    const into = target({ title: t.text() });
    expect(specOf(copy(untyped({ from: file, into })), into).from).toMatchObject({ kind: 'foreign', place: 'f.csv' });
    expect(refused(into, {}, loose)).toMatch(/^MIGRATION_COLUMN_UNFIT/);
  });
});

describe('backfill', () => {
  const rated = alter(movies, { add: { rating: t.int(), note: t.text() }, drop: ['title'] });

  it('writes the columns named, and reads the table as it was', () => {
    const spec = specOf(
      backfill({ from: movies, into: rated, columns: { note: 'title', rating: () => unset } }),
      rated,
    );
    expect(spec).toMatchObject({ kind: 'backfill', columns: { note: { kind: 'column', from: 'title' } } });
    expect(Object.keys(spec.kind === 'backfill' ? spec.columns : {})).toEqual(['note', 'rating']);
    expect(spec.kind === 'backfill' ? valueFrom(spec.columns['rating'], {}) : null).toBe(unset);
  });

  const refused = (into: unknown, columns: unknown, from: unknown = movies): string =>
    mistakeOf(() => backfill(untyped({ from, into, columns })));
  it.each<[string, () => string, string]>([
    [
      'another table',
      () => refused(table('x', { columns: { id: t.uuid() }, partitionKey: ['id'] }), {}),
      'MIGRATION_BACKFILL_OF_ANOTHER',
    ],
    [
      'a file',
      () => refused(rated, {}, json.file('x', { columns: { a: json.int() } })),
      'MIGRATION_BACKFILL_OF_ANOTHER',
    ],
    ['no column', () => refused(rated, {}), 'MIGRATION_BACKFILL_OF_NOTHING'],
    ['a key column', () => refused(rated, { at: () => run.startedAt }), 'MIGRATION_BACKFILL_OF_KEY'],
    ['no such column', () => refused(rated, { title: () => 'x' }), 'MIGRATION_NO_SUCH_COLUMN'],
    [
      'a column that it reads',
      () => refused(rated, { votes: (row: JsRow) => row['votes'] }),
      'MIGRATION_BACKFILL_READS_ITSELF',
    ],
    [
      'another key',
      () => refused(alter(movies, { add: { x: t.int() }, partitionKey: ['day'] }), { x: () => 1 }),
      'MIGRATION_BACKFILL_REKEYED',
    ],
    ['a type that does not fit', () => refused(rated, { rating: 'title' }), 'MIGRATION_COLUMN_UNFIT'],
  ])('refuses %s', (_what, refuse, code) => {
    expect(refuse().split(':')[0]).toBe(code);
  });

  it('reads and writes a column whose type changes', () => {
    const retyped = alter(movies, { retype: { votes: t.text() } });
    expect(
      mappingsOf(backfill({ from: movies, into: retyped, columns: { votes: (row) => String(row.votes) } }), retyped),
    ).toHaveProperty('votes');
  });
});

describe('transform', () => {
  const into = table('films', { columns: { id: t.uuid(), title: t.text() }, partitionKey: ['id'] });
  const rowsOf = (rows: unknown) => {
    const spec = specOf(transform(untyped({ from: movies, into, rows })), into);
    if (spec.kind !== 'transform') throw new Error('no transform');
    return (row: JsRow): { readonly result: unknown; readonly emitted: readonly JsRow[] } => {
      const emitted: JsRow[] = [];
      return { result: spec.rows(row, { emit: (one) => void emitted.push(one) }, run), emitted };
    };
  };

  it('emits, skips and rejects', () => {
    const rows = rowsOf((row: JsRow, out: { emit(row: JsRow): void }, clock: typeof run) => {
      if (row['id'] === 1) return skip('one');
      if (row['id'] === 2) return reject('two');
      out.emit({ id: row['id'], title: clock.startedAt });
      return undefined;
    });
    expect(rows({ id: 1 })).toEqual({ result: { kind: 'skip', reason: 'one' }, emitted: [] });
    expect(rows({ id: 2 })).toEqual({ result: { kind: 'reject', reason: 'two' }, emitted: [] });
    expect(rows({ id: 3 })).toEqual({ result: undefined, emitted: [{ id: 3, title: run.startedAt }] });
  });

  it('refuses what a function must not return', () => {
    for (const result of [async () => undefined, () => ({ id: 1 }), () => null, () => [], () => 0]) {
      expect(mistakeOf(() => rowsOf(result)({}))).toMatch(
        /^MIGRATION_TRANSFORM_RETURNED: rows of transform from movies into films/,
      );
    }
    expect(mistakeOf(() => rowsOf(() => unset)({}))).toMatch(/^MIGRATION_TRANSFORM_RETURNED/);
    expect(mistakeOf(() => rowsOf('x'))).toMatch(/^MIGRATION_NOT_A_FUNCTION/);
    expect(mistakeOf(() => skip(''))).toMatch(/^MIGRATION_NOT_A_TEXT/);
  });

  it('refuses promises of copies', () => {
    const columns = mappingsOf(copy(untyped({ from: movies, into, columns: { title: async () => 'x' } })), into);
    expect(mistakeOf(() => valueFrom(columns['title'], {}))).toMatch(/^MIGRATION_MAPPING_RETURNED_PROMISE/);
  });
});

describe('json columns', () => {
  const place = udt('place', { name: t.text(), detail: t.json<{ n: number }>() });
  const from = existing('from', {
    columns: {
      id: t.int(),
      a: t.json<{ b: number }>(),
      list: t.list(t.json<number>()),
      byName: t.map(t.text(), t.json<number>()),
      pair: t.tuple(t.int(), t.json<string | null>()),
      where: t.frozen(place),
      plain: t.text(),
    },
    partitionKey: ['id'],
  });
  const into = table('into', {
    columns: {
      id: t.int(),
      a: t.json<{ b: number }>(),
      plain: t.json<unknown>(),
      set: t.set(t.json<number>()),
      where: t.frozen(place),
      byName: t.static(t.map(t.text(), t.json<number>())),
      at: t.int(),
    },
    partitionKey: ['id'],
    clusteringKey: ['at'],
  });
  const stored = {
    id: 1,
    a: '{"b":2}',
    list: ['1', '2'],
    byName: new Map([['x', '3']]),
    pair: [1, 'null'],
    where: { name: 'n', detail: '{"n":4}' },
    plain: '{',
  };

  it('are parsed for functions and written as text', () => {
    const seen: unknown[] = [];
    const spec = specOf(
      transform({
        from,
        into,
        rows: (row, out) => {
          seen.push(row);
          out.emit({
            id: row.id,
            at: 1,
            a: row.a,
            set: [1, 2],
            where: { detail: { n: 5 } },
            byName: { x: 3 },
            plain: null,
          });
        },
      }),
      into,
    );
    const emitted: JsRow[] = [];
    if (spec.kind === 'transform') spec.rows(stored, { emit: (row) => void emitted.push(row) }, run);
    expect(seen).toEqual([
      {
        ...stored,
        a: { b: 2 },
        list: [1, 2],
        byName: new Map([['x', 3]]),
        pair: [1, null],
        where: { name: 'n', detail: { n: 4 } },
      },
    ]);
    expect(emitted).toEqual([
      {
        id: 1,
        at: 1,
        a: '{"b":2}',
        set: new Set(['1', '2']),
        where: { detail: '{"n":5}' },
        byName: new Map([['x', '3']]),
        plain: null,
      },
    ]);
  });

  it('pass null and what is not there', () => {
    const spec = specOf(transform({ from, into, rows: (row, out) => out.emit({ id: row.id, at: 1, a: row.a }) }), into);
    const emitted: JsRow[] = [];
    if (spec.kind === 'transform') {
      spec.rows({ id: 1, a: null, where: null, pair: null }, { emit: (row) => void emitted.push(row) }, run);
      spec.rows({ id: 1 }, { emit: (row) => void emitted.push(row) }, run);
    }
    expect(emitted).toEqual([
      { id: 1, at: 1, a: null },
      { id: 1, at: 1, a: undefined },
    ]);
  });

  it('reject a row whose text is not JSON, and a value that JSON does not have', () => {
    const columns = mappingsOf(
      copy({ from, into, columns: { at: () => 1, plain: (row) => row.plain, a: (row) => row.a ?? skip('none') } }),
      into,
    );
    expect(() => valueFrom(columns['plain'], { ...stored, a: '{' })).toThrow(RowRejected);
    expect(() => valueFrom(columns['plain'], { ...stored, a: '{' })).toThrow(/^a: the text is not JSON/);
    const twice = '{"b": [{"c": 1, "d": {"c": 2, "\\u0063": 3}}]}';
    expect(() => valueFrom(columns['a'], { ...stored, a: twice })).toThrow(
      'a: its field b[0].d.c stands there more than once',
    );
    const exact = '{"b":[0.12345678901234567890,12345678901234567890,-1e400,{"c":1.5}]}';
    expect(valueFrom(columns['a'], { ...stored, a: exact })).toBe(exact);
    expect(valueFrom(columns['plain'], stored)).toBe('"{"');
    expect(valueFrom(columns['a'], stored)).toBe('{"b":2}');
    expect(valueFrom(columns['a'], { ...stored, a: null })).toEqual({ kind: 'skip', reason: 'none' });
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    for (const value of [() => 1, cyclic, Symbol('x')]) {
      const bad = mappingsOf(copy(untyped({ from, into, columns: { at: () => 1, plain: () => value } })), into);
      expect(() => valueFrom(bad['plain'], stored)).toThrow(RowRejected);
    }
  });

  it('go from one to another as they are, and are turned on the way to another type', () => {
    const same = mappingsOf(copy({ from, into, columns: { at: () => 1, plain: unset, byName: unset } }), into);
    expect(same['a']).toEqual({ kind: 'column', from: 'a' });
    expect(valueFrom(same['where'], stored)).toEqual({ name: 'n', detail: '{"n":4}' });
    const file = json.file('x.json', { columns: { id: json.int(), plain: json.any() }, key: ['id'] });
    const loaded = mappingsOf(copy(untyped({ from: file, into, columns: { at: () => 1 } })), into);
    expect(valueFrom(loaded['plain'], { id: 1, plain: [1, { a: 2 }] })).toBe('[1,{"a":2}]');
    expect(valueFrom(loaded['plain'], { id: 1, plain: null })).toBeNull();
  });

  it('do not take a value for a signal because it looks like one', () => {
    const columns = mappingsOf(
      copy(untyped({ from, into, columns: { at: () => 1, plain: () => ({ kind: 'skip', reason: 'x' }) } })),
      into,
    );
    expect(valueFrom(columns['plain'], stored)).toBe('{"kind":"skip","reason":"x"}');
  });
});

describe('since', () => {
  const rows = (columns: Parameters<typeof mysql.table>[1]['columns']) =>
    mysql.table('film', { connection: 'shop', columns, key: ['id'] });
  const film = rows({ id: mysql.int(), title: mysql.varchar(), at: mysql.timestamp() });
  const films = table('films', { columns: { id: t.int() }, partitionKey: ['id'] });
  const since = (given: unknown, from: unknown = film): DataSpec['since'] =>
    specOf(copy(untyped({ from, into: films, since: given })), films).since;

  it('is a column of times or numbers, with an overlap, or the write time', () => {
    expect(since('at')).toEqual({ by: 'time', column: 'at', overlap: 60_000_000 });
    expect(since({ column: 'at', overlap: '1.5h' })).toEqual({ by: 'time', column: 'at', overlap: 5_400_000_000 });
    expect(since('id')).toEqual({ by: 'number', column: 'id', overlap: 1000 });
    expect(since({ column: 'id', overlap: 0 })).toEqual({ by: 'number', column: 'id', overlap: 0 });
    const old = existing('old', { columns: { id: t.int() }, partitionKey: ['id'] });
    expect(since('writetime', old)).toEqual({ by: 'writetime', overlap: 60_000_000 });
    expect(since(undefined)).toBeUndefined();
  });

  it('is refused where it tells nothing', () => {
    const file = csv.file('films.csv', {
      columns: { id: csv.int(), at: csv.timestamp() },
      key: ['id'],
      required: ['id'],
    });
    const old = existing('old', { columns: { id: t.int() }, partitionKey: ['id'] });
    for (const [given, from, code, what] of [
      ['at', file, 'MIGRATION_SINCE_OF_FILE', 'a file does not tell which of its rows changed'],
      ['chnaged', film, 'MIGRATION_SINCE_COLUMN', 'no column of the source'],
      ['title', film, 'MIGRATION_SINCE_COLUMN', 'mysql.varchar, which does not tell when a row changed'],
      ['id', old, 'MIGRATION_SINCE_COLUMN', 'since of copy from old into films'],
      [{ column: 'at', overlap: 5 }, film, 'MIGRATION_SINCE_OVERLAP', 'is 5'],
      [{ column: 'at', overlap: '5 weeks' }, film, 'MIGRATION_SINCE_OVERLAP', '5 weeks'],
      [{ column: 'id', overlap: -1 }, film, 'MIGRATION_SINCE_OVERLAP', 'is -1'],
      [{ column: 'at', overlaps: '5m' }, film, 'MIGRATION_UNKNOWN_PROPERTY', 'overlaps'],
    ] as const) {
      const found = mistakeOf(() => since(given, from));
      expect(found).toContain(`${code}: `);
      expect(found).toContain(what);
    }
  });
});
