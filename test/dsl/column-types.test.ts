import { describe, expect, it } from 'vitest';
import { compileMigration } from '../../src/dsl/compile.ts';
import { json } from '../../src/files.ts';
import { type Inner, migration, t, table, udt } from '../../src/index.ts';
import type { Column, Table } from '../../src/model/schema.ts';
import { scalarNames } from '../../src/model/type.ts';
import { typeText } from '../../src/model/type-text.ts';
import { mistakeOf, untyped } from './mistakes.ts';

function created(declared: Parameters<typeof migration>[0]['schema']): Table {
  const [first] = compileMigration('1_x', migration({ description: 'x', schema: declared ?? [] })).declarations;
  if (first?.kind !== 'create' || first.object.kind !== 'table') throw new Error('no table');
  return first.object;
}

/** The column `c` of a table that has it outside or inside the key. */
function columnOf(type: unknown, key = false): Column {
  const columns = untyped({ id: t.int(), at: t.int(), c: type });
  const made = created([
    table('x', { columns, partitionKey: untyped(key ? ['c'] : ['id']), clusteringKey: untyped(['at']) }),
  ]);
  const found = made.columns.find(({ name }) => name === 'c');
  if (found === undefined) throw new Error('no column');
  return found;
}
const textOf = (type: unknown, key = false): string => typeText(columnOf(type, key).type);

const address = udt('address', { street: t.text(), zips: t.frozen(t.list(t.int())) });

