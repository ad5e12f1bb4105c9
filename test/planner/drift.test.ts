import { describe, expect, it } from 'vitest';
import { driftOf } from '../../src/planner/drift.ts';
import { fingerprintDifference, fingerprintOf } from '../../src/planner/fingerprint.ts';
import { alter, index, live, migration, plan, recorded, schema, table, userType, view } from './build.ts';

const users = table('users', {
  columns: { id: 'uuid', name: 'text', nickname: 'text' },
  key: 'id',
  options: { comment: 'people' },
});

describe('driftOf', () => {
  it('is empty where both are the same, as far as it is managed', () => {
    const richer = { ...users, options: { comment: 'people', gc_grace_seconds: 10 } };
    expect(driftOf(recorded(schema(users)), live(schema(richer)))).toEqual([]);
  });

  it('names what is missing, different, and made by hand', () => {
    const other = table('users', {
      columns: { id: 'uuid', name: 'int', rating: 'int' },
      key: 'id',
      options: { comment: 'persons' },
    });
    const state = schema(users, userType('address', { street: 'text' }), index('by_name', 'users.name'));
    const there = schema(
      other,
      userType('address', { street: 'text', zip: 'int' }),
      table('logs', { columns: { id: 'int' }, key: 'id' }),
    );
    const items = driftOf(recorded(state), live(there));
    expect(
      items.map(({ kind, of, address, recorded: was, live: is }) => [kind, of, address, was, is]),
    ).toMatchInlineSnapshot(`
      [
        [
          "different",
          "type",
          "shop.address",
          "CREATE TYPE address (
          street text
      )",
          "CREATE TYPE address (
          street text,
          zip int
      )",
        ],
        [
          "missing",
          "column",
          "shop.users.nickname",
          "text",
          null,
        ],
        [
          "unmanaged",
          "column",
          "shop.users.rating",
          null,
          "int",
        ],
        [
          "different",
          "column",
          "shop.users.name",
          "text",
          "int",
        ],
        [
          "different",
          "table",
          "shop.users",
          "comment = 'people'",
          "comment = 'persons'",
        ],
        [
          "unmanaged",
          "table",
          "shop.logs",
          null,
          "CREATE TABLE logs (
          id int,
          PRIMARY KEY (id)
      )",
        ],
        [
          "missing",
          "index",
          "shop.by_name",
          "CREATE INDEX by_name ON users (name)",
          null,
        ],
      ]
    `);
  });

  it('knows a table that was made anew by its id', () => {
    const now = live(schema(users), { facts: { users: { id: 'another', dropped: [], flags: ['compound'] } } });
    expect(driftOf(recorded(schema(users)), now)).toEqual([
      { kind: 'recreated', of: 'table', address: 'shop.users', recorded: 'id id-of-users', live: 'id another' },
    ]);
  });
});

describe('a fingerprint', () => {
  const state = schema(users, table('logs', { columns: { id: 'int' }, key: 'id' }));
  const print = (there = live(state)): ReturnType<typeof fingerprintOf> =>
    fingerprintOf(['shop.users.name', 'shop.fresh', 'shop'], there, 'head');

  it('covers the objects that a plan is about, and only these', () => {
    expect(Object.keys(print().objects)).toEqual(['shop', 'shop.fresh', 'shop.users']);
    expect(print().objects['shop.fresh']).toBe('absent');
    const planned = plan(state, [migration('1_add', [alter('users', { add: { rating: 'int' } })])]);
    expect(Object.keys(planned.fingerprint.objects)).toEqual(['shop.users']);
  });

  it.each([
    [
      'a column',
      live(
        schema(table('users', { columns: { id: 'uuid', name: 'text' }, key: 'id', options: { comment: 'people' } })),
      ),
    ],
    ['an option', live(schema({ ...users, options: { comment: 'x' } }))],
    ['an index', live(schema(users, index('by_name', 'users.name')))],
    ['a view', live(schema(users, view('v', 'users', { key: 'name, id' })))],
    ['its id', live(state, { facts: { users: { id: 'x', dropped: [], flags: ['compound'] } } })],
    [
      'a dropped column',
      live(state, {
        facts: {
          users: {
            id: 'id-of-users',
            dropped: [{ name: 'x', type: { kind: 'scalar', name: 'int' }, static: false, droppedAt: '1000' }],
            flags: ['compound'],
          },
        },
      }),
    ],
  ])('changes with %s', (_, now) => {
    expect(fingerprintDifference(print(), print(now)).map((one) => one.address)).toEqual(['shop.users']);
  });

  it('keeps what is there as CQL, to show what has changed', () => {
    const wider = schema(
      {
        ...users,
        columns: [...users.columns, { name: 'extra', type: { kind: 'scalar', name: 'int' }, static: false }],
      },
      index('by_name', 'users.name'),
    );
    const [found] = fingerprintDifference(print(), print(live(wider)));
    expect(found?.before).toContain('CREATE TABLE users (');
    expect(found?.before).toContain('-- id id-of-users');
    expect(found?.before).not.toContain('extra');
    expect(found?.after).toContain('    extra int');
    expect(found?.after).toContain('CREATE INDEX by_name');
    const { texts: _, ...older } = print();
    expect(fingerprintDifference(older, print())).toEqual([]);
    expect(fingerprintDifference(older, print(live(wider)))).toMatchObject([{ address: 'shop.users', before: null }]);
  });

  it('does not change with another table', () => {
    expect(fingerprintDifference(print(), print(live(schema(users))))).toEqual([]);
  });

  it('is bound to the server and the ledger', () => {
    const version = { text: '5.0.9', major: 5, minor: 0, patch: 9 };
    const now = fingerprintOf(['shop.users', 'shop.fresh', 'shop'], live(state, { version }), 'other');
    expect(fingerprintDifference(print(), now).map((one) => one.address)).toEqual(['server version', 'ledger']);
  });
});
