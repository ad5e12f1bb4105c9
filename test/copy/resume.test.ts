import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countRepeated, keyHash } from '../../src/copy/collisions.ts';
import { rangeName, rangeOfName, remaining } from '../../src/copy/token-pieces.ts';
import { csv } from '../../src/files.ts';
import { reject, t, table, transform } from '../../src/index.ts';
import type { Checkpoint } from '../../src/ports/journal.ts';
import { baseTime, type CopyFixture, copyFixture } from './copy-fixture.ts';

const rowCount = 4000;
const source = table('source', { columns: { id: t.int(), n: t.int(), list: t.list(t.int()) }, partitionKey: ['id'] });
const target = table('target', {
  columns: { n: t.int(), part: t.int(), list: t.list(t.int()) },
  partitionKey: ['n'],
  clusteringKey: ['part'],
});
const loaded = table('loaded', { columns: { id: t.int(), v: t.text() }, partitionKey: ['id'] });

/** Two rows for one, 100 keys that meet once, every 40th row rejected. */
const fanOut = transform({
  from: source,
  into: target,
  maxRejects: 100,
  maxCollisions: 100,
  rows: ({ id, n, list }, out) => {
    if (id % 40 === 0) return reject(`id ${id} divides by 40`);
    out.emit({ n: n ?? 0, part: 1, list });
    out.emit({ n: n ?? 0, part: 2 });
    return undefined;
  },
});

let fixture: CopyFixture;
const cql = (statement: string): Promise<void> => fixture.base.cql(statement.replaceAll('KS.', 'copy_resume.'));
beforeAll(async () => {
  fixture = await copyFixture('copy_resume');
  await fixture.create(source, target, loaded);
  for (let from = 0; from < rowCount; from += 500) {
    const ids = Array.from({ length: 500 }, (_, at) => from + at);
    await Promise.all(
      ids.map((id) =>
        cql(`INSERT INTO KS.source (id, n, list) VALUES (${id}, ${id % 2000 < 51 ? id % 2000 : id}, [1, 2])`),
      ),
    );
  }
});
afterAll(() => fixture.close());

/** All rows: 50 meet a row with the same `n` in the other half; of these, rows 0 and 40 are rejected in both halves. */
const rejected = rowCount / 40;
const expected = {
  read: rowCount,
  transformed: rowCount - rejected,
  skipped: 0,
  rejected,
  written: 2 * (rowCount - rejected),
  collisions: 2 * (51 - 2),
};

