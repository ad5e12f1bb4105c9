import { describe, expect, it } from 'vitest';
import { HeldRows, type RowGroup } from '../../src/cassandra/held-rows.ts';
import { Packs } from '../../src/cassandra/packs.ts';

const heads = [Buffer.from('h0'), Buffer.from('head 1')];
const held = (bytes: number): HeldRows =>
  new HeldRows({
    bytes,
    headOf: (statement) => ({ bytes: heads[statement] ?? Buffer.alloc(0), cost: 10 }),
    routingOf: ({ bytes, at, statement }) => Buffer.concat([Buffer.from([statement]), bytes.subarray(at, at + 4)]),
  });

function add(rows: HeldRows, value: Buffer, { hash, statement = 0 }: { hash: number; statement?: number }): void {
  rows.begin();
  rows.value(value);
  rows.commit(hash, statement);
}
const rowOf = (value: Buffer, statement = 0): Buffer => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(value.length);
  return Buffer.concat([heads[statement] ?? Buffer.alloc(0), length, value]);
};
function bytesOf(rows: HeldRows, group: RowGroup): Buffer {
  const bytes = Buffer.alloc(group.bytes + 3);
  expect(rows.copy(group, bytes, 3)).toBe(bytes.length);
  return bytes.subarray(3);
}

describe('rows that are held', () => {
  it.each([1, 2, 3])('come out by partition in their order, each once, whatever their sizes (seed %i)', (seed) => {
    let state = seed;
    const random = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const limit = 400_000;
    const rows = held(limit);
    const expected = new Map<number, Buffer[]>();
    const found = new Map<number, Buffer[]>();
    let most = 0;
    const out: RowGroup[] = [];
    const give = (): void => {
      const group = out.splice(random(out.length), 1)[0];
      if (group === undefined) return;
      const before = found.get(group.hash) ?? [];
      found.set(group.hash, [...before, bytesOf(rows, group)]);
      rows.giveBack(group);
    };
    const take = (): void => {
      const group = rows.takeFull() ?? rows.takeOldest();
      if (group === null) return;
      // what is taken of one partition must be given back in order, so that the two sides can be compared
      for (const other of out.filter(({ hash }) => hash === group.hash)) {
        out.splice(out.indexOf(other), 1);
        found.set(other.hash, [...(found.get(other.hash) ?? []), bytesOf(rows, other)]);
        rows.giveBack(other);
      }
      out.push(group);
    };
    for (let number = 0; number < 20_000; number += 1) {
      while (!rows.hasRoom) {
        take();
        give();
      }
      const size = random(1000) === 0 ? 60_000 + random(20_000) : random(20) === 0 ? random(3000) : random(200);
      const value = Buffer.alloc(size, number % 251);
      const [hash, statement] = [(random(300) * 0x01_00_00_11) >>> 0, random(2)];
      if (random(10) === 0) {
        rows.begin();
        rows.value(value);
        rows.discard();
      }
      add(rows, value, { hash, statement });
      expected.set(hash, [...(expected.get(hash) ?? []), rowOf(value, statement)]);
      most = Math.max(most, rows.used);
      if (random(30) === 0) take();
      if (random(40) === 0) give();
    }
    for (let group: RowGroup | null = null; ; ) {
      take();
      give();
      group = out[0] ?? null;
      if (group === null) break;
    }
    expect(rows.used).toBe(0);
    expect(most).toBeLessThan(limit + 100_000);
    const joined = (map: Map<number, Buffer[]>): Map<number, string> =>
      new Map([...map].sort(([a], [b]) => a - b).map(([hash, parts]) => [hash, Buffer.concat(parts).toString('hex')]));
    expect(joined(found)).toEqual(joined(expected));
  });

  it('are full with 128 rows, or with what the server takes at once, which can become less', () => {
    const rows = held(1_000_000);
    for (let row = 0; row < 127; row += 1) add(rows, Buffer.alloc(4), { hash: 1 });
    expect(rows.hasFull).toBe(false);
    add(rows, Buffer.alloc(4), { hash: 1 });
    expect(rows.takeFull()?.rows).toBe(128);
    for (let row = 0; row < 41; row += 1) add(rows, Buffer.alloc(1000), { hash: 2 });
    expect(rows.takeFull()?.rows).toBe(40);
    rows.shrink(3000);
    for (let row = 0; row < 3; row += 1) add(rows, Buffer.alloc(1000), { hash: 3 });
    // also what had begun before
    for (let row = 0; row < 2; row += 1) add(rows, Buffer.alloc(1000), { hash: 2 });
    expect([rows.takeFull()?.rows, rows.takeFull()?.rows, rows.takeFull()]).toEqual([2, 2, null]);
  });

  it('longer than 64 KiB are kept apart, alone and at once', () => {
    const rows = held(100_000);
    add(rows, Buffer.from('before'), { hash: 7 });
    const long = Buffer.alloc(5_000_000, 7);
    add(rows, long, { hash: 7 });
    expect(rows.hasRoom).toBe(false);
    const [before, alone] = [rows.takeFull(), rows.takeFull()];
    expect([before?.rows, alone?.rows]).toEqual([1, 1]);
    if (before === null || alone === null) throw new Error('there is no group');
    expect(bytesOf(rows, alone).equals(rowOf(long))).toBe(true);
    rows.giveBack(alone);
    rows.giveBack(before);
    expect([rows.used, rows.hasRoom]).toEqual([0, true]);
    expect(rows.sink.bytes.length).toBeLessThan(100_000);
    add(rows, Buffer.from('after'), { hash: 7, statement: 1 });
    const after = rows.takeOldest();
    expect(after && bytesOf(rows, after).equals(rowOf(Buffer.from('after'), 1))).toBe(true);
  });

  it('of the group that has waited longest go first, with the routing key of their partition', () => {
    const rows = held(100_000);
    for (const hash of [5, 6, 5, 7]) add(rows, Buffer.from('x'), { hash });
    const taken = [1, 2, 3, 4].map(() => rows.takeOldest());
    expect(taken.map((group) => group && [group.hash, group.rows])).toEqual([[5, 2], [6, 1], [7, 1], null]);
    expect(taken[0]?.routing?.toString('hex')).toBe('0000000001');
    expect(taken.map((group) => group?.open ?? null)).toEqual([false, false, false, null]);
  });
});

