import { describe, expect, it } from 'vitest';
import { type Cut, Cutter, endsPiece, joinUncut, type PlacedRow, weightOf } from '../../src/backup/cutter.ts';
import { cellBounds, cellName, cellsAt, wholeRing } from '../../src/backup/grid.ts';
import { tokenOf } from '../../src/cql/token.ts';
import type { StoredRow } from '../../src/model/row.ts';
import { seeded } from './random.ts';

const target = 4000;

function place(partition: number, position: number, size: number): PlacedRow {
  const partitionKey = [int(partition)];
  const cells = [{ kind: 'value' as const, bytes: Buffer.alloc(size, position), writeTime: 1n, expiresAt: null }];
  const row: StoredRow = { kind: 'row', partitionKey, clusteringKey: [int(position)], cells };
  return { row, token: tokenOf(partitionKey), size: weightOf(row), anchored: true };
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function inOrder(rows: readonly PlacedRow[]): PlacedRow[] {
  return rows.toSorted((a, b) => (a.token < b.token ? -1 : a.token > b.token ? 1 : 0));
}

/** Cuts as a backup does: the ring in cells of one depth, what was left uncut joined. */
async function cut(rows: readonly PlacedRow[], depth: number): Promise<Cut[]> {
  const cuts: Cut[] = [];
  const take = async (each: Cut): Promise<void> => void cuts.push(each);
  const uncut: (Cut | null)[] = [];
  for (const cell of cellsAt(depth)) {
    const cutter = new Cutter(cell, target, { emit: take, endsPiece });
    const { first, last } = cellBounds(cell);
    for (const row of rows) if (row.token >= first && row.token <= last) await cutter.push(row);
    uncut.push(await cutter.end());
  }
  await joinUncut(uncut, target, take);
  return cuts.toSorted((a, b) => {
    const [left, right] = [cellBounds(a.cell).first, cellBounds(b.cell).first];
    return left < right ? -1 : left > right ? 1 : a.part - b.part;
  });
}

const names = (cuts: readonly Cut[]): string[] =>
  cuts.map((each) => `${cellName(each.cell)}#${each.part}:${each.rows.length}:${each.size}`);

describe('cutting rows into chunks', () => {
  const small = inOrder(Array.from({ length: 900 }, (_none, index) => place(index, 0, index % 60)));

  it('loses no row, keeps the order, and keeps each chunk inside of its cell and size', async () => {
    const cuts = await cut(small, 3);
    expect(cuts.flatMap((each) => each.rows)).toEqual(small);
    for (const each of cuts) {
      const { first, last } = cellBounds(each.cell);
      expect(each.rows.every(({ token }) => token >= first && token <= last)).toBe(true);
      expect(each.size).toBe(each.rows.reduce((sum, { size }) => sum + size, 0));
      expect(each.size).toBeLessThanOrEqual(target);
    }
    expect(cuts.length).toBeGreaterThan(8);
  });

  it('cuts in the same places however the ring was scanned', async () => {
    const whole = names(await cut(small, 0));
    for (const depth of [1, 3, 5]) expect(names(await cut(small, depth))).toEqual(whole);
    const few = inOrder(Array.from({ length: 10 }, (_none, index) => place(index, 0, 5)));
    expect(names(await cut(few, 5))).toEqual([`${cellName(wholeRing)}#0:10:170`]);
    expect(await cut([], 5)).toEqual([]);
  });

  it('moves only the cuts around a change', async () => {
    const before = new Set(names(await cut(small, 5)));
    const changed = small.map((each, index) =>
      index === 450 ? place(Buffer.from(each.row.partitionKey[0] ?? []).readInt32BE(), 0, 77) : each,
    );
    const after = names(await cut(changed, 5));
    expect(after.filter((name) => !before.has(name)).length).toBeLessThanOrEqual(2);
  });

  it('cuts a partition that is too large by clustering position', async () => {
    const random = seeded(3);
    const large = Array.from({ length: 3000 }, (_none, index) => place(7, index * 2, random.below(50)));
    const rows = inOrder([...small, ...large]);
    const cuts = await cut(rows, 5);
    expect(cuts.flatMap((each) => each.rows)).toEqual(rows);
    const pieces = cuts.filter((each) => each.cell.depth === 64);
    expect(pieces.map((each) => each.part)).toEqual(pieces.map((_piece, index) => index));
    expect(pieces.length).toBeGreaterThan(15);
    for (const piece of pieces) expect(piece.size).toBeLessThanOrEqual(target * 2 + 100);

    // one row more moves the cuts around it, and no others
    const more = inOrder([...small, ...large.slice(0, 1500), place(7, 2999, 30), ...large.slice(1500)]);
    const before = new Set(pieces.map(rowsOf));
    const changed = (await cut(more, 5))
      .filter((each) => each.cell.depth === 64)
      .filter((each) => !before.has(rowsOf(each)));
    expect(changed.length).toBeLessThanOrEqual(3);
  });
});

function rowsOf(each: Cut): string {
  return each.rows
    .map(({ row }) => (row.kind === 'row' ? Buffer.from(row.clusteringKey[0] ?? []).toString('hex') : ''))
    .join();
}
