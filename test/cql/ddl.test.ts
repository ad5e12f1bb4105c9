import { describe, expect, it } from 'vitest';
import { createText } from '../../src/cql/create.ts';
import { emitDdl } from '../../src/cql/ddl.ts';
import { dialectOf, refuseUnsupported } from '../../src/cql/dialect.ts';
import { optionTexts } from '../../src/cql/option.ts';
import { parseType } from '../../src/cql/type-text.ts';
import type { Ddl } from '../../src/model/ddl.ts';
import type { ServerVersion } from '../../src/model/live.ts';
import type { Table } from '../../src/model/schema.ts';
import { signatureOf } from '../../src/model/signature.ts';
import { column, emptyContext, everyStatement } from './every-statement.ts';

const movies: Table = {
  kind: 'table',
  name: 'movies_by_genre',
  columns: [column('genre', 'text'), column('released', 'date'), column('id', 'uuid'), column('Title', 'text')],
  partitionKey: ['genre'],
  clusteringKey: [
    { column: 'released', order: 'desc' },
    { column: 'id', order: 'asc' },
  ],
  options: {
    gc_grace_seconds: 10,
    comment: "it's",
    compaction: { min_threshold: '2', class: 'SizeTieredCompactionStrategy' },
  },
};

describe('statements', () => {
  it('create a table over several lines, its id first', () => {
    const id = '6ba7b810-9dad-51d1-80b4-00c04fd430c8';
    expect(emitDdl({ kind: 'create-table', table: movies }, { ...emptyContext, tableId: id })).toBe(
      `CREATE TABLE shop.movies_by_genre (
    genre text,
    released date,
    id uuid,
    "Title" text,
    PRIMARY KEY (genre, released, id)
) WITH ID = ${id}
    AND CLUSTERING ORDER BY (released DESC, id ASC)
    AND comment = 'it''s'
    AND compaction = {'class': 'SizeTieredCompactionStrategy', 'min_threshold': '2'}
    AND gc_grace_seconds = 10`,
    );
  });

  it('of every kind have no semicolon, and alter in one line', () => {
    expect(new Set(everyStatement.map(({ kind }) => kind)).size).toBe(19);
    for (const ddl of everyStatement) {
      const text = emitDdl(ddl, emptyContext);
      expect(text.at(-1)).not.toBe(';');
      if (/^(ALTER|DROP)/.test(text)) expect(text).not.toContain('\n');
    }
  });

  it('that drop columns say the time, or that it is not yet known', () => {
    const ddl: Ddl = { kind: 'drop-columns', table: 'users', columns: [column('a', 'int'), column('B', 'text')] };
    expect(emitDdl(ddl, { ...emptyContext, dropTimestamp: '1700000000000000' })).toBe(
      'ALTER TABLE shop.users DROP (a, "B") USING TIMESTAMP 1700000000000000',
    );
    expect(emitDdl(ddl, emptyContext)).toBe(
      'ALTER TABLE shop.users DROP (a, "B") USING TIMESTAMP /* set when applied */',
    );
  });

  it('add one column bare and several in parentheses', () => {
    const add = (...columns: Table['columns']): string =>
      emitDdl({ kind: 'add-columns', table: 'users', columns }, emptyContext);
    expect(add(column('a', 'list<text>'))).toBe('ALTER TABLE shop.users ADD a list<text>');
    expect(add(column('a', 'int', { static: true }), column('b', 'text', { mask: 'system.mask_default()' }))).toBe(
      'ALTER TABLE shop.users ADD (a int static, b text MASKED WITH system.mask_default())',
    );
  });

  it('create a keyspace only with its replication', () => {
    const settings = { kind: 'keyspace', replication: { class: 'NetworkTopologyStrategy', dc1: '3' } } as const;
    expect(emitDdl({ kind: 'create-keyspace', settings }, emptyContext)).toBe(
      "CREATE KEYSPACE shop WITH replication = {'class': 'NetworkTopologyStrategy', 'dc1': '3'}",
    );
    expect(() => emitDdl({ kind: 'create-keyspace', settings: { kind: 'keyspace' } }, emptyContext)).toThrow(
      expect.objectContaining({ code: 'REPLICATION_MISSING' }),
    );
  });

  it('that would say nothing are refused', () => {
    const empty: readonly Ddl[] = [
      { kind: 'add-columns', table: 'a', columns: [] },
      { kind: 'drop-columns', table: 'a', columns: [] },
      { kind: 'rename-columns', table: 'a', renames: {} },
      { kind: 'rename-fields', type: 'a', renames: {} },
      { kind: 'alter-options', of: 'table', name: 'a', options: {} },
      { kind: 'alter-keyspace', settings: { kind: 'keyspace' } },
    ];
    for (const ddl of empty) {
      expect(() => emitDdl(ddl, emptyContext)).toThrow(expect.objectContaining({ code: 'EMPTY_STATEMENT' }));
    }
  });

  it('refuse the names of CQL’s own types: the server would not read its own schema back', () => {
    const ddl: Ddl = { kind: 'create-type', type: { kind: 'type', name: 'int', fields: [] } };
    expect(() => emitDdl(ddl, emptyContext)).toThrow(expect.objectContaining({ code: 'TYPE_NAME_RESERVED' }));
  });

  it('put a body that its dollar quotes cannot hold into single quotes', () => {
    const fn = (body: string): string =>
      createText(
        {
          kind: 'function',
          name: 'f',
          arguments: [],
          returns: parseType('int'),
          language: 'java',
          calledOnNull: true,
          body,
        },
        null,
      );
    expect(fn('return 1;')).toMatch(/AS \$\$return 1;\$\$$/);
    expect(fn("a $$ 'b'")).toMatch(/AS 'a \$\$ ''b'''$/);
    expect(fn('a $')).toMatch(/AS 'a \$'$/);
  });

  it('for people leave the keyspace out', () => {
    expect(createText({ ...movies, clusteringKey: [], options: {} }, null)).toMatch(
      /^CREATE TABLE movies_by_genre \([\s\S]*PRIMARY KEY \(genre\)\n\)$/,
    );
  });
});

