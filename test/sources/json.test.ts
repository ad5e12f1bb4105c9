import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DecimalText } from '../../src/model/decimal-text.ts';
import { ArrayScanner, BrokenArray, type ScannedElement } from '../../src/sources/json/array-scanner.ts';
import { fileSource, rowLimit, type SourceFixture, sourceFixture } from './source-fixture.ts';

let fixture: SourceFixture;
beforeAll(async () => {
  fixture = await sourceFixture();
});
afterAll(() => fixture.close());

async function rowsOf(text: string | Uint8Array, columns: Record<string, string>, system: 'json' | 'ndjson' = 'json') {
  await fixture.file('rows.json', text);
  return fixture.read(fileSource(system, 'rows.json', columns));
}

async function one(value: string, type: string): Promise<unknown> {
  const [row] = await rowsOf(`[{"v": ${value}}]`, { v: type });
  return row?.problem ?? row?.values['v'];
}

describe('fields', () => {
  it.each([
    ['"a"', 'text', 'a'],
    ['"\\u0000\\ud83d\\ude00"', 'text', '\u0000😀'],
    ['12', 'int', 12],
    ['-0', 'int', 0],
    ['12345678901234567890', 'bigint', 12345678901234567890n],
    ['"9007199254740993"', 'bigint', 9007199254740993n],
    ['1e3', 'bigint', 1000n],
    ['12.0', 'bigint', 12n],
    ['1.10', 'decimal', '1.10'],
    ['0.1000000000000000055511151231257827', 'decimal', '0.1000000000000000055511151231257827'],
    ['"-7.50"', 'decimal', '-7.50'],
    ['1.5', 'double', 1.5],
    ['true', 'boolean', true],
    ['"8F14E45F-CEEA-467F-A0E6-0F3B1C9F2B11"', 'uuid', '8f14e45f-ceea-467f-a0e6-0f3b1c9f2b11'],
    ['"2024-02-29"', 'date', '2024-02-29'],
    ['"2024-02-29T12:30:00.5+02:00"', 'timestamp', new Date('2024-02-29T10:30:00.500Z')],
    ['1700000000000', 'timestamp', new Date(1_700_000_000_000)],
    ['[1, [2]]', 'array', [1, [2]]],
    ['{"a": 12345678901234567890, "b": 1.10}', 'object', { a: 12345678901234567890n, b: 1.1 }],
    ['[null, "x", 1]', 'any', [null, 'x', 1]],
    ['[0.10000000000000001, 1.50e3, 123456789.12345678]', 'any', [0.1, 1500, 123456789.12345678]],
    ['17000000000.00e2', 'timestamp', new Date(1_700_000_000_000)],
    ['[1, 1.50, {"a": 0.1234567890123456789}]', 'digits', [1, '1.50', { a: '0.1234567890123456789' }]],
    ['0.1234567890123456789', 'nearest', 0.12345678901234568],
    ['null', 'int', null],
    ['[0.1234567890123456789]', 'array', [new DecimalText('0.1234567890123456789')]],
    ['{"a": [1e400, 9007199254740993]}', 'object', { a: [new DecimalText('1e400'), 9007199254740993n] }],
    ['1e-400', 'any', new DecimalText('1e-400')],
  ])('%s as %s', async (text, type, expected) => {
    expect(await one(text, type)).toEqual(expected);
  });

  it.each([
    ['"n/a"', 'date', 'v: "n/a" is not a date (YYYY-MM-DD)'],
    ['"2023-02-29"', 'date', 'v: "2023-02-29" is not a date (YYYY-MM-DD)'],
    ['"2024-01-01T00:00:00"', 'timestamp', /no|not a timestamp/],
    ['1776', 'text', 'v: 1776 is not a text'],
    ['1.5', 'int', 'v: 1.5 is not an integer'],
    ['3000000000', 'int', 'v: 3000000000 is not an integer of 32 bits'],
    ['"12"', 'int', 'v: "12" is not an integer'],
    ['1.5', 'bigint', /is not an integer/],
    ['1e999', 'double', /is not a number/],
    ['"yes"', 'boolean', 'v: "yes" is not a boolean'],
    ['"abc"', 'uuid', 'v: "abc" is not a UUID'],
    ['"\\ud800"', 'text', /surrogate/],
    ['{}', 'array', 'v: {} is not an array'],
    ['1e400', 'nearest', 'v: 1e400 is not a number that a double can hold'],
  ])('%s is no %s', async (text, type, reason) => {
    expect(await one(text, type)).toMatch(reason);
  });

  it('keep what does not fit in the row, and name every problem', async () => {
    const [row] = await rowsOf('[{"id": 1, "released": "n/a", "votes": "many"}]', {
      id: 'int',
      released: 'date',
      votes: 'bigint',
      title: 'text!',
    });
    expect(row?.problem).toBe(
      'released: "n/a" is not a date (YYYY-MM-DD); votes: "many" is not an integer; title: is missing',
    );
    expect(row?.values).toEqual({ id: 1, released: 'n/a', votes: 'many', title: null });
  });

  it('that stand there twice are told from those inside of others, and from texts', async () => {
    const columns = { v: 'any', w: 'any' };
    const twice = ['{"v": 1, "w": 2, "v": 3}', '{"v" :1,"w":2,"\\u0076" :3}', '{"w": [{"v": 1}], "v": 1, "v": 1}'];
    const once = ['{"v": {"v": 1}, "w": ["v", {"v": 2}]}', '{"v": "\\"v\\":", "w": "v"}', '{"x": 1, "x": 2, "v": 1}'];
    const rows = await rowsOf([...twice, ...once].join('\n'), columns, 'ndjson');
    const problem = 'its field v stands there more than once';
    expect(rows.map((row) => row.problem)).toEqual([problem, problem, problem, null, null, null]);
    expect(rows[0]?.values).toEqual({ raw: twice[0] });
    const inside = [
      '{"v": {"a": 1, "b": {"c": 1}, "a": 2}}',
      '{"v": [{}, [{"b" :1, "c": 1, "c": 2}]]}',
      '{"v": {"a.b": {"\\u0061": "\\":", "a": 2}}}',
    ];
    const apart = ['{"v": [{"a": 1}, {"a": 2}], "w": {"a": {"a": 3}}}', '{"v": 1, "x": {"a": 1, "a": 2}}'];
    const nested = await rowsOf([...inside, ...apart].join('\n'), columns, 'ndjson');
    expect(nested.map((row) => row.problem)).toEqual([
      'its field v.a stands there more than once',
      'its field v[1][0].c stands there more than once',
      'its field v.a.b.a stands there more than once',
      null,
      null,
    ]);
  });

  it('are not found on the prototype', async () => {
    const [row] = await rowsOf('[{"__proto__": {"toString": 1}}]', { toString: 'any', constructor: 'any' });
    expect(row?.problem).toBeNull();
    expect({ ...row?.values }).toEqual({ toString: null, constructor: null });
  });
});

