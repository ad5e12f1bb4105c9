import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { splitStatements, tokensOf } from '../../src/cql/lexer.ts';
import { canonicalWhere, sameWhere } from '../../src/cql/where.ts';

describe('tokens', () => {
  it('have kind, meaning and place', () => {
    const source = `SELECT "A""b", 'it''s', $$x;'y$$ /* c
 */ FROM k.T -- end
WHERE id=550E8400-e29b-41d4-a716-446655440000 AND n >= -1.5e-3 AND b=0xCAFE AND d = 1mo2d AND x != :p;`;
    const tokens = [...tokensOf(source)];
    expect(tokens.map(({ kind, value }) => `${kind} ${value}`)).toEqual([
      'word select',
      'name A"b',
      'sign ,',
      "text it's",
      'sign ,',
      "text x;'y",
      'comment /* c\n */',
      'word from',
      'word k',
      'sign .',
      'word t',
      'comment -- end',
      'word where',
      'word id',
      'sign =',
      'uuid 550e8400-e29b-41d4-a716-446655440000',
      'word and',
      'word n',
      'sign >=',
      'sign -',
      'number 1.5e-3',
      'word and',
      'word b',
      'sign =',
      'hex 0xCAFE',
      'word and',
      'word d',
      'sign =',
      'duration 1mo2d',
      'word and',
      'word x',
      'sign !=',
      'sign :',
      'word p',
      'sign ;',
    ]);
    expect(tokens.map(({ offset, text }) => source.slice(offset, offset + text.length))).toEqual(
      tokens.map(({ text }) => text),
    );
    expect(tokens.find(({ value }) => value === 'where')).toMatchObject({ line: 3, column: 1 });
    expect(tokens.find(({ value }) => value === 'from')).toMatchObject({ line: 2, column: 5 });
  });

  it.each([
    ["SELECT 'a\nb", 1, 8, 'a text begins there and never ends'],
    ['SELECT a\n  FROM "b', 2, 8, 'a quoted name begins there and never ends'],
    ['AS $$ return 1;', 1, 4, 'a $$ body begins there and never ends'],
    ['a /* b', 1, 3, 'a comment begins there and never ends'],
    ['SELECT ☃', 1, 8, '"☃" means nothing there'],
  ])('%j cannot be read', (source, line, column, why) => {
    const read = (): unknown => [...tokensOf(source)];
    expect(read).toThrow(expect.objectContaining({ code: 'CQL_UNREADABLE', fields: { line, column } }));
    expect(read).toThrow(why);
  });

  it('are found in a text of megabytes', () => {
    const body = "''".repeat(2_000_000);
    expect([...tokensOf(`'${body}'`)].map(({ value }) => value.length)).toEqual([2_000_000]);
  });
});

describe('statements', () => {
  it('end at semicolons that are none of a text, a body, a comment or a batch', () => {
    const source = `-- first; comment
CREATE TABLE a (b text); ;; // c;
INSERT INTO a (b) VALUES ('x;''y'); /* z; */
CREATE FUNCTION f() CALLED ON NULL INPUT RETURNS int LANGUAGE java AS $$ return 1; $$;
BEGIN UNLOGGED BATCH
  INSERT INTO a (b) VALUES ('1');
  DELETE FROM a WHERE b = '2';
APPLY BATCH;
SELECT "a;b" FROM a -- the last
`;
    const statements = splitStatements(source);
    expect(statements.map(({ line, text }) => [line, text.split('\n')[0]])).toEqual([
      [2, 'CREATE TABLE a (b text)'],
      [3, "INSERT INTO a (b) VALUES ('x;''y')"],
      [4, 'CREATE FUNCTION f() CALLED ON NULL INPUT RETURNS int LANGUAGE java AS $$ return 1; $$'],
      [5, 'BEGIN UNLOGGED BATCH'],
      [9, 'SELECT "a;b" FROM a'],
    ]);
    expect(statements[3]?.text.endsWith('APPLY BATCH')).toBe(true);
    for (const { offset, text } of statements) expect(source.slice(offset, offset + text.length)).toBe(text);
  });

  it('of nothing are none', () => {
    expect(splitStatements(' \n-- nothing\n;;/* x */')).toEqual([]);
  });

  const corpus = join(import.meta.dirname, '../corpus');
  it.each(readdirSync(corpus).filter((file) => file.endsWith('.cql')))('of %s each begin with CREATE', (file) => {
    const source = readFileSync(join(corpus, file), 'utf8');
    const statements = splitStatements(source);
    expect(statements.length).toBe(source.match(/;$/gm)?.length);
    for (const { text } of statements)
      expect(text).toMatch(/^CREATE (TABLE|TYPE|INDEX|CUSTOM INDEX|MATERIALIZED VIEW) /);
  });
});

describe('view conditions', () => {
  it.each([
    ['a is not null and "B"   is NOT null', 'a IS NOT NULL AND "B" IS NOT NULL'],
    ['"a" IS NOT NULL', 'a IS NOT NULL'],
    ['"token" IS NOT NULL AND Key IS NOT NULL', '"token" IS NOT NULL AND key IS NOT NULL'],
    ['id IN (1,2 , -3)', 'id IN (1, 2, -3)'],
    ["v>='it''s' AND v<$$z$$", "v >= 'it''s' AND v < 'z'"],
    ['(a,b)>(1,2)', '(a, b) > (1, 2)'],
    ["m={'a':[1,2],'b':[]}", "m = {'a': [1, 2], 'b': []}"],
    ['a = -1 AND b=- 1', 'a = -1 AND b = -1'],
    ["t CONTAINS KEY 'x' /* c */ AND d = 2w", "t CONTAINS KEY 'x' AND d = 2w"],
    ['u = 550E8400-E29B-41D4-A716-446655440000', 'u = 550e8400-e29b-41d4-a716-446655440000'],
  ])('%s is %s', (given, expected) => {
    expect(canonicalWhere(given)).toBe(expected);
    expect(canonicalWhere(expected)).toBe(expected);
  });

  it('are the same in any order', () => {
    expect(sameWhere('a IS NOT NULL AND b = 1', 'b=1 and "a" is not null')).toBe(true);
    expect(sameWhere('a IS NOT NULL AND b = 1', 'a IS NOT NULL AND b = 2')).toBe(false);
  });
});
