import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadProgressText } from '../../src/cli/view/load.ts';
import { pagesOf } from '../../src/copy/load-pages.ts';
import { cutQuoted, type RawRecord } from '../../src/sources/files/records.ts';
import { fileSource, rowLimit, type SourceFixture, sourceFixture } from './source-fixture.ts';

let fixture: SourceFixture;
beforeAll(async () => {
  fixture = await sourceFixture();
});
afterAll(() => fixture.close());

type Settings = Readonly<Record<string, string | boolean>>;

async function rowsOf(text: string | Uint8Array, columns: Record<string, string>, settings: Settings = {}) {
  await fixture.file('rows.csv', text);
  const rows = await fixture.read(fileSource('csv', 'rows.csv', columns, settings));
  return rows.map(({ values, problem, place }) => ({ values: { ...values }, problem, place }));
}

describe('records', () => {
  it('have quotes, line ends, delimiters and quotes inside quotes', async () => {
    const rows = await rowsOf('a,b\r\n"x, y","line 1\nline 2"\r\n"say ""hi""",5" disc\r\n,""\r\n', {
      a: 'text',
      b: 'text',
    });
    expect(rows).toEqual([
      { values: { a: 'x, y', b: 'line 1\nline 2' }, problem: null, place: 'rows.csv:2' },
      { values: { a: 'say "hi"', b: '5" disc' }, problem: null, place: 'rows.csv:4' },
      { values: { a: null, b: '' }, problem: null, place: 'rows.csv:5' },
    ]);
  });

  it('are cut the same wherever the chunks end', () => {
    const text = Buffer.from('a,"b\n""c""",d\n"",x"y,\n"last","one"');
    for (let size = 1; size <= text.length; size += 1) {
      const cutter = cutQuoted({ quote: 0x22, escape: 0x22, delimiter: 0x2c }, { limit: 100, firstLine: 1 });
      const out: RawRecord[] = [];
      for (let at = 0; at < text.length; at += size) cutter.push(text.subarray(at, at + size), out);
      cutter.end(out);
      expect(out.map(({ bytes, line }) => [bytes.toString(), line])).toEqual([
        ['a,"b\n""c""",d', 1],
        ['"",x"y,', 3],
        ['"last","one"', 4],
      ]);
    }
  });

  it('in another dialect', async () => {
    const rows = await rowsOf(
      "1;'it\\'s; here';NULL\n2;'a\\\\';x\n",
      { id: 'int', a: 'text', b: 'text' },
      {
        delimiter: ';',
        quote: "'",
        escape: '\\',
        header: false,
        nullText: 'NULL',
      },
    );
    expect(rows.map(({ values }) => values)).toEqual([
      { id: 1, a: "it's; here", b: null },
      { id: 2, a: 'a\\', b: 'x' },
    ]);
    const plain = await rowsOf('a\tb\n"x\t1"\n', { a: 'text', b: 'text' }, { delimiter: '\t', quote: '' });
    expect(plain[0]?.values).toEqual({ a: '"x', b: '1"' });
  });

  it('that are wrong are problems of their own row', async () => {
    const text = Buffer.concat([
      Buffer.from('a,b\n1,2,3\nonly\n"x"y,1\nnul\0,1\n'),
      Buffer.from([0xff, 0x2c, 0x31, 0x0a]),
      Buffer.from(`${'z'.repeat(rowLimit + 1)},1\nlast,1\n`),
    ]);
    const rows = await rowsOf(text, { a: 'text', b: 'int' });
    expect(rows.map(({ place, problem }) => [place, problem])).toEqual([
      ['rows.csv:2', 'it has 3 fields instead of 2'],
      ['rows.csv:3', 'it has 1 fields instead of 2'],
      ['rows.csv:4', 'something stands after the closing quote of field 1'],
      ['rows.csv:5', 'it has a NUL byte outside quotes'],
      ['rows.csv:6', 'it is not valid UTF-8'],
      ['rows.csv:7', `it is longer than ${rowLimit} bytes`],
      ['rows.csv:8', null],
    ]);
  });

  it('whose quote is never closed stop with its line: what follows cannot be told apart', async () => {
    await expect(rowsOf('a,b\n1,2\n"open,3\n4,5\n', { a: 'text' })).rejects.toMatchObject({
      code: 'SOURCE_MALFORMED',
      message: 'rows.csv: the quote that opens on line 3 is never closed',
      where: { line: 3 },
    });
    await expect(rowsOf(`a,b\n"${'q'.repeat(2 * rowLimit)}"\n`, { a: 'text' })).rejects.toMatchObject({
      code: 'SOURCE_MALFORMED',
      message: `rows.csv: the quote that opens on line 2 is not closed within ${rowLimit} bytes, the most that a row may have`,
    });
  });
});