describe('rows of which hardly one meets another', () => {
  it('are held no more than a part of the memory, until they meet again', () => {
    const rows = held(800_000);
    const add20k = (hashOf: (number: number) => number): void => {
      for (let number = 0; number < 20_000; number += 1) {
        const group = rows.hasRoom ? null : rows.takeOldest();
        if (group !== null) rows.giveBack(group);
        add(rows, Buffer.alloc(20), { hash: hashOf(number) });
      }
    };
    add20k((number) => number);
    expect(rows.capacity).toBe(100_000);
    add20k((number) => number % 100);
    expect(rows.capacity).toBe(800_000);
  });
});

describe('packs of groups', () => {
  const group = (cost: number, place: number | null): RowGroup => ({
    ...{
      hash: 0,
      statement: 0,
      rows: 1,
      bytes: 0,
      open: false,
      own: null,
      first: 0,
      last: 0,
      earlier: null,
      later: null,
    },
    routing: place === null ? null : Buffer.from([place]),
    cost,
  });
  const packs = (): Packs => new Packs(({ routing }) => routing?.[0] ?? null);

  it('hold ten partitions of the same nodes', () => {
    const begun = packs();
    const groups = Array.from({ length: 20 }, (_none, at) => group(100, at % 2));
    const sent = groups.map((one) => begun.add(one));
    expect(sent.slice(0, 18)).toEqual(Array(18).fill(null));
    expect(sent[18]).toEqual(groups.filter((_one, at) => at % 2 === 0));
    expect(sent[19]).toEqual(groups.filter((_one, at) => at % 2 === 1));
    expect(begun.take()).toBeNull();
  });

  it('stay below what the server warns of, and leave alone what is large or whose nodes are not known', () => {
    const begun = packs();
    const [one, two, three, large, unknown] = [2000, 2000, 2000, 3000]
      .map((cost) => group(cost, 1))
      .concat(group(9, null));
    if (!one || !two || !three || !large || !unknown) throw new Error('there are too few groups');
    expect([one, two, large, unknown, three].map((next) => begun.add(next))).toEqual([
      null,
      null,
      [large],
      [unknown],
      [one, two],
    ]);
    expect(begun.take()).toEqual([three]);
    expect(begun.take()).toBeNull();
  });
});
