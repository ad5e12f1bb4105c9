import { describe, expect, it } from 'vitest';
import { splitElements, splitEntries } from '../../src/cql/elements.ts';
import { mutationsOf, type TimingOptions } from '../../src/cql/timing.ts';
import { parseType } from '../../src/cql/type-text.ts';
import type { Cell, CellElement, StoredRow } from '../../src/model/row.ts';
import type { Table } from '../../src/model/schema.ts';

const columns: Readonly<Record<string, string>> = {
  k: 'int',
  c: 'int',
  st: 'static text',
  a: 'text',
  b: 'text',
  l: 'list<text>',
  s: 'set<text>',
  m: 'map<text, text>',
  u: 'point',
  ['__proto__']: 'text',
};
const table: Table = {
  kind: 'table',
  name: 't',
  columns: Object.entries(columns).map(([name, text]) => ({
    name,
    type: parseType(text.replace('static ', '')),
    static: text.startsWith('static'),
  })),
  partitionKey: ['k'],
  clusteringKey: [{ column: 'c', order: 'asc' }],
  options: {},
};
const text = parseType('text');
const point = { kind: 'type', name: 'point', fields: [{ name: 'x', type: text }] } as const;
const now = 1_000_000;
const options: TimingOptions = {
  table,
  types: { point },
  columns: ['st', 'a', 'b', 'l', 's', 'm', 'u', '__proto__'],
  policy: { kind: 'original', floor: null, keyOnly: 9n },
  attempt: 1,
  nowSeconds: now,
};
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);
const shown = (value: Uint8Array | null | undefined): string | null | undefined =>
  value instanceof Uint8Array ? new TextDecoder().decode(value) : value;
/** A cell written at `time` with `left` seconds left. */
const value = (content: string, time: number | null, left: number | null = null): Cell => ({
  kind: 'value',
  bytes: bytes(content),
  ...timeOf(time, left),
});
const timeOf = (time: number | null, left: number | null): Pick<CellElement, 'writeTime' | 'expiresAt'> => ({
  writeTime: time === null ? null : BigInt(time),
  expiresAt: left === null ? null : now + left,
});
const element = (
  key: string | null,
  content: string | null,
  [time, left]: readonly [number | null, (number | null)?],
): CellElement => ({
  key: key === null ? null : bytes(key),
  value: content === null ? null : bytes(content),
  ...timeOf(time, left ?? null),
});
const elements = (...parts: CellElement[]): Cell => ({ kind: 'elements', elements: parts });
type Cells = Partial<Record<'a' | 'b' | 'l' | 's' | 'm' | 'u' | '__proto__', Cell>>;
const row = (cells: Cells): StoredRow => ({
  kind: 'row',
  partitionKey: [bytes('p')],
  clusteringKey: [bytes('c')],
  cells: (['a', 'b', 'l', 's', 'm', 'u', '__proto__'] as const).map((name) =>
    Object.hasOwn(cells, name) ? (cells[name] ?? null) : null,
  ),
});

/** Mutations in a short form: `kind @time +ttl column=value …`. */
function short(stored: StoredRow, changed: Partial<TimingOptions> = {}): string[] {
  return mutationsOf(stored, { ...options, ...changed }).mutations.map((mutation) => {
    if (mutation.kind !== 'insert' && mutation.kind !== 'update') return mutation.kind;
    const parts = Object.entries(mutation.cells).map(([name, cell]) =>
      name === 'l' && cell !== null ? `l=[${splitElements(cell).map(shown).join()}]` : `${name}=${shown(cell)}`,
    );
    if (mutation.kind === 'update') {
      for (const [name, added] of Object.entries(mutation.add)) {
        const split = name === 'm' ? splitEntries(added) : splitElements(added);
        parts.push(`${name}+[${split.map(shown).join()}]`);
      }
      for (const [name, fields] of Object.entries(mutation.fields)) {
        for (const [field, cell] of Object.entries(fields)) parts.push(`${name}.${field}=${shown(cell)}`);
      }
    }
    const where = mutation.clusteringKey === null ? ' static' : '';
    return `${mutation.kind}${where} @${mutation.timestamp} +${mutation.ttl} ${parts.join(' ')}`.trim();
  });
}