describe('fields', () => {
  it('become values, and problems where they do not fit', async () => {
    const columns = {
      i: 'int',
      b: 'bigint',
      d: 'double',
      m: 'decimal',
      o: 'boolean',
      u: 'uuid',
      t: 'timestamp',
      y: 'date',
    };
    const header = Object.keys(columns).join(',');
    const rows = await rowsOf(
      `${header}\n-7,12345678901234567890,1e-3,2.50,TRUE,8f14e45f-ceea-467f-a0e6-0f3b1c9f2b11,2013-01-01T10:00:00Z,2013-01-01\n` +
        `x,1.5,abc,--1,maybe,1,2013-01-01 10:00,01/02/2013\n,,,,,,,\n`,
      columns,
    );
    expect(rows[0]?.values).toEqual({
      i: -7,
      b: 12345678901234567890n,
      d: 0.001,
      m: '2.50',
      o: true,
      u: '8f14e45f-ceea-467f-a0e6-0f3b1c9f2b11',
      t: new Date('2013-01-01T10:00:00Z'),
      y: '2013-01-01',
    });
    expect(rows[1]?.problem?.split('; ').map((text) => text.slice(0, 9))).toHaveLength(9);
    expect(rows[1]?.problem).toContain('y: "01/02/2013" is not a date (YYYY-MM-DD)');
    expect(Object.values(rows[2]?.values ?? {}).every((value) => value === null)).toBe(true);
  });

  it('hold moments of years before 0 and after 9999 as an unload writes them', async () => {
    const moments = ['+010000-01-01T00:00:00.000Z', '-000043-03-15T10:00:00.001Z', '+275760-09-13T00:00:00.000Z'];
    const wrong = [
      '+010000-02-30T00:00:00Z',
      '-000000-01-01T00:00:00Z',
      '10000-01-01T00:00:00Z',
      '+275760-09-13T00:00:01Z',
    ];
    const rows = await rowsOf(`t\n${[...moments, ...wrong].join('\n')}\n`, { t: 'timestamp' });
    expect(rows.slice(0, 3).map(({ values }) => values['t'])).toEqual(moments.map((text) => new Date(text)));
    expect(rows.slice(3).map(({ problem }) => problem)).toEqual(
      wrong.map((text) => expect.stringContaining(`t: "${text}" is not a timestamp`)),
    );
  });

  it('that the header lacks, or has twice, are errors', async () => {
    await expect(rowsOf('a,b\n1,2\n', { a: 'int', c: 'int' })).rejects.toMatchObject({
      code: 'SOURCE_COLUMNS_MISSING',
      message: 'rows.csv has no field c',
      next: expect.stringContaining('a, b'),
    });
    await expect(rowsOf('a,a\n1,2\n', { a: 'int' })).rejects.toMatchObject({ code: 'SOURCE_MALFORMED' });
    await expect(rowsOf('', { a: 'int' })).rejects.toMatchObject({ code: 'SOURCE_MALFORMED' });
    for (const text of ['a,b\r1,2\r', Buffer.from('a,b\n1,2\n', 'utf16le')]) {
      await expect(rowsOf(text, { a: 'int' })).rejects.toMatchObject({
        code: 'SOURCE_MALFORMED',
        message: expect.stringMatching(/its header (?:holds a carriage return|has NUL bytes)/),
      });
    }
    await expect(rowsOf('a\n', { a: 'int' }, { delimiter: '||' })).rejects.toMatchObject({ code: 'SOURCE_SETTING' });
    const facts = await (await fixture.open(fileSource('csv', 'rows.csv', { a: 'int', c: 'int' }))).facts();
    expect(facts.missing).toEqual(['c']);
  });
});

