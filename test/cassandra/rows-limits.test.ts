import { describe, expect, it } from 'vitest';
import { PageSize } from '../../src/cassandra/scan.ts';
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

describe('requests in flight', () => {
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
