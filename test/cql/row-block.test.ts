import { describe, expect, it } from 'vitest';
import { RowBlock } from '../../src/cql/row-block.ts';
import { hashOfBytes } from '../../src/cql/row-sink.ts';

function add(block: RowBlock, text: string, hash: number): void {
  block.begin();
  block.sink.put(Buffer.from(text));
  block.commit(hash, text.length);
}
const textOf = (block: RowBlock, row: number): string =>
  block.sink.bytes.toString('latin1', block.start(row), block.end(row));

describe('a block of rows', () => {
  it('keeps rows of any number apart, and forgets those taken back', () => {
    const block = new RowBlock();
    for (let row = 0; row < 5000; row++) {
      add(block, `row ${row}`, row);
      block.begin();
      block.sink.put(Buffer.from('spoilt'));
      block.discard();
    }
    expect(block.count).toBe(5000);
    for (const row of [0, 1, 1023, 1024, 4999]) {
      expect(textOf(block, row)).toBe(`row ${row}`);
      expect(block.statement(row)).toBe(`row ${row}`.length);
    }
    block.clear();
    expect([block.count, block.bytes]).toEqual([0, 0]);
    add(block, 'again', 7);
    expect(textOf(block, 0)).toBe('again');
  });

  it('puts equal hashes together, in the order the rows came', () => {
    const block = new RowBlock();
    const hashes = [0xffff_ffff, 5, 0x1_0005, 5, 0xffff_ffff, 0, 0x1_0005, 5];
    hashes.forEach((hash, row) => {
      add(block, String(row), hash);
    });
    const order = [...block.byPartition()];
    expect(order.map((row) => block.hash(row))).toEqual(hashes.toSorted((a, b) => a - b));
    expect(order).toEqual([5, 1, 3, 7, 2, 6, 0, 4]);
  });

  it('hashes equal keys alike and, nearly always, others differently', () => {
    const hashes = new Set<number>();
    for (let key = 0; key < 10_000; key++) {
      const bytes = Buffer.from(`key ${key}`);
      const hash = hashOfBytes(bytes, 0, bytes.length);
      expect(hashOfBytes(Buffer.concat([Buffer.alloc(3), bytes]), 3, 3 + bytes.length)).toBe(hash);
      hashes.add(hash);
    }
    expect(hashes.size).toBeGreaterThan(9_990);
  });
});