describe('arrays', () => {
  const scan = (text: string, chunkSize: number): readonly string[] => {
    const scanner = new ArrayScanner({ limit: 1000, maxDepth: 5, first: 1, keep: true });
    const found: ScannedElement[] = [];
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += chunkSize) scanner.push(bytes.subarray(at, at + chunkSize), found);
    scanner.end(false);
    for (const { offset, bytes: element } of found) expect(bytes.indexOf(element, offset)).toBe(offset);
    return found.map(({ bytes: element }) => element.toString());
  };

  it('are cut into the same elements wherever the chunks end', () => {
    const elements = ['{"a":"]},{\\"","b":[1,{"c":[]}]}', '12', '"te,xt]\\\\"', 'null', '[ ]', '-1.5e3', '{}'];
    const text = ` [ ${elements.join(' ,\n')} ] \n`;
    for (let size = 1; size < text.length; size += 1) expect(scan(text, size)).toEqual(elements);
    expect(scan('[]', 1)).toEqual([]);
  });

  it.each([
    ['', 'the file is empty'],
    ['{"a":1}\n{"a":2}', 'it does not begin with ['],
    ['[{"a":1}', 'the file ends before the array is closed'],
    ['[{"a":1},\n{"a":"x', 'the file ends inside element 2, which begins on line 2'],
    ['[{"a":1}]]', 'something stands after the array'],
    ['[{"a":1} {"a":2}]', 'a comma is missing after element 1'],
    ['[{"a":1},]', 'element 2 is missing'],
    ['[{"a":[1}]', 'brackets do not match in element 1, which begins on line 1'],
    ['[{"a":"x},\n{"a":"y"}]', 'a text is not closed at the end of the line (in element 1, which begins on line 1)'],
  ])('%j is refused', (text, message) => {
    expect(() => scan(text, 3)).toThrow(BrokenArray);
    expect(() => scan(text, 3)).toThrow(message);
  });

  it('that are broken stop with file and line', async () => {
    await fixture.file('broken.json', '[{"a":1},\n{"a":2},\n{"a":"x\n]');
    await expect(fixture.read(fileSource('json', 'broken.json', { a: 'int' }))).rejects.toMatchObject({
      code: 'SOURCE_MALFORMED',
      message: expect.stringContaining('broken.json is not a JSON array at line 3'),
      where: { line: 3 },
    });
    await fixture.file('lines.json', '{"a":1}\n{"a":2}');
    await expect(fixture.read(fileSource('json', 'lines.json', { a: 'int' }))).rejects.toMatchObject({
      next: expect.stringContaining('ndjson'),
    });
  });

  it('with bad elements go on after them', async () => {
    const deep = `{"a":${'['.repeat(2000)}${']'.repeat(2000)}}`;
    const rows = await rowsOf(`[{"a":1},{a:2},7,${deep},{"a":"${'x'.repeat(rowLimit)}"},{"a":6}]`, { a: 'any' });
    expect(rows.map(({ place, problem }) => [place, problem?.replace(/:.*/, '') ?? null])).toEqual([
      ['rows.json#1', null],
      ['rows.json#2', 'it is not valid JSON'],
      ['rows.json#3', 'it is not an object'],
      ['rows.json#4', 'it is nested deeper than 1000'],
      ['rows.json#5', `it is longer than ${rowLimit} bytes`],
      ['rows.json#6', null],
    ]);
    expect(String(rows[4]?.values['raw'])).toHaveLength(1000);
  });

  it('with invalid UTF-8 in one row', async () => {
    const bytes = Buffer.concat([Buffer.from('[{"a":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"},{"a":"ø"}]')]);
    const rows = await rowsOf(bytes, { a: 'text' });
    expect(rows.map(({ problem, values }) => problem ?? values['a'])).toEqual(['it is not valid UTF-8', 'ø']);
  });

  it('with a byte order mark, packed, and in UTF-16', async () => {
    const text = '\ufeff[{"a":1},{"a":2}]';
    expect(await rowsOf(text, { a: 'int' })).toHaveLength(2);
    await fixture.file('a.json.gz', gzipSync(text));
    await fixture.file('b.json.zst', zstdCompressSync(text));
    expect(await fixture.read(fileSource('json', '?.json.*', { a: 'int' }))).toHaveLength(4);
    await fixture.file('c.json', Buffer.from(text, 'utf16le'));
    await expect(fixture.read(fileSource('json', 'c.json', { a: 'int' }))).rejects.toMatchObject({
      code: 'SOURCE_ENCODING',
    });
    await fixture.file('cut.json.gz', gzipSync(text).subarray(0, 20));
    await expect(fixture.read(fileSource('json', 'cut.json.gz', { a: 'int' }))).rejects.toMatchObject({
      code: 'SOURCE_UNREADABLE',
      message: expect.stringContaining('cut.json.gz'),
    });
  });

  it('that are large are split at elements, and every split gives its own rows', async () => {
    const element = (id: number): string => `{"id":${id},"text":"${'x'.repeat(200)}"}`;
    const ids = Array.from({ length: 100_000 }, (_, id) => id);
    await fixture.file('large.json', `\ufeff[${ids.map(element).join(',\n ')}]`);
    const source = await fixture.open(fileSource('json', 'large.json', { id: 'int' }));
    const splits = await source.splits(10);
    expect(splits).toHaveLength(3);
    const seen: unknown[] = [];
    for (const split of splits.toReversed()) {
      for await (const page of source.read(split)) {
        for (const { values, place, problem } of page) {
          expect(problem).toBeNull();
          expect(place).toBe(`large.json#${Number(values['id']) + 1}`);
          seen.push(values['id']);
        }
      }
    }
    expect(seen.sort((a, b) => Number(a) - Number(b))).toEqual(ids);
  });
});

