import { describe, expect, it } from 'vitest';
import { PageSize } from '../../src/cassandra/scan.ts';
import { type Pool, pressureOf, type ServerLoad } from '../../src/cassandra/server-load.ts';
import { halves, splitRing } from '../../src/cassandra/split.ts';
import { WriteLimit } from '../../src/cassandra/write-limit.ts';

describe('ranges of the ring', () => {
  const first = -(2n ** 63n);
  const last = 2n ** 63n - 1n;

  it.each([0, 1, 2, 3, 4, 7, 8, 100, 1024])('hold every token once, at least %i of them', (parts) => {
    const ranges = splitRing(parts);
    expect(ranges.length).toBeGreaterThanOrEqual(parts);
    expect(Math.log2(ranges.length) % 1).toBe(0);
    expect(ranges[0]?.start).toBe(first);
    expect(ranges.at(-1)?.end).toBe(last);
    ranges.forEach((range, index) => {
      expect(range.start < range.end).toBe(true);
      if (index > 0) expect(range.start).toBe(ranges[index - 1]?.end);
    });
  });

  it('nest', () => {
    const coarse = new Set(splitRing(8).map((range) => range.start));
    const fine = new Set(splitRing(64).map((range) => range.start));
    expect([...coarse].every((start) => fine.has(start))).toBe(true);
  });

  it('are halved down to single tokens', () => {
    expect(halves({ start: 0n, end: 10n })).toEqual([
      { start: 0n, end: 5n },
      { start: 5n, end: 10n },
    ]);
    expect(halves({ start: -3n, end: -1n })).toEqual([
      { start: -3n, end: -2n },
      { start: -2n, end: -1n },
    ]);
    expect(halves({ start: 4n, end: 5n })).toBeNull();
    expect(halves({ start: first, end: last })?.[0].end).toBe(-1n);
  });
});

describe('pressure of a server', () => {
  const load = (pool: Partial<Pool>): ServerLoad => ({
    address: '10.0.0.1:9042',
    pools: [{ name: 'CompactionExecutor', limit: 2, pending: 0, blocked: 0, ...pool }],
    compacting: 3 * 1024 ** 2,
  });

  it.each([
    ['a short queue', { pending: 7 }, 1],
    ['compactions that wait', { pending: 8 }, 0.5],
    ['many of them', { pending: 32 }, 0.25],
    ['compactions far behind', { pending: 64 }, 0],
    ['flushes that wait', { name: 'MemtableFlushWriter', pending: 8 }, 0.5],
    ['requests that wait', { name: 'Native-Transport-Requests', limit: 128, pending: 1024 }, 0.5],
    ['more requests than the server takes', { name: 'Native-Transport-Requests', limit: 128, blocked: 1 }, 0.25],
    ['mutations, however many', { name: 'MutationStage', limit: 32, pending: 1e6 }, 0.25],
    ['what has nothing to do with writing', { name: 'RepairSection', pending: 1e6 }, 1],
  ])('follows %s', (_what, pool, factor) => {
    expect(pressureOf([load({}), load(pool)]).factor).toBe(factor);
  });

  it('says why', () => {
    const why = '10.0.0.1:9042: 64 tasks wait in CompactionExecutor, 3 MiB being compacted';
    expect(pressureOf([load({ pending: 64 })])).toEqual({ factor: 0, why });
  });
});

describe('requests in flight', () => {
  it('grow no more when answers take long, and shrink when they take very long', () => {
    const limit = new WriteLimit();
    for (let count = 0; count < 1000; count++) limit.wentWell(10, 0);
    const grown = limit.limit;
    expect(grown).toBeGreaterThan(70);
    for (let count = 0; count < 300; count++) limit.wentWell(200, 0);
    expect(limit.limit - grown).toBeLessThan(3);
    for (let now = 1000; now < 10_000; now += 300) for (let count = 0; count < 50; count++) limit.wentWell(900, now);
    expect(limit.limit).toBeLessThan(grown / 2);
  });

  it('go on when what bounds them lets them, though none was in flight', async () => {
    const wakers: (() => void)[] = [];
    const bound = { factor: 0, writing: () => undefined, onceChanged: (wake: () => void) => void wakers.push(wake) };
    const limit = new WriteLimit(bound);
    const waiting = [1, 2, 3].map(() => limit.acquire(1));
    expect(limit.inFlight).toBe(0);
    bound.factor = 1 / 64;
    for (const wake of wakers.splice(0)) wake();
    await waiting[0];
    expect(limit.inFlight).toBe(1);
    bound.factor = 1;
    for (const wake of wakers.splice(0)) wake();
    await Promise.all(waiting);
    expect(limit.inFlight).toBe(3);
  });

  it('wait in their order when the limit is reached', async () => {
    const limit = new WriteLimit();
    for (let count = 0; count < limit.limit; count++) await limit.acquire(1);
    const admitted: number[] = [];
    const waiting = [1, 2, 3].map((number) => limit.acquire(1).then(() => admitted.push(number)));
    expect(limit.inFlight).toBe(64);
    limit.release(1);
    await waiting[0];
    expect(admitted).toEqual([1]);
    limit.release(1);
    limit.release(1);
    await Promise.all(waiting);
    expect(admitted).toEqual([1, 2, 3]);
    expect(limit.inFlight).toBe(64);
  });

  it('halve once for a burst of troubles, down to four, and grow back', () => {
    const limit = new WriteLimit();
    for (let count = 0; count < 100; count++) limit.wasTroubled(1000 + count);
    expect(limit.limit).toBe(32);
    for (let time = 2000; time < 10_000; time += 300) limit.wasTroubled(time);
    expect(limit.limit).toBe(4);
    for (let count = 0; count < 4 + 5 + 6; count++) limit.wentWell();
    expect(limit.limit).toBe(7);
    for (let count = 0; count < 200_000; count++) limit.wentWell();
    expect(limit.limit).toBe(512);
  });

  it('are bound in bytes, yet let one of any size through', async () => {
    const limit = new WriteLimit();
    const large = 20 * 1024 * 1024;
    await limit.acquire(3 * large);
    let admitted = false;
    const second = limit.acquire(1).then(() => {
      admitted = true;
    });
    await Promise.resolve();
    expect(admitted).toBe(false);
    limit.release(3 * large);
    await second;
    await limit.acquire(large);
    const third = limit.acquire(large);
    expect(limit.inFlight).toBe(2);
    limit.release(large);
    await third;
    expect(limit.inFlight).toBe(2);
  });
});

describe('the size of pages', () => {
  it('grows eightfold at most, to a megabyte, and shrinks after a time-out', () => {
    const size = new PageSize();
    const first = size.rows;
    size.learn(first, first * 100);
    expect(size.rows).toBe(first * 8);
    size.learn(size.rows, size.rows * 100);
    size.learn(size.rows, size.rows * 100);
    size.learn(size.rows, size.rows * 100);
    expect(size.rows).toBe(5000);
    size.shrink();
    expect(size.rows).toBe(1250);
    size.learn(1000, 1000 * 1024 * 1024);
    expect(size.rows).toBe(1);
    size.shrink();
    expect(size.rows).toBe(1);
    size.learn(0, 0);
    expect(size.rows).toBe(1);
  });
});
