import type { Cell } from '../../model/row.ts';

/** The newest write time of a cell's parts, in microseconds; null where none is told. */
export function newestTime(cell: Cell): bigint | null {
  if (cell.kind === 'counter') return null;
  if (cell.kind === 'value') return cell.writeTime;
  let newest: bigint | null = null;
  for (const { writeTime } of cell.elements) {
    if (writeTime !== null && (newest === null || writeTime > newest)) newest = writeTime;
  }
  return newest;
}
