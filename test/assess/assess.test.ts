import { describe, expect, it } from 'vitest';
import { choiceOfCsv, choiceOfJson, choiceOfSqlite } from '../../src/assess/choice.ts';
import { Distinct, hashOfText } from '../../src/assess/distinct.ts';
import { columnNames, snakeName, tableNameOf } from '../../src/assess/names.ts';
import { Partitions } from '../../src/assess/partitions.ts';
import { FieldProfiler } from '../../src/assess/profile.ts';
import { kindOfValue, type Texts } from '../../src/assess/value-kind.ts';
import { csvReaders } from '../../src/sources/csv/values.ts';
import { Misfit } from '../../src/sources/files/misfit.ts';
import { ExactNumber, jsonReaders } from '../../src/sources/json/values.ts';

function profiled(values: readonly unknown[], texts: Texts = 'no numbers') {
  const profiler = new FieldProfiler(texts);
  for (const [at, value] of values.entries()) profiler.add(value, () => `#${at + 1}`);
  return profiler.profile;
}
const whole = { whole: true, declared: null };
const many = (count: number, make: (at: number) => unknown): readonly unknown[] =>
  Array.from({ length: count }, (_, at) => make(at));

describe('the kind of a value', () => {
  it.each([
    ['0', 'int'],
    ['-2147483648', 'int'],
    ['2147483648', 'bigint'],
    ['9223372036854775808', 'varint'],
    ['007', 'padded'],
    ['-01.5', 'padded'],
    ['0.5', 'decimal'],
    ['.5', 'decimal'],
    ['1e3', 'double'],
    ['-', 'text'],
    ['1.2.3', 'text'],
    ['Yes', 'boolean'],
    ['yesterday', 'text'],
    ['2026-02-28', 'date'],
    ['2026-02-30', 'text'],
    ['12:30:00', 'time'],
    ['2026-02-28T10:00:00Z', 'timestamp'],
    ['2026-02-28 10:00:00.123+02:00', 'timestamp'],
    ['2026-02-28 10:00:00.1234+02:00', 'text'],
    ['2026-02-28 10:00:00', 'local-timestamp'],
    ['8E5BA5E0-6C1F-41EE-B962-0242AC120002', 'uuid'],
    ['', 'text'],
    ['٣', 'text'],
  ])('of the text %j is %s', (text, kind) => {
    expect(kindOfValue(text, 'numbers')).toBe(kind);
  });

  it('of a number of SQLite is real, also without a fraction', () => {
    const { kinds } = profiled([1, 2.5, 3n], 'real');
    expect(kinds.map(({ kind, count }) => [kind, count])).toEqual([
      ['double', 2],
      ['int', 1],
    ]);
    const { read } = choiceOfSqlite(profiled([0, 1], 'real'), whole);
    expect(read).toEqual({ type: 'sqlite.real' });
  });

  it('of a number of JSON that only its text holds is decimal', () => {
    const read = jsonReaders.get('json.found');
    const values = [new ExactNumber('0.1234567890123456789'), 1, 2.5, new ExactNumber('1e400')].map((one) =>
      read?.(one),
    );
    expect(choiceOfJson(profiled(values), whole).read).toEqual({ type: 'json.decimal' });
    expect(profiled(values).greatest).toBe('1e400');
  });

  it('is one of a kind where Cassandra tells it from the others', () => {
    const unlike = [
      0,
      -0,
      [0],
      [-0],
      [Number.NaN],
      [null],
      { s: new Set([1]) },
      { s: new Set([2]) },
      new Map([[1, 2]]),
    ];
    expect(profiled([...unlike, new Map(), new Set([new Set([1])]), new Set([new Set([2])])]).unique).toBe('yes');
    expect(profiled([new Set([1n]), new Set([1n])]).unique).toBe('no');
  });

  it('is one that the reader of the declaration takes', () => {
    const texts = [
      '0',
      '12',
      '-7',
      '2147483648',
      '99999999999999999999',
      '0.5',
      '.5',
      '-1.50',
      '1e3',
      'true',
      'N',
      '2026-02-28',
    ];
    const moments = [
      '2026-02-28T10:00Z',
      '2026-02-28 10:00:00.123+02:00',
      '8e5ba5e0-6c1f-41ee-b962-0242ac120002',
      'text',
    ];
    for (const text of [...texts, ...moments]) {
      const { read, unfit } = choiceOfCsv(profiled([text], 'numbers'), whole);
      expect([text, csvReaders.get(read.type)?.(text)]).not.toEqual([text, expect.any(Misfit)]);
      expect(unfit).toEqual([]);
    }
    for (const value of [0, -7, 2 ** 31, 0.5, 1e300, true, '2026-02-28', [1, 2], ['a'], [], { a: 1 }, 'text']) {
      const { read } = choiceOfJson(profiled([value]), whole);
      expect([value, jsonReaders.get(read.type)?.(value)]).not.toEqual([value, expect.any(Misfit)]);
    }
  });
});