describe('types of columns', () => {
  it('has a function for every scalar of the model', () => {
    for (const name of scalarNames) {
      if (name === 'counter') continue;
      expect(textOf(t[name]())).toBe(name);
    }
    const counted = table('x', { columns: { id: t.int(), n: t.counter() }, partitionKey: ['id'] });
    expect(typeText(created([counted]).columns[1]?.type ?? { kind: 'custom', className: '' })).toBe('counter');
  });

  it.each<[unknown, string]>([
    [t.json(), 'text'],
    [t.list(t.int()), 'list<int>'],
    [t.set(t.list(t.int())), 'set<frozen<list<int>>>'],
    [t.map(t.text(), t.map(t.int(), t.set(t.text()))), 'map<text, frozen<map<int, frozen<set<text>>>>>'],
    [t.frozen(t.map(t.text(), t.list(t.int()))), 'frozen<map<text, frozen<list<int>>>>'],
    [t.tuple(t.int(), t.list(t.text())), 'frozen<tuple<int, frozen<list<text>>>>'],
    [t.frozen(t.tuple(t.int())), 'frozen<tuple<int>>'],
    [t.vector(3), 'vector<float, 3>'],
    [t.vector(2, t.list(t.int())), 'vector<frozen<list<int>>, 2>'],
    [t.frozen(t.vector(3)), 'vector<float, 3>'],
    [t.custom('a.B'), "'a.B'"],
    [t.list(t.custom('a.B(c)')), "list<'a.B(c)'>"],
    [address, 'address'],
    [t.frozen(address), 'frozen<address>'],
    [t.list(address), 'list<frozen<address>>'],
    [t.list(t.frozen(address)), 'list<frozen<address>>'],
    [t.frozen(untyped(t.frozen(t.list(t.int())))), 'frozen<list<int>>'],
  ])('%# canonical form: %2$s', (type, text) => {
    expect(textOf(type)).toBe(text);
  });

  it('freezes what stands in a key', () => {
    expect(textOf(t.set(t.int()), true)).toBe('frozen<set<int>>');
    expect(textOf(address, true)).toBe('frozen<address>');
  });

  it('knows static and masked columns, in either order', () => {
    expect(columnOf(t.static(t.int()))).toMatchObject({ static: true });
    expect(columnOf(t.static(t.masked(t.text(), 'mask_inner(1,1)')))).toEqual({
      name: 'c',
      type: { kind: 'scalar', name: 'text' },
      static: true,
      mask: 'system.mask_inner(1, 1)',
    });
    expect(columnOf(t.masked(t.text(), "mask_outer(1, null , ',')")).mask).toBe("system.mask_outer(1, null, ',')");
    expect(columnOf(t.masked(t.text(), 'default')).mask).toBe('system.mask_default()');
    expect(columnOf(t.masked(t.text(), 'shop.hide()')).mask).toBe('shop.hide()');
    expect(columnOf(t.masked(t.text(), 'default'), true).mask).toBe('system.mask_default()');
  });

  it('keeps the collections of a user-defined type as they are written', () => {
    const type = udt('x', { a: t.list(t.int()), b: t.frozen(t.list(t.int())), c: address, d: t.list(address) });
    const [create] = compileMigration('1_x', migration({ description: 'x', schema: [type] })).declarations;
    const object = create?.kind === 'create' ? create.object : null;
    expect(object?.kind === 'type' ? object.fields.map((field) => typeText(field.type)) : null).toEqual([
      'list<int>',
      'frozen<list<int>>',
      'frozen<address>',
      'list<frozen<address>>',
    ]);
  });

  it.each<[unknown, RegExp]>([
    [t.text, /^MIGRATION_TYPE_NOT_CALLED: column c of table x has a function/],
    ['text', /^MIGRATION_TYPE_INVALID: column c of table x has "text" for its type/],
    [{ kind: 'string' }, /^MIGRATION_TYPE_INVALID/],
    [undefined, /^MIGRATION_TYPE_INVALID: .* undefined/],
    [json.text(), /^MIGRATION_TYPE_OF_SOURCE: column c of table x has json.text\(\)/],
    [t.list(untyped(t.counter())), /^MIGRATION_COUNTER_INSIDE: element of column c of table x/],
    [t.list(untyped(t.static(t.int()))), /^MIGRATION_STATIC_INSIDE: element of column c of table x/],
    [t.map(t.int(), untyped(t.masked(t.int(), 'default'))), /^MIGRATION_MASKED_INSIDE: value of column c/],
    [t.frozen(untyped(t.text())), /^MIGRATION_FROZEN_SCALAR: column c of table x is a frozen text/],
    [t.masked(t.text(), 'mask'), /^MIGRATION_MASK_INVALID: column c of table x is masked by "mask"/],
    [
      udt('open', { a: t.list(t.int()) }),
      /^MIGRATION_UDT_NOT_FROZEN: column c of table x is the type open, whose field a/,
    ],
    [t.counter(), /^MIGRATION_COUNTER_MIXED: table x has counters and the column c|^MIGRATION_COUNTER_MIXED: table x/],
  ])('%# refuses what no column can be', (type, message) => {
    expect(
      mistakeOf(() =>
        table('x', { columns: untyped({ id: t.int(), c: type, d: t.int() }), partitionKey: untyped(['id']) }),
      ),
    ).toMatch(message);
  });

  it('refuses what cannot stand in a key', () => {
    const keyed = (type: Inner) => mistakeOf(() => columnOf(type, true));
    expect(keyed(untyped(t.counter()))).toMatch(/^MIGRATION_KEY_TYPE: column c of table x is a counter/);
    expect(keyed(t.duration())).toMatch(/^MIGRATION_KEY_TYPE/);
    expect(keyed(t.json())).toMatch(/^MIGRATION_KEY_TYPE/);
    expect(keyed(untyped(t.static(t.int())))).toMatch(/^MIGRATION_KEY_STATIC/);
  });

  it('refuses vectors without a dimension and types without fields', () => {
    for (const dimension of [0, -1, 1.5, Number.NaN, '3']) {
      expect(mistakeOf(() => t.vector(untyped(dimension)))).toMatch(/^MIGRATION_VECTOR_DIMENSION/);
    }
    expect(mistakeOf(() => udt('x', {}))).toBe('MIGRATION_TYPE_WITHOUT_FIELDS: type x has no field');
    expect(mistakeOf(() => udt(untyped(''), { a: t.int() }))).toMatch(/^MIGRATION_NAME_INVALID/);
    expect(mistakeOf(() => udt('x', untyped({ a: t.counter() })))).toMatch(
      /^MIGRATION_COUNTER_INSIDE: field a of type x/,
    );
    expect(mistakeOf(() => udt('x', { a: t.int(), 1: t.int() }))).toMatch(
      /^MIGRATION_NAME_ORDER: type x has the name 1/,
    );
    expect(mistakeOf(() => udt('x', untyped([])))).toMatch(/^MIGRATION_NOT_AN_OBJECT/);
  });
});