describe('a copy that stops in the middle', () => {
  it('goes on with what is missing, and comes to the same accounts and rows', async () => {
    const finished: Checkpoint[] = [];
    let attempt = 0;
    for (const heldFor of [1000, 2500, 4000]) {
      attempt += 1;
      await expect(fixture.run(fanOut, { attempt, finished, heldFor })).rejects.toThrow('the lease is lost');
      finished.push(...fixture.checkpoints());
    }
    const done = new Set(finished.filter(({ state }) => state === 'done').map(({ range }) => range));
    const started = new Set(finished.filter(({ state }) => state === 'started').map(({ range }) => range));
    expect(done.size).toBeGreaterThan(5);
    expect(started.size).toBeGreaterThan(done.size);

    const { result, checkpoints, progress } = await fixture.run(fanOut, { attempt: 4, finished });
    expect(result).toMatchObject(expected);
    expect(checkpoints.filter(({ range }) => done.has(range))).toEqual([]);
    expect(progress.at(-1)?.done).toBe(rowCount);
    const rows = await fixture.query('SELECT n, part, list FROM KS.target');
    expect(rows).toHaveLength(result.written - result.collisions);
    // Emitted once each, however often a range was begun. (Rows that meet on a key write its list twice.)
    expect(rows.filter(({ n, part, list }) => part === 1 && Number(n) > 50 && String(list) !== '1,2')).toEqual([]);
    const rejects = await fixture.rejects();
    expect(new Set(rejects.map(({ place }) => place)).size).toBe(rejected);
    expect(rejects).toHaveLength(rejected);
  });

  it('counts the same in one go', async () => {
    expect((await fixture.run(fanOut, { attempt: 9 })).result).toMatchObject(expected);
  });

  it('does a range again when the files that it left are gone', async () => {
    await expect(fixture.run(fanOut, { attempt: 10, heldFor: 4000 })).rejects.toThrow('the lease is lost');
    const finished = fixture.checkpoints();
    await rm(`${fixture.rejectsFile}.work`, { recursive: true });
    const { result } = await fixture.run(fanOut, { attempt: 11, finished });
    expect(result).toMatchObject(expected);
    expect(await fixture.rejects()).toHaveLength(rejected);
  });

  it('does all of a file again when the file was mended, and what it has now wins', async () => {
    const file = csv.file('loaded.csv', { columns: { id: csv.int(), v: csv.text() }, key: ['id'] });
    const load = transform({
      from: file,
      into: loaded,
      rows: ({ id, v }, out) => (v === 'bad' ? reject('bad') : out.emit({ id, v })),
    });
    await fixture.file('loaded.csv', 'id,v\n1,zzz\n2,bad\n');
    await expect(fixture.run(load)).rejects.toMatchObject({ code: 'TOO_MANY_REJECTS' });
    await fixture.file('loaded.csv', 'id,v\n1,aaa\n2,good\n');
    const { result } = await fixture.run(load, { attempt: 2, finished: fixture.checkpoints() });
    expect(result).toMatchObject({ read: 2, written: 2, rejected: 0 });
    expect(await fixture.query('SELECT id, v, writetime(v) AS w FROM KS.loaded')).toEqual([
      { id: 1, v: 'aaa', w: expect.anything() },
      { id: 2, v: 'good', w: expect.anything() },
    ]);
  });

  it('takes up a file that was finished without reading it again', async () => {
    const file = csv.file('loaded.csv', { columns: { id: csv.int(), v: csv.text() }, key: ['id'] });
    const load = transform({ from: file, into: loaded, maxRejects: 5, rows: (row, out) => out.emit(row) });
    const { checkpoints } = await fixture.run(load);
    const identity = checkpoints.at(-1)?.detail['identity'];
    expect(identity).toMatch(/^[0-9a-f]{64}$/);
    // What the finished attempt left was removed with it, so that it is done again: the accounts stay the same.
    const { result } = await fixture.run(load, { attempt: 2, finished: checkpoints, timestamp: baseTime });
    expect(result).toMatchObject({ read: 2, written: 2 });
  });
});

describe('what is left of the ring', () => {
  const ranges = [
    { start: -10n, end: 0n },
    { start: 0n, end: 10n },
  ];

  it('has no token twice and none too few, whatever the borders of what is done', () => {
    expect(remaining(ranges, [])).toEqual(ranges);
    expect(remaining(ranges, ranges)).toEqual([]);
    expect(remaining(ranges, [{ start: -3n, end: 4n }])).toEqual([
      { start: -10n, end: -3n },
      { start: 4n, end: 10n },
    ]);
    const done = [
      { start: -10n, end: -9n },
      { start: 2n, end: 3n },
      { start: 1n, end: 5n },
    ];
    const left = remaining(ranges, done);
    for (let token = -9n; token <= 10n; token += 1n) {
      const within = (list: readonly { start: bigint; end: bigint }[]): number =>
        list.filter(({ start, end }) => token > start && token <= end).length;
      expect(within(left)).toBe(within(done) > 0 ? 0 : 1);
    }
  });

  it('is named so that it can be read back', () => {
    const range = { start: -(2n ** 63n), end: 2n ** 63n - 1n };
    expect(rangeOfName(rangeName(range))).toEqual(range);
    expect(rangeOfName('movies.json:0-17')).toBeNull();
  });
});

describe('keys that repeat', () => {
  it('are counted exactly, also in more parts than memory has room for', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cqlform-keys-'));
    try {
      const hashes = Array.from({ length: 30_000 }, (_, n) =>
        keyHash([Buffer.from(`${n % 20_000}`), Buffer.from('x')]),
      );
      const files = [];
      for (const [at, from] of [0, 10_000, 20_000].entries()) {
        const bytes = Buffer.concat(hashes.slice(from, from + 10_000));
        await writeFile(join(folder, `${at}`), bytes);
        files.push({ path: join(folder, `${at}`), bytes: bytes.length });
      }
      const scratch = (n: number): string => join(folder, `part-${n}`);
      expect(await countRepeated(files, { scratch })).toBe(10_000);
      expect(await countRepeated(files, { scratch, mostAtOnce: 1000 })).toBe(10_000);
      expect(await countRepeated([], { scratch })).toBe(0);
      expect(keyHash([Buffer.from('ab'), Buffer.from('c')])).not.toEqual(
        keyHash([Buffer.from('a'), Buffer.from('bc')]),
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