describe('lines of JSON', () => {
  it('are rows, blank ones left out, and bad ones do not stop it', async () => {
    const text = '{"a":1}\r\n\n  \n{"a":\nnull\n{"a":3}\n{"a":4}';
    const rows = await rowsOf(text, { a: 'int' }, 'ndjson');
    expect(rows.map(({ place, problem, values }) => [place, problem === null ? values['a'] : 'bad'])).toEqual([
      ['rows.json:1', 1],
      ['rows.json:4', 'bad'],
      ['rows.json:5', 'bad'],
      ['rows.json:6', 3],
      ['rows.json:7', 4],
    ]);
  });

  it('are split at line ends, with their own line numbers', async () => {
    const ids = Array.from({ length: 100_000 }, (_, id) => id);
    await fixture.file('large.ndjson', ids.map((id) => `{"id":${id},"t":"${'y'.repeat(200)}"}\n`).join(''));
    const rows = await fixture.read(fileSource('ndjson', 'large.ndjson', { id: 'int' }), 64);
    expect(rows.map(({ values }) => values['id'])).toEqual(ids);
    expect(rows.at(-1)?.place).toBe('large.ndjson:100000');
    const source = await fixture.open(fileSource('ndjson', 'large.ndjson', { id: 'int' }));
    expect((await source.splits(64)).length).toBeGreaterThan(1);
  });
});

