import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ndjson } from '../../src/files.ts';
import { copy, existing, t, table, transform } from '../../src/index.ts';
import { type CopyFixture, copyFixture } from './copy-fixture.ts';

const counts = table('counts', {
  columns: { page: t.text(), day: t.int(), seen: t.counter(), left: t.counter(), all: t.static(t.counter()) },
  partitionKey: ['page'],
  clusteringKey: ['day'],
});
const seen = table('seen', {
  columns: { page: t.text(), day: t.int(), seen: t.counter() },
  partitionKey: ['page', 'day'],
});
const source = ndjson.file('counts-*.ndjson', {
  columns: { page: ndjson.text(), day: ndjson.int(), seen: ndjson.bigint(), left: ndjson.int() },
  key: ['page', 'day'],
});
const counting = transform({
  from: source,
  into: counts,
  maxRejects: 1,
  maxCollisions: 1,
  rows: ({ page, day, seen: times, left }, out) =>
    out.emit({ page: page ?? '', day: day ?? 0, seen: times ?? 0n, left: left ?? undefined, all: 7 }),
});
const again = existing('counts', {
  columns: { page: t.text(), day: t.int(), seen: t.counter() },
  partitionKey: ['page'],
  clusteringKey: ['day'],
});

const rows = Array.from({ length: 1200 }, (_, at) => ({ page: `p${at % 7}`, day: at, seen: at * 1000 - 5, left: at }));
const lines = (from: number, to: number): string =>
  rows
    .slice(from, to)
    .map((row) => JSON.stringify({ ...row, ...(row.day % 3 === 0 ? { left: null } : {}) }))
    .join('\n');

describe('counters', () => {
  let fixture: CopyFixture;
  beforeAll(async () => {
    fixture = await copyFixture('copy_counters');
    await fixture.create(counts, seen);
    await fixture.file('counts-1.ndjson', lines(0, 600));
    // the largest there is, and a key that comes twice, whose second row is what counts
    const edges = [
      '{"page":"p","day":-1,"seen":9223372036854775807}',
      '{"page":"p","day":-2,"seen":1}',
      '{"page":"p","day":-2,"seen":-2}',
    ];
    await fixture.file('counts-2.ndjson', [lines(600, 1200), ...edges].join('\n'));
  });
  afterAll(() => fixture.close());

  it('come to what the source says, however often they are copied', { timeout: 60_000 }, async () => {
    const killed = fixture.run(counting, { onDone: () => Promise.reject(new Error('killed')) });
    await expect(killed).rejects.toThrow('killed');
    const finished = fixture.checkpoints();
    expect(finished.filter(({ state }) => state === 'started')).not.toEqual([]);
    const { result, verified } = await fixture.run(counting, { attempt: 2, finished, verify: 'sample' });
    expect(result).toMatchObject({ read: 1203, written: 1203, rejected: 0, collisions: 1 });
    expect(verified).toMatchObject({ level: 'sample', rows: 1203 });
    // all of it once more
    await fixture.run(counting, { attempt: 1 });

    const found = new Map((await fixture.query('SELECT * FROM KS.counts')).map((row) => [row['day'], row]));
    expect(found.size).toBe(1202);
    for (const { page, day, seen: times, left } of rows) {
      const row = found.get(day);
      const said = [row?.['page'], String(row?.['seen']), String(row?.['left']), String(row?.['all'])];
      expect(said, `day ${day}`).toEqual([page, String(times), day % 3 === 0 ? 'null' : String(left), '7']);
    }
    expect(String(found.get(-1)?.['seen'])).toBe('9223372036854775807');
    expect(String(found.get(-2)?.['seen'])).toBe('-2');
  });

  it('go from one table of them into another, and are compared', async () => {
    const { result } = await fixture.run(copy({ from: again, into: seen }), { schema: [seen], verify: 'full' });
    expect(result).toMatchObject({ read: 1202, written: 1202 });
    const [sum] = await fixture.query('SELECT sum(seen) AS sum, count(*) AS n FROM KS.seen');
    const [wanted] = await fixture.query('SELECT sum(seen) AS sum, count(*) AS n FROM KS.counts');
    expect(String(sum?.['n'])).toBe('1202');
    expect(String(sum?.['sum'])).toBe(String(wanted?.['sum']));
  });
});
