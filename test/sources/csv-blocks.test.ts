import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RowBlock } from '../../src/cql/row-block.ts';
import { parseType } from '../../src/cql/type-text.ts';
import type { CqlformError } from '../../src/kernel/errors.ts';
import type { ForeignSource } from '../../src/model/data.ts';
import type { Column, Table } from '../../src/model/schema.ts';
import type { BlockTarget } from '../../src/ports/source.ts';
import { createOpenBlocks } from '../../src/sources/open.ts';
import { fileSource, rowLimit, type SourceFixture, sourceFixture } from './source-fixture.ts';

let fixture: SourceFixture;
beforeAll(async () => {
  fixture = await sourceFixture();
});
afterAll(() => fixture.close());

interface Taken {
  readonly values: readonly (string | null)[];
  readonly statement: number;
}
interface ReadBlocks {
  readonly rows: readonly Taken[];
  readonly rejects: readonly { readonly place: string; readonly reason: string; readonly raw: string }[];
  readonly read: number;
}

function tableOf(
  columns: Readonly<Record<string, string>>,
  partitionKey: readonly string[],
  clustering: string[],
): Table {
  return {
    kind: 'table',
    name: 't',
    columns: Object.entries(columns).map(([name, text]): Column => {
      const isStatic = text.startsWith('static ');
      return { name, type: parseType(isStatic ? text.slice(7) : text), static: isStatic };
    }),
    partitionKey,
    clusteringKey: clustering.map((column) => ({ column, order: 'asc' as const })),
    options: {},
  };
}

/** Reads a file into blocks, a small one at a time, and takes them apart again; values as hex, null where unset. */
async function readBlocks(declared: ForeignSource, table: Table, limit = rowLimit): Promise<ReadBlocks> {
  const rows: Taken[] = [];
  const rejects: { place: string; reason: string; raw: string }[] = [];
  let block = new RowBlock();
  const take = (): void => {
    for (let row = 0; row < block.count; row += 1) {
      const values: (string | null)[] = [];
      for (let at = block.start(row); at < block.end(row); ) {
        const length = block.sink.bytes.readInt32BE(at);
        const end = at + 4 + Math.max(0, length);
        values.push(length < 0 ? null : block.sink.bytes.toString('hex', at + 4, end));
        at = end;
      }
      rows.push({ values: values.slice(0, -2), statement: block.statement(row) });
    }
    block.clear();
  };
  const columns = table.columns.map(({ name, type }) => ({ name, type, field: name }));
  const statics = table.columns.filter((column) => column.static).map(({ name }) => name);
  const partition = columns.filter(({ name }) => [...table.partitionKey, ...statics].includes(name));
  let held = 0;
  const target: BlockTarget = {
    table,
    types: {},
    statements: statics.length === 0 ? [columns] : [columns, partition],
    ttl: 0,
    // every third row has to wait for room
    get filling() {
      held += 1;
      return held % 3 === 0 ? null : block;
    },
    room: async () => block,
    filled: () => {
      if (block.count >= 5) take();
    },
    timeOf: (number) => number,
    reject: async ({ place, reason, raw }) => void rejects.push({ place, reason, raw }),
    onProgress: () => undefined,
  };
  const source = await createOpenBlocks({ projectFolder: fixture.folder, rowLimit: limit })(declared);
  const read = await source.read(target);
  take();
  block = new RowBlock();
  return { rows, rejects, read };
}

const hex = (text: string): string => Buffer.from(text).toString('hex');

