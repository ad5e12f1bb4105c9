import { createHash } from 'node:crypto';
import type { CellElement, StoredRow } from '../model/row.ts';
import type { BlobStore } from '../ports/blobs.ts';
import type { Clock } from '../ports/clock.ts';
import type { Captured, PassResult } from './capture.ts';
import { decodeChunk } from './chunk-decode.ts';
import type { ChunkLayout } from './chunk-layout.ts';
import { decompress } from './compression.ts';
import { PackCache } from './pack-cache.ts';

interface Facts {
  readonly store: BlobStore;
  readonly layout: ChunkLayout;
  readonly clock: Clock;
}

interface Reading {
  readonly packs: PackCache;
  readonly layout: ChunkLayout;
}

/** A clock may be this far from another, and a server's second from its neighbour's. */
const marginSeconds = 5;

/**
 * True when two passes differ by nothing but cells whose time ran out: those are not writes. Only the chunks that differ
 * are looked at, and of them the cells that outlast this moment: as sets, so it does not matter how they were cut.
 */
export async function onlyExpired(before: PassResult, after: PassResult, facts: Facts): Promise<boolean> {
  const reading: Reading = { packs: new PackCache(facts.store), layout: facts.layout };
  const kept = new Set<string>();
  for (const [key, chunk] of after.chunks) if (before.chunks.get(key) === chunk) kept.add(key);
  const until = Math.floor(facts.clock.now().getTime() / 1000) + marginSeconds;
  const sum = async (chunks: ReadonlyMap<string, Captured>): Promise<bigint> => {
    let total = 0n;
    for (const [key, chunk] of chunks) if (!kept.has(key)) total += await sumOf(chunk, until, reading);
    return total;
  };
  return (await sum(before.chunks)) === (await sum(after.chunks));
}

async function sumOf(chunk: Captured, until: number, { packs, layout }: Reading): Promise<bigint> {
  const { pack, offset, length } = chunk;
  const bytes = pack.hash === null ? null : await packs.chunk({ pack: pack.hash, offset, length });
  // unreadable now: count it as changed, and the read-back will tell
  if (bytes === null) return 1n;
  let total = 0n;
  for (const { row } of decodeChunk(layout, await decompress(bytes))) total += sumOfRow(row, until);
  return total;
}

function sumOfRow(row: StoredRow, until: number): bigint {
  let total = 0n;
  let cells = 0;
  let lasting = 0;
  for (const [index, cell] of row.cells.entries()) {
    if (cell === null) continue;
    const elements: readonly Partial<CellElement>[] =
      cell.kind === 'elements'
        ? cell.elements
        : [cell.kind === 'value' ? { ...cell, value: cell.bytes } : { value: Buffer.from(String(cell.value)) }];
    for (const element of elements) {
      cells += 1;
      if (typeof element.expiresAt === 'number' && element.expiresAt <= until) continue;
      lasting += 1;
      total += hashOf(row, [String(index), element.key ?? null, element.value ?? null, String(element.writeTime)]);
    }
  }
  // a row that lost all its cells may or may not still be there with its key alone
  return cells > 0 && lasting === 0 ? 0n : total + hashOf(row, []);
}

function hashOf(row: StoredRow, more: readonly (string | Uint8Array | null)[]): bigint {
  const hash = createHash('sha256').update(row.kind);
  const key = row.kind === 'row' ? [...row.partitionKey, ...row.clusteringKey] : row.partitionKey;
  for (const part of [...key, ...more]) {
    if (part === null) hash.update('-');
    else hash.update(`${part.length}:`).update(part);
  }
  return BigInt(`0x${hash.digest('hex')}`);
}