describe('large files', () => {
  it('without quotes are split; with quotes they stay whole', async () => {
    const lines = Array.from({ length: 150_000 }, (_, id) => `${id},${'x'.repeat(120)}`);
    await fixture.file('plain.csv', `id,text\n${lines.join('\n')}\n`);
    const declared = fileSource('csv', 'plain.csv', { id: 'int', text: 'text' });
    const splits = await (await fixture.open(declared)).splits(64);
    expect(splits.length).toBeGreaterThan(1);
    const rows = await fixture.read(declared, 64);
    expect(rows.map(({ values }) => values['id'])).toEqual(lines.map((_, id) => id));
    expect(rows.at(-1)?.place).toBe('plain.csv:150001');

    await fixture.file('quoted.csv', `id,text\n${lines.join('\n')}\n7,"a\nb"\n`);
    const quoted = fileSource('csv', 'quoted.csv', { id: 'int', text: 'text' });
    expect(await (await fixture.open(quoted)).splits(64)).toHaveLength(1);
    expect((await fixture.read(quoted, 64)).at(-1)?.values['text']).toBe('a\nb');
  });

  it.each(['csv', 'ndjson', 'json'] as const)('with an endless line keep memory flat (%s)', async (system) => {
    const name = `endless.${system}`;
    const handle = await open(join(fixture.folder, name), 'w');
    const start = { csv: 'a\n', ndjson: '{"a":1}\n{"a":"', json: '[{"a":1},{"a":"' }[system];
    await handle.appendFile(start);
    const block = Buffer.alloc(1024 * 1024, 'x');
    for (let n = 0; n < 100; n += 1) await handle.appendFile(block);
    await handle.appendFile({ csv: '\n1\n', ndjson: '"}\n{"a":3}\n', json: '"},{"a":3}]' }[system]);
    await handle.close();

    const source = await fixture.open(fileSource(system, name, { a: system === 'csv' ? 'text' : 'int' }));
    const before = process.memoryUsage();
    let most = 0;
    const problems: (string | null)[] = [];
    for (const split of await source.splits(1)) {
      for await (const page of source.read(split)) {
        problems.push(...page.map(({ problem }) => problem));
        const now = process.memoryUsage();
        most = Math.max(most, now.heapUsed - before.heapUsed + now.arrayBuffers - before.arrayBuffers);
      }
    }
    expect(problems.filter((problem) => problem !== null)).toEqual([`it is longer than ${rowLimit} bytes`]);
    expect(problems.at(-1)).toBeNull();
    // The line has 100 MiB; what is counted includes garbage that is not collected yet.
    expect(most).toBeLessThan(64 * 1024 * 1024);
  });
});

describe('reading', () => {
  it.each(['csv', 'ndjson'] as const)('tells how much of a %s file was read while it goes on', async (system) => {
    const line = (id: number): string => (system === 'csv' ? `${id}` : `{"id":${id}}`);
    const text = [...(system === 'csv' ? ['id'] : []), ...Array.from({ length: 200_000 }, (_, id) => line(id))];
    const whole = `${text.join('\n')}\n`;
    await fixture.file(`long.${system}`, whole);
    const source = await fixture.open(fileSource(system, `long.${system}`, { id: 'int' }));
    let sum = 0;
    const seen: number[] = [];
    for await (const page of pagesOf(source, null)) {
      sum += page.bytes;
      seen.push(sum);
    }
    await source.close();
    expect(sum).toBe(whole.length);
    expect(seen[0]).toBeLessThan(whole.length / 2);
    const told = { read: 5, written: 4, rejected: 0, totalBytes: whole.length };
    expect(loadProgressText('t', { ...told, bytes: whole.length / 4 }, 1000)).toMatch(/20%, 4(\.0)? s left$/);
    expect(loadProgressText('t', { ...told, bytes: 0, totalRows: 10 }, 1000)).toMatch(/rows\/s, 40%, 1\.5 s left$/);
    expect(loadProgressText('t', { ...told, bytes: 0 }, 1000)).toMatch(/rows\/s$/);
  });
});
