import { describe, expect, it } from 'vitest';
import { parseType } from '../../src/cql/type-text.ts';
import { CqlformError } from '../../src/kernel/errors.ts';
import { qualified, quoted, quotedType, textLiteral } from '../../src/model/identifier.ts';
import { scalarNames } from '../../src/model/type.ts';
import { typeText } from '../../src/model/type-text.ts';

describe('names and texts', () => {
  it('quotes a name only when it must be', () => {
    expect(['users', 'a_1', 'default', 'key'].map(quoted)).toEqual(['users', 'a_1', 'default', 'key']);
    expect(['Users', '1a', '_a', 'a b', 'token', 'select', 'é', '', 'a"b'].map(quoted)).toEqual([
      '"Users"',
      '"1a"',
      '"_a"',
      '"a b"',
      '"token"',
      '"select"',
      '"é"',
      '""',
      '"a""b"',
    ]);
    expect([quotedType('int'), quotedType('address')]).toEqual(['"int"', 'address']);
    expect(qualified('shop', 'Order')).toBe('shop."Order"');
  });

  it('doubles the single quotes of a text', () => {
    expect(textLiteral("it's '")).toBe("'it''s '''");
  });
});

/** As a 5.0.8 node states them. */
const stated = [
  ...scalarNames,
  'frozen<map<text, frozen<list<int>>>>',
  'map<text, frozen<list<int>>>',
  'frozen<tuple<int, frozen<list<int>>>>',
  'vector<float, 3>',
  'vector<frozen<list<int>>, 2>',
  'vector<vector<float, 2>, 3>',
  'vector<frozen<u>, 2>',
  'frozen<set<vector<float, 2>>>',
  'list<frozen<tuple<int, frozen<list<text>>>>>',
  'list<frozen<u>>',
  '"Quo Ted"',
  'frozen<"Quo ""Ted">',
  "'org.apache.cassandra.db.marshal.CompositeType(org.apache.cassandra.db.marshal.Int32Type,org.apache.cassandra.db.marshal.UTF8Type)'",
];

describe('types as text', () => {
  it.each(stated)('reads %s and writes it the same', (text) => {
    expect(typeText(parseType(text))).toBe(text);
  });

  it('gives the canonical form of what people write', () => {
    expect(typeText(parseType(' LIST< Varchar > '))).toBe('list<text>');
    expect(typeText(parseType('frozen<list<map<int,set<u>>>>'))).toBe(
      'frozen<list<frozen<map<int, frozen<set<frozen<u>>>>>>>',
    );
    expect(parseType('tuple<int,text>')).toEqual(parseType('frozen<tuple<int, text>>'));
    expect(parseType('frozen<vector<float,2>>')).toEqual(parseType('vector<float, 2>'));
    expect(parseType('MyType')).toEqual({ kind: 'udt', name: 'mytype', frozen: false });
    expect(parseType('frozen<int>')).toEqual({ kind: 'udt', name: 'int', frozen: true });
  });

  it.each([
    '',
    'list<int',
    'list<>',
    'map<int>',
    'vector<float>',
    'vector<float, 0>',
    'int int',
    'int;',
    'ks.u',
    '<int>',
    "'x",
    'frozen<>',
    'tuple<>',
  ])('refuses %j', (text) => {
    expect(() => parseType(text)).toThrow(expect.objectContaining({ code: 'TYPE_UNREADABLE' }));
    expect(() => parseType(text)).toThrow(CqlformError);
  });
});