describe('facts', () => {
  it('tell rows, bytes, missing columns and identity', async () => {
    await fixture.file('facts.json', '[{"a":1},{"b":2}]');
    const declared = fileSource('json', 'facts.json', { a: 'int', b: 'int', c: 'int' });
    const facts = await (await fixture.open(declared)).facts();
    expect(facts).toMatchObject({ rows: 2, bytes: 17, missing: ['c'] });
    await fixture.file('facts.json', '[{"a":1},{"b":3}]');
    expect((await (await fixture.open(declared)).facts()).identity).not.toBe(facts.identity);
  });

  it('of files that are not there, or are of no kind that is known', async () => {
    await expect(fixture.open(fileSource('json', 'data/none.json', { a: 'int' }))).rejects.toMatchObject({
      code: 'SOURCE_MISSING',
      message: `no file data/none.json in ${fixture.folder}`,
    });
    await expect(fixture.open(fileSource('json', 'none-*.json', { a: 'int' }))).rejects.toMatchObject({
      code: 'SOURCE_MISSING',
    });
    const xml = { ...fileSource('json', 'facts.json', {}), system: 'xml' };
    await expect(fixture.open(xml)).rejects.toMatchObject({ code: 'UNKNOWN_SOURCE' });
    const odd = fileSource('json', 'facts.json', { a: 'money' });
    await expect(fixture.open(odd)).rejects.toMatchObject({ code: 'UNKNOWN_SOURCE_TYPE' });
  });

  it('of a file that changes while it is read', async () => {
    await fixture.file('moving.json', '[{"a":1}]');
    const source = await fixture.open(fileSource('json', 'moving.json', { a: 'int' }));
    const [split] = await source.splits(1);
    await fixture.file('moving.json', '[{"a":2}]');
    const read = async (): Promise<void> => {
      if (split !== undefined) for await (const page of source.read(split)) expect(page).toBeDefined();
    };
    await expect(read()).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
  });
});
