import { describe, expect, it } from 'vitest';
import { WireDigest } from '../../src/copy/verify/wire-digest.ts';
import { diceOf } from '../planner/random.ts';

type Row = readonly (string | null)[];

/** The first value is the key. */
function digestOf(rows: readonly Row[]): WireDigest {
  const digest = new WireDigest();
  for (const [key, ...values] of rows) {
    digest.begin();
    digest.value(Buffer.from(key ?? ''));
    digest.key();
    for (const value of values) {
      if (value === null) digest.absent();
      else digest.value(Buffer.from(value));
    }
    digest.commit();
  }
  return digest;
}

const bucketOf = (key: string): number =>
  new WireDigest().bucketOf({ kind: 'row', partitionKey: [Buffer.from(key)], clusteringKey: [] });

describe('the digest of rows in wire form', () => {
  const rows = Array.from({ length: 2000 }, (_, id): Row => [`key ${id}`, `value ${id}`, id % 3 === 0 ? null : '']);

  it('is the same in any order, and finds the bucket of any row that differs', () => {
    const whole = digestOf(rows);
    expect(whole.rows).toBe(2000);
    expect(digestOf([...rows].reverse()).differingFrom(whole)).toEqual([]);
    const dice = diceOf(7);
    for (let round = 0; round < 200; round += 1) {
      const at = dice.roll(rows.length);
      const [key, value, last] = rows[at] ?? ['', '', ''];
      const changed = dice.one<readonly Row[]>([
        [],
        [[key ?? '', `${value}x`, last ?? null]],
        [[key ?? '', value ?? '', last === null ? '' : null]],
        [[key ?? '', last ?? null, value ?? '']],
        [rows[at] ?? [], rows[at] ?? []],
      ]);
      const other = digestOf([...rows.slice(0, at), ...(changed ?? []), ...rows.slice(at + 1)]);
      expect(other.differingFrom(whole), `row ${at}`).toEqual([bucketOf(key ?? '')]);
    }
  });

  it('tells where one value ends and the next begins', () => {
    const pairs: readonly (readonly [Row, Row])[] = [
      [
        ['k', 'ab', 'c'],
        ['k', 'a', 'bc'],
      ],
      [
        ['k', '', 'abcd'],
        ['k', 'abcd', ''],
      ],
      [
        ['k', '\0\0\0'],
        ['k', '\0\0\0\0'],
      ],
      [
        ['k', '\0'],
        ['k', ''],
      ],
      [
        ['k', null],
        ['k', ''],
      ],
      [
        ['k', '\u00ff\u00ff'],
        ['k', null],
      ],
    ];
    for (const [one, other] of pairs) expect(digestOf([one]).differingFrom(digestOf([other]))).toHaveLength(1);
  });
});
