import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../src/devcluster/processes.ts';
import { type SourceFixture, sourceFixture } from './source-fixture.ts';

interface Told {
  readonly before: number;
  readonly peak: number;
  readonly told: Readonly<
    Record<
      string,
      {
        readonly rows: number;
        readonly rejected: number;
        readonly problems: readonly string[];
        readonly error: string | null;
      }
    >
  >;
}

let fixture: SourceFixture;
beforeAll(async () => {
  fixture = await sourceFixture();
});
afterAll(() => fixture.close());

/** Reads them in a process of their own, whose peak of memory is told. */
async function readAll(files: Readonly<Record<string, string | Uint8Array>>): Promise<Told> {
  for (const [name, content] of Object.entries(files)) await fixture.file(name, content);
  const child = join(import.meta.dirname, 'hostile-child.ts');
  const named = Object.keys(files).map((name) => `${name.split('.')[1]}:${name}`);
  const { code, stdout, stderr } = await run(process.execPath, [child, fixture.folder, ...named], {});
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Told;
}

const large = Buffer.alloc(100 * 1024 * 1024, 'x');
const packed = (before: string, filling: Uint8Array, after: string): Buffer =>
  gzipSync(Buffer.concat([Buffer.from(before), filling, Buffer.from(after)]), { level: 1 });
const bytes = (...parts: readonly (string | readonly number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))));
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const noUtf8 = [0xff, 0xfe, 0xc3];

describe('hostile files', () => {
  it('with values of 100 MB, lines and nesting that never end, are read on or refused, in flat memory', async () => {
    const limit = 'it is longer than 16777216 bytes';
    const { told, before, peak } = await readAll({
      'cell.csv.gz': packed('a,b\n1,2\n3,', large, '\n4,5\n'),
      'cell.ndjson.gz': packed('{"a":"1"}\n{"a":"', large, '"}\n{"a":"2"}\n'),
      'cell.json.gz': packed('[{"a":"1"},{"a":"', large, '"},{"a":"2"}]'),
      'endless.ndjson.gz': packed('{"a":"1"}\n', large, ''),
      'bomb.ndjson.gz': packed('{"a":"1"}\n{"b":', Buffer.alloc(50 * 1024 * 1024, '['), '\n{"a":"2"}\n'),
      'deep.ndjson': `{"a":"1"}\n{"b":${nested(500_000)}}\n{"a":"[[${'['.repeat(2000)}"}\n`,
      'deep.json': `[{"a":"1"},{"b":${nested(500_000)}},{"a":"2"}]`,
      'open.csv.gz': packed('a,b\n1,2\n3,"', large.subarray(0, 20 * 1024 * 1024), ''),
    });
    for (const name of ['cell.csv.gz', 'cell.ndjson.gz', 'cell.json.gz', 'bomb.ndjson.gz']) {
      expect(told[name], name).toEqual({ rows: 3, rejected: 1, problems: [limit], error: null });
    }
    expect(told['endless.ndjson.gz']).toEqual({ rows: 2, rejected: 1, problems: [limit], error: null });
    const deep = { rows: 3, rejected: 1, problems: ['it is nested deeper than 1000'], error: null };
    expect(told['deep.ndjson']).toEqual(deep);
    expect(told['deep.json']).toEqual(deep);
    expect(told['open.csv.gz']?.error).toContain('SOURCE_MALFORMED: open.csv.gz: the quote that opens on line 3');
    // A row that is as long as one may be is held, with the text that is made of it, and never more.
    expect(before).toBeGreaterThan(0);
    expect(peak).toBeLessThan(300);
  });

  it('with NULs, broken quotes, bytes that are no UTF-8 and packing that is cut off, are too', async () => {
    const { told } = await readAll({
      'nul.csv': 'a,b\n1,2\nx\0y,3\n"q\0",4\n\0\0\0\n5,6\n',
      'nul.ndjson': '{"a":"1"}\n\0\0\0\n{"a":"\0"}\n{"a":"2"}\n',
      'utf8.csv': bytes('a,b\n1,2\nx', noUtf8, ',3\n4,5\n'),
      'utf8.ndjson': bytes('{"a":"1"}\n{"a":"', noUtf8, '"}\n{"a":"2"}\n'),
      'utf8.json': bytes('[{"a":"1"},{"a":"', noUtf8, '"},{"a":"2"}]'),
      'quotes.csv': 'a,b\n1,2\n"x"y,3\n4,"un\n5,6\n',
      'quotes.json': '[{"a":"1"},{"a":"x"y},{"a":"2"}]',
      'cut.csv.gz': gzipSync(Buffer.from(`a,b\n${'1,2\n'.repeat(10_000)}`)).subarray(0, 60),
      'nothing.csv': '',
      'zeros.json': Buffer.alloc(1000),
    });
    expect(told['nul.csv']).toMatchObject({ rows: 5, rejected: 2, error: null });
    expect(told['nul.ndjson']).toMatchObject({ rows: 4, rejected: 2, error: null });
    for (const name of ['utf8.csv', 'utf8.ndjson', 'utf8.json']) {
      expect(told[name], name).toEqual({ rows: 3, rejected: 1, problems: ['it is not valid UTF-8'], error: null });
    }
    expect(told['quotes.csv']).toMatchObject({
      rows: 2,
      rejected: 1,
      error: expect.stringContaining('line 4 is never closed'),
    });
    expect(told['quotes.json']).toMatchObject({ rows: 3, rejected: 1 });
    expect(told['cut.csv.gz']?.error).toContain('SOURCE_UNREADABLE: cut.csv.gz cannot be read');
    expect(told['nothing.csv']?.error).toContain('SOURCE_');
    expect(told['zeros.json']?.error).toContain('SOURCE_MALFORMED');
  });
});
