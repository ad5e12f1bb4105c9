import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { csv, json, ndjson, tsv } from '../../src/files.ts';
import { type SourceFixture, sourceFixture } from './source-fixture.ts';
import { declared } from './sql-source.ts';

let fixture: SourceFixture;
beforeAll(async () => {
  fixture = await sourceFixture();
});
afterAll(() => fixture.close());

const packings = [
  ['', (bytes: Buffer) => bytes],
  ['.gz', gzipSync],
  ['.zst', zstdCompressSync],
] as const;
const rows = [
  { id: 1, name: 'Ærø' },
  { id: 2, name: 'tab\tin it' },
  { id: 3, name: null },
];
const columns = { id: csv.int(), name: csv.text() };
const jsonColumns = { id: json.int(), name: json.text() };
const formats = {
  csv: { text: 'id,name\n1,Ærø\n2,tab\tin it\n3,\n', of: (place: string) => csv.file(place, { columns, key: ['id'] }) },
  tsv: { text: 'id\tname\n1\tÆrø\n2\t"tab\tin it"\n3\t\n', of: (place: string) => tsv.file(place, { columns }) },
  json: { text: JSON.stringify(rows), of: (place: string) => json.file(place, { columns: jsonColumns }) },
  ndjson: {
    text: rows.map((row) => JSON.stringify(row)).join('\n'),
    of: (place: string) => ndjson.file(place, { columns: jsonColumns }),
  },
} as const;

describe.each(Object.entries(formats))('%s', (format, { text, of }) => {
  it.each(packings)('is read packed as its name ends%s', async (ending, pack) => {
    await fixture.file(`rows.${format}${ending}`, pack(Buffer.from(text)));
    const read = await fixture.read(declared(of(`rows.${format}${ending}`)));
    expect(read.map(({ values, problem }) => problem ?? values)).toEqual(rows);
  });
  it('is read from all files of a glob, packed or not, each with its own places', async () => {
    for (const [ending, pack] of packings)
      await fixture.file(`${format}/a${ending}.${format}${ending}`, pack(Buffer.from(text)));
    const read = await fixture.read(declared(of(`${format}/*.${format}*`)), 8);
    expect(read.map(({ values, problem }) => problem ?? values)).toEqual([...rows, ...rows, ...rows]);
    expect(new Set(read.map(({ place }) => place.split(/[:#]/)[0])).size).toBe(3);
  });
  it('is read on over the joints of packed files that were put together', async () => {
    const [first, second] = [Buffer.from(text).subarray(0, 17), Buffer.from(text).subarray(17)];
    for (const [ending, pack] of packings) {
      const name = `joined.${format}${ending}`;
      await fixture.file(name, Buffer.concat([pack(first), pack(second)]));
      const read = await fixture.read(declared(of(name)));
      expect([ending, ...read.map(({ values, problem }) => problem ?? values)]).toEqual([ending, ...rows]);
    }
  });
  it.each([
    ['.gz', gzipSync],
    ['.zst', zstdCompressSync],
  ] as const)('that is cut short (%s) is an error that names it', async (ending, pack) => {
    const packed = pack(Buffer.from(text));
    await fixture.file(`cut.${format}${ending}`, packed.subarray(0, packed.length - 6));
    await expect(fixture.read(declared(of(`cut.${format}${ending}`)))).rejects.toMatchObject({
      code: 'SOURCE_UNREADABLE',
      message: expect.stringContaining(`cut.${format}${ending}`),
    });
  });
});

describe('tsv', () => {
  it('as databases dump it: without quotes, with a text for null', async () => {
    await fixture.file('dump.tsv', '1\t"x"\r\n2\t\\N\r\n');
    const dump = tsv.file('dump.tsv', { columns, key: ['id'], quote: '', header: false, nullText: '\\N' });
    const read = await fixture.read(declared(dump));
    expect(read.map(({ values }) => values)).toEqual([
      { id: 1, name: '"x"' },
      { id: 2, name: null },
    ]);
  });
  it('has tabs for its delimiter, and no other', () => {
    const given = { columns, delimiter: ';' };
    expect(() => tsv.file('a.tsv', given)).toThrow(/tsv file a\.tsv.*delimiter/);
  });
});