describe('a proposal', () => {
  it('takes what nearly all values are, and names the others with their places', () => {
    const { read, unfit } = choiceOfJson(profiled(many(4000, (at) => (at % 1400 === 7 ? 'n/a' : at))), whole);
    expect(read.type).toBe('json.int');
    expect(unfit).toEqual([
      { kind: 'text', count: 3, examples: ['#8', '#1408', '#2808'].map((place) => ({ place, value: 'n/a' })) },
    ]);
  });

  it('keeps as text what is too mixed to reject', () => {
    const mixed = many(100, (at) => (at % 3 === 0 ? `t${at}` : at));
    expect(choiceOfJson(profiled(mixed), whole)).toMatchObject({
      read: { type: 'json.any' },
      convert: 'text',
      unfit: [],
    });
    expect(choiceOfCsv(profiled(mixed.map(String), 'numbers'), whole)).toMatchObject({ read: { type: 'csv.text' } });
    const half = choiceOfSqlite(profiled(many(10, (at) => (at % 2 ? BigInt(at) : new Uint8Array([at])))), whole);
    expect(half).toMatchObject({ read: { type: 'sqlite.any' }, convert: 'text', unfit: [{ kind: 'bytes', count: 5 }] });
  });

  it('takes a wider type where not all rows were read', () => {
    const sample = { whole: false, declared: null };
    expect(choiceOfCsv(profiled(['1', '2'], 'numbers'), sample)).toMatchObject({ type: { name: 'bigint' } });
    expect(choiceOfJson(profiled([1, 2]), sample)).toMatchObject({ type: { name: 'bigint' } });
  });

  it('gives every field a name of its own', () => {
    expect(snakeName('Major Genre')).toBe('major_genre');
    expect(snakeName('2nd')).toBe('n_2nd');
    expect([...columnNames(['userId', 'user id', 'жанр', 'Café']).values()]).toEqual([
      'user_id',
      'user_id_2',
      'field_3',
      'cafe',
    ]);
    expect(tableNameOf('data/events-*.ndjson.gz')).toBe('events');
    expect(tableNameOf('data/2026/*.csv')).toBe('n_2026');
  });
});

describe('counting', () => {
  it('estimates different values within a few percent, and knows when one came twice', () => {
    const distinct = new Distinct();
    for (let at = 0; at < 60_000; at += 1) distinct.add(hashOfText(`value ${at}`));
    expect(distinct.unique).toBe('yes');
    const { count, exact } = distinct.count;
    expect(exact).toBe(false);
    expect(Math.abs(count - 60_000) / 60_000).toBeLessThan(0.06);
    distinct.add(hashOfText('value 7'));
    expect(distinct.unique).toBe('no');
  });

  it('gives texts hashes of their own', () => {
    const hashes = new Set(many(300_000, (at) => hashOfText(String(at))));
    expect(hashes.size).toBe(300_000);
    expect([...hashes].every((one) => Number.isSafeInteger(one) && Number(one) >= 0)).toBe(true);
  });

  it('warns of partitions that grow too large, in proportion where only some rows were read', () => {
    const partitions = new Partitions({ partition: ['country'], clustering: ['id'] });
    for (let at = 0; at < 1000; at += 1) {
      partitions.add({ country: at % 4 === 0 ? 'dk' : 'no', id: String(at) }, { bytes: 100, cells: 2 });
    }
    partitions.add({ country: 'no', id: '1' }, { bytes: 100, cells: 2 });
    partitions.add({ country: null, id: '1' }, { bytes: 100, cells: 2 });
    expect(partitions.sizes(null)).toMatchObject({
      partitions: 2,
      largest: 'country=no',
      largestRows: 751,
      medianRows: 751,
      collisions: 1,
      nullKeys: 1,
      warnings: [],
    });
    const [rows = '', bytes = ''] = partitions.sizes(10_000_000).warnings;
    expect(rows).toMatch(/^the partition country=no would have 7,4\d\d,\d{3} rows in proportion to all rows/);
    expect(bytes).toMatch(/^a partition would have about 8\d\d MB/);
  });
});