describe('options', () => {
  it('are known by name and kind', () => {
    expect(() => optionTexts({ gc_grace: 1 })).toThrow(expect.objectContaining({ code: 'UNKNOWN_OPTION' }));
    expect(() => optionTexts({ constructor: 1 })).toThrow(expect.objectContaining({ code: 'UNKNOWN_OPTION' }));
    expect(() => optionTexts({ gc_grace_seconds: '1' })).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
    expect(() => optionTexts({ bloom_filter_fp_chance: Number.NaN })).toThrow('takes a number');
  });

  it('of secondary indexes do not exist', () => {
    const index = { kind: 'index', name: 'i', table: 't', column: 'c', form: 'values', using: 'secondary' } as const;
    expect(() => createText({ ...index, options: { a: 'b' } }, null)).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_OPTION' }),
    );
  });
});

describe('signatures', () => {
  it('name the types as DROP takes them', () => {
    const types = ['list<int>', 'frozen<address>', 'tuple<int, text>', 'frozen<map<text, list<int>>>'];
    const aggregate = {
      kind: 'aggregate',
      name: 'My Sum',
      arguments: types.map(parseType),
      stateFunction: 'f',
      stateType: parseType('int'),
      finalFunction: null,
      initialState: null,
    } as const;
    expect(signatureOf(aggregate)).toBe(
      '"My Sum"(list<int>, address, frozen<tuple<int, text>>, map<text, frozen<list<int>>>)',
    );
  });
});

describe('dialects', () => {
  const version = (text: string): ServerVersion => {
    const [major = 0, minor = 0, patch = 0] = text.split('.').map(Number);
    return { text, major, minor, patch };
  };

  it('are those of 4.0, 4.1 and 5.0; anything older is refused', () => {
    expect(['4.0.18', '4.1.10', '5.0.8', '5.1.0', '6.0.0'].map((text) => dialectOf(version(text)).name)).toEqual([
      '4.0',
      '4.1',
      '5.0',
      '5.0',
      '5.0',
    ]);
    expect(() => dialectOf(version('3.11.19'))).toThrow(expect.objectContaining({ code: 'SERVER_TOO_OLD' }));
  });

  const table = (change: Partial<Table>): Ddl => ({ kind: 'create-table', table: { ...movies, ...change } });
  it.each<readonly [string, string, Ddl, string]>([
    ['4.0.18', 'vectors', table({ columns: [column('v', 'list<frozen<vector<float, 2>>>')] }), 'NOT_IN_THIS_VERSION'],
    [
      '4.1.10',
      'masks',
      { kind: 'add-columns', table: 't', columns: [column('m', 'text', { mask: 'mask_null()' })] },
      'NOT_IN_THIS_VERSION',
    ],
    ['4.1.10', 'names as long', table({ name: 't'.repeat(49) }), 'NAME_INVALID'],
    ['4.0.18', 'the option memtable', table({ options: { memtable: 'default' } }), 'UNKNOWN_OPTION'],
    [
      '4.1.10',
      'the option allow_auto_snapshot',
      { kind: 'alter-options', of: 'table', name: 't', options: { allow_auto_snapshot: false } },
      'UNKNOWN_OPTION',
    ],
    [
      '4.1.10',
      'SAI',
      {
        kind: 'create-index',
        index: { kind: 'index', name: 'i', table: 't', column: 'c', form: 'values', using: 'sai', options: {} },
      },
      'NOT_IN_THIS_VERSION',
    ],
  ])('%s has no %s', (text, _what, ddl, code) => {
    expect(() => refuseUnsupported(ddl, dialectOf(version(text)))).toThrow(expect.objectContaining({ code }));
    expect(() => refuseUnsupported(ddl, dialectOf(version('5.0.8')))).not.toThrow();
  });
});