describe('times of restored rows', () => {
  it('are kept, in one insert where all are the same', () => {
    expect(short(row({ a: value('1', 100), b: value('2', 100) }))).toEqual(['insert @100 +0 a=1 b=2']);
  });

  it('make a marker of the oldest time and an update of every other', () => {
    expect(short(row({ a: value('1', 200), b: value('2', 100) }))).toEqual([
      'insert @100 +0 b=2',
      'update @200 +0 a=1',
    ]);
  });

  it('give the marker the longest TTL that is left, none when a cell has none', () => {
    expect(short(row({ a: value('1', 100, 50), b: value('2', 200, 70) }))).toEqual([
      'insert @100 +70',
      'update @100 +50 a=1',
      'update @200 +70 b=2',
    ]);
    expect(short(row({ a: value('1', 100, 50), b: value('2', 200) }))).toEqual([
      'insert @100 +0',
      'update @100 +50 a=1',
      'update @200 +0 b=2',
    ]);
    expect(short(row({ b: value('2', 200), a: value('1', 100, 50) }))[0]).toBe('insert @100 +0');
  });

  it('leave out and count what has run out, and the row with its last cell', () => {
    const partly = row({
      a: value('1', 100, 0),
      s: elements(element('x', null, [100, -5]), element('y', null, [300])),
    });
    expect(short(partly)).toEqual(['insert @300 +0', 'update @300 +0 s+[y]']);
    expect(mutationsOf(partly, options).expired).toBe(2);
    const wholly = row({ a: value('1', 100, 0), l: elements(element(null, 'x', [5, -1])) });
    expect(mutationsOf(wholly, options)).toEqual({ mutations: [], expired: 2 });
  });

  it('make key-only rows at the time given for them', () => {
    expect(short(row({}))).toEqual(['insert @9 +0']);
    expect(short(row({}), { policy: { kind: 'fixed', at: 77n } })).toEqual(['insert @77 +0']);
    expect(short(row({}), { markers: false })).toEqual([]);
  });

  it('are not given to a marker where none is wanted', () => {
    expect(short(row({ a: value('1', 100), b: value('2', 200) }), { markers: false })).toEqual([
      'update @100 +0 a=1',
      'update @200 +0 b=2',
    ]);
  });

  it('group elements and fields with cells of the same time and TTL', () => {
    const cells: Cells = {
      a: value('1', 100),
      s: elements(element('x', null, [100]), element('y', null, [200]), element('z', null, [100, 30])),
      m: elements(element('k1', 'v1', [200]), element('k2', '', [200])),
      u: elements(element('x', 'f', [200])),
    };
    expect(short(row(cells))).toEqual([
      'insert @100 +0 a=1',
      'update @100 +0 s+[x]',
      'update @200 +0 s+[y] m+[k1,v1,k2,] u.x=f',
      'update @100 +30 s+[z]',
    ]);
  });

  it('write a list whole, later with each attempt, in runs of equal expiry', () => {
    const list = elements(
      element(null, '1', [100]),
      element(null, '2', [300]),
      element(null, '3', [200, 40]),
      element(null, '4', [200, -1]),
      element(null, '5', [200, 40]),
      element(null, '6', [100]),
    );
    expect(short(row({ l: list }), { attempt: 2 })).toEqual([
      'insert @100 +0',
      'update @304 +0 l=[1,2]',
      'update @304 +40 l+[3,5]',
      'update @304 +0 l+[6]',
    ]);
    expect(short(row({ l: elements({ ...element(null, '1', [0]), writeTime: 2n ** 63n - 2n }) }))).toEqual([
      `insert @${2n ** 63n - 2n} +0`,
      `update @${2n ** 63n - 1n} +0 l=[1]`,
    ]);
  });

  it('are raised to the floor, or all the one fixed', () => {
    const cells: Cells = { a: value('1', 100), b: value('2', 300), l: elements(element(null, 'x', [100])) };
    expect(short(row(cells), { policy: { kind: 'original', floor: 200n, keyOnly: 9n } })).toEqual([
      'insert @200 +0 a=1',
      'update @300 +0 b=2',
      'update @202 +0 l=[x]',
    ]);
    expect(short(row(cells), { policy: { kind: 'fixed', at: 50n } })).toEqual([
      'insert @50 +0 a=1 b=2',
      'update @52 +0 l=[x]',
    ]);
  });

  it('stand in for those that the server did not tell: the oldest of the row, or else that of key-only rows', () => {
    const untold = elements(element('x', null, [null]));
    expect(short(row({ a: value('1', 300), b: value('2', 200), s: untold }))).toEqual([
      'insert @200 +0 b=2',
      'update @300 +0 a=1',
      'update @200 +0 s+[x]',
    ]);
    expect(short(row({ s: untold }))).toEqual(['insert @9 +0', 'update @9 +0 s+[x]']);
    expect(short(row({ s: untold }), { policy: { kind: 'original', floor: 20n, keyOnly: 9n } })).toEqual([
      'insert @20 +0',
      'update @20 +0 s+[x]',
    ]);
  });

  it('make static cells without a marker', () => {
    const stored: StoredRow = { kind: 'static', partitionKey: [bytes('p')], cells: [value('1', 100, 60)] };
    expect(short(stored)).toEqual(['update static @100 +60 st=1']);
    expect(short({ ...stored, cells: [null] })).toEqual([]);
  });

  it('leave counters out, and the rows that have nothing else', () => {
    const counted: Table = {
      ...table,
      columns: [
        { name: 'k', type: parseType('int'), static: false },
        { name: 'n', type: parseType('counter'), static: false },
      ],
      clusteringKey: [],
    };
    const stored: StoredRow = {
      kind: 'row',
      partitionKey: [bytes('p')],
      clusteringKey: [],
      cells: [{ kind: 'counter', value: 5n }],
    };
    expect(short(stored, { table: counted, columns: ['n'] })).toEqual([]);
    expect(short({ ...stored, cells: [null] }, { table: counted, columns: ['n'] })).toEqual([]);
  });

  it('lose no column for its name', () => {
    expect(short(row({ ['__proto__']: value('1', 100) }))).toEqual(['insert @100 +0 __proto__=1']);
  });

  it('name a field that its type does not have', () => {
    const stored = row({ u: elements(element('gone', 'f', [1])) });
    expect(() => mutationsOf(stored, options)).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_FIELD', fields: { type: 'point', field: 'gone', table: 't' } }),
    );
  });
});