describe('a CSV file read into blocks', () => {
  it.each([1, 2, 3, 4, 5, 6])('has the rows and the rejects that the other reader finds (seed %i)', async (seed) => {
    let state = seed * 7919;
    const random = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const pieces = [
      'a',
      'bc',
      ',',
      ',',
      '"',
      '""',
      '\n',
      '\n',
      '\r\n',
      '\r',
      '\\',
      'é',
      '😀',
      ' ',
      '"x"',
      ',"y,z"',
      'NULL',
      '\0',
    ];
    const settings = [{}, { escape: '\\' }, { quote: '' }, { nullText: 'NULL' }][seed % 4] ?? {};
    for (let round = 0; round < 60; round += 1) {
      let text = 'a,b\n';
      for (let part = random(80); part > 0; part -= 1) text += pieces[random(pieces.length)];
      const bytes = Buffer.from(text);
      if (random(3) === 0 && bytes.length > 8) bytes[4 + random(bytes.length - 4)] = 0xff;
      const name = `fuzz-${seed}-${round}.csv`;
      await fixture.file(name, bytes);
      const declared = fileSource('csv', name, { a: 'text', b: 'text' }, settings);
      const table = tableOf({ a: 'text', b: 'text' }, [], []);
      const [expected, found] = await Promise.all([
        fixture.read(declared).catch((thrown: unknown) => thrown),
        readBlocks(declared, table).catch((thrown: unknown) => thrown),
      ]);
      if (expected instanceof Error) {
        expect(found, JSON.stringify(text)).toMatchObject({ code: (expected as CqlformError).code });
        expect((found as Error).message).toBe(expected.message);
        continue;
      }
      const good = (expected as Awaited<ReturnType<SourceFixture['read']>>).filter(({ problem }) => problem === null);
      const bad = (expected as Awaited<ReturnType<SourceFixture['read']>>).filter(({ problem }) => problem !== null);
      const blocks = found as ReadBlocks;
      expect(
        blocks.rows.map(({ values }) => values),
        JSON.stringify(text),
      ).toEqual(
        good.map(({ values }) =>
          ['a', 'b'].map((column) => {
            const value = values[column] as string | null;
            return value === null ? null : hex(value);
          }),
        ),
      );
      expect(
        blocks.rejects.map(({ place, reason }) => ({ place, reason })),
        JSON.stringify(text),
      ).toEqual(bad.map(({ place, problem }) => ({ place, reason: problem })));
      expect(blocks.read).toBe(blocks.rows.length + blocks.rejects.length);
    }
  });

  it('tells what does not fit a column, an empty key and one that is missing', async () => {
    await fixture.file(
      'types.csv',
      'k,i,s,u,at,d,b\n' +
        'a,1,-128,00000000-0000-0000-0000-00000000000A,2026-02-28T23:59:59.5Z,-1.25,true\n' +
        'b,2147483648,,,,,\n' +
        'c,,128,,,,\n' +
        'd,,,0000,,,\n' +
        'e,,,,2026-02-29T00:00:00Z,,\n' +
        'f,,,,,1.2.3,\n' +
        'g,,,,,,maybe\n' +
        '"",1,,,,,\n' +
        ',1,,,,,\n' +
        'h,-0,,,1969-12-31T23:59:59.999Z,123456789012345678,\n',
    );
    const columns = { k: 'text', i: 'int', s: 'tinyint', u: 'uuid', at: 'timestamp', d: 'double', b: 'boolean' };
    const found = await readBlocks(fileSource('csv', 'types.csv', { k: 'text' }), tableOf(columns, ['k'], []));
    const double = Buffer.alloc(8);
    double.writeDoubleBE(Number('123456789012345678'));
    const moment = Buffer.alloc(8);
    moment.writeBigInt64BE(BigInt(Date.UTC(2026, 1, 28, 23, 59, 59, 500)));
    expect(found.rows.map(({ values }) => values)).toEqual([
      ['61', '00000001', '80', '0000000000000000000000000000000a', moment.toString('hex'), 'bff4000000000000', '01'],
      ['68', '00000000', null, null, 'ffffffffffffffff', double.toString('hex'), null],
    ]);
    expect(found.rejects.map(({ place, reason }) => `${place} ${reason}`)).toEqual([
      'types.csv:3 i: "2147483648" is not an integer of 32 bits',
      'types.csv:4 s: 128 does not fit a tinyint',
      expect.stringContaining('types.csv:5 u: "0000" is no uuid'),
      'types.csv:6 at: "2026-02-29T00:00:00Z" is not a timestamp: there is no such day',
      'types.csv:7 d: "1.2.3" is not a number',
      'types.csv:8 b: "maybe" is not a boolean',
      'types.csv:9 key column k is empty, which Cassandra refuses',
      'types.csv:10 key column k is missing',
    ]);
  });

  it('takes a row without clustering key for its partition’s static cells', async () => {
    await fixture.file('statics.csv', 'p,c,s,v\n1,,x,\n1,2,y,z\n,,x,\n1,,,z\n');
    const columns = { p: 'int', c: 'int', s: 'static text', v: 'text' };
    const found = await readBlocks(fileSource('csv', 'statics.csv', { p: 'text' }), tableOf(columns, ['p'], ['c']));
    expect(found.rows).toEqual([
      { statement: 1, values: ['00000001', hex('x')] },
      { statement: 0, values: ['00000001', '00000002', hex('y'), hex('z')] },
    ]);
    expect(found.rejects.map(({ reason }) => reason)).toEqual(['key column p is missing', 'key column c is missing']);
  });

  it('reads doubles to the last bit', async () => {
    const numbers = [
      '0.1',
      '3.14159265358979',
      '1e22',
      '-0.0',
      '5e-324',
      '1.7976931348623157e308',
      '0.000001',
      '123.456000000000',
    ];
    for (let exponent = 0; exponent < 300; exponent += 1) numbers.push(`${exponent}.${'0'.repeat(exponent % 14)}7`);
    await fixture.file('doubles.csv', `d\n${numbers.join('\n')}\n`);
    const found = await readBlocks(fileSource('csv', 'doubles.csv', { d: 'text' }), tableOf({ d: 'double' }, [], []));
    const expected = numbers.map((text) => {
      const bytes = Buffer.alloc(8);
      bytes.writeDoubleBE(Number(text));
      return [bytes.toString('hex')];
    });
    expect(found.rows.map(({ values }) => values)).toEqual(expected);
  });
});

