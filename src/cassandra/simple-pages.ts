import { viewOf } from '../cql/codec/move-bytes.ts';
import type { ScanStatement } from '../cql/select.ts';
import type { SimplePage } from '../cql/simple-cells.ts';
import type { RawPage } from './raw.ts';

interface ParsedSimplePage extends SimplePage {
  readonly size: number;
  readonly expiring: boolean;
}

/** Finds where the rows of a page begin; only for statements whose columns are simple. */
export function parseSimplePage({ bytes, count }: RawPage, statement: ScanStatement, second: number): ParsedSimplePage {
  const view = viewOf(bytes);
  const starts = new Uint32Array(count);
  const keys = statement.partitionKey + statement.clusteringKey;
  const skip = (place: number): number => {
    const length = view.getInt32(place);
    return length < 0 ? place + 4 : place + 4 + length;
  };
  let [at, expiring] = [0, false];
  for (let row = 0; row < count; row += 1) {
    if (statement.clock) at = skip(at);
    starts[row] = at;
    for (let part = 0; part < keys; part += 1) at = skip(at);
    for (let column = 0; column < statement.regulars.length; column += 1) {
      at = skip(at);
      if (!statement.clock) continue;
      at = skip(at);
      if (view.getInt32(at) >= 0) expiring = true;
      at = skip(at);
    }
  }
  if (at > bytes.length) throw new RangeError('a cell ends behind its page');
  return { page: { bytes, view }, starts, second, size: at, expiring };
}