describe('a hostile CSV file', () => {
  const hostile = (name: string): Promise<ReadBlocks> =>
    readBlocks(fileSource('csv', name, { a: 'text' }), tableOf({ a: 'text', b: 'text' }, ['a'], []), 64 * 1024);

  it('with NULs outside quotes, bytes that are no UTF-8, broken quotes and too many fields has them rejected', async () => {
    await fixture.file(
      'broken.csv',
      Buffer.concat([
        Buffer.from('a,b\nok,1\nnul\0,1\n"quoted\0",2\n'),
        Buffer.from([0x61, 0xc3, 0x2c, 0x31, 0x0a]),
        Buffer.from('"x"y,1\nq"uote,1\nx,1,2\nx\n'),
      ]),
    );
    const found = await hostile('broken.csv');
    expect(found.rows.map(({ values }) => values[0])).toEqual([hex('ok'), hex('quoted\0'), hex('q"uote')]);
    expect(found.rejects.map(({ reason }) => reason)).toEqual([
      'it has a NUL byte outside quotes',
      'it is not valid UTF-8',
      'something stands after the closing quote of field 1',
      'it has 3 fields instead of 2',
      'it has 1 fields instead of 2',
    ]);
  });

  it('with a line of 100 MB, or one that never ends, is read on with flat memory', async () => {
    const path = join(fixture.folder, 'endless.csv');
    const file = await open(path, 'w');
    const megabyte = Buffer.alloc(1024 * 1024, 'x');
    await file.write('a,b\nfirst,1\n');
    for (let count = 0; count < 100; count += 1) await file.write(megabyte);
    await file.write(',1\nsecond,2\n');
    for (let count = 0; count < 20; count += 1) await file.write(megabyte);
    await file.close();
    const before = process.memoryUsage().rss;
    const found = await hostile('endless.csv');
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
    expect(found.rows.map(({ values }) => values[0])).toEqual([hex('first'), hex('second')]);
    expect(found.rejects.map(({ place, reason, raw }) => [place, reason, raw.length])).toEqual([
      ['endless.csv:3', 'it is longer than 65536 bytes', 1000],
      ['endless.csv:5', 'it is longer than 65536 bytes', 1000],
    ]);
    expect(found.read).toBe(4);
  });

  it('whose quote never closes is an error that names the line', async () => {
    await fixture.file('open.csv', `a,b\n1,2\nx,"${'y\n'.repeat(100_000)}`);
    await expect(hostile('open.csv')).rejects.toMatchObject({
      code: 'SOURCE_MALFORMED',
      message:
        'open.csv: the quote that opens on line 3 is not closed within 65536 bytes, the most that a row may have',
    });
  });

  it('with a bomb of nested JSON has it rejected', async () => {
    await fixture.file('bomb.csv', `a,b\n1,${'['.repeat(60_000)}\n2,"[[1],[2]]"\n3,"[""x""]"\n`);
    const table = tableOf({ a: 'int', b: 'frozen<list<frozen<list<int>>>>' }, ['a'], []);
    const found = await readBlocks(fileSource('csv', 'bomb.csv', { a: 'text' }), table, 64 * 1024);
    expect(found.rows).toHaveLength(1);
    expect(found.rejects.map(({ place }) => place)).toEqual(['bomb.csv:2', 'bomb.csv:4']);
  });
});
