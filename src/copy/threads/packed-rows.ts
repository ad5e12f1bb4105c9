import type { Cell, CellElement, CellTime } from '../../model/row.ts';
import type { JoinedRow } from '../joined-row.ts';
import { PackReader, PackWriter } from './packed.ts';

const cellKinds = { none: 0, value: 1, elements: 2, counter: 3 } as const;
const [withTime, withEnd] = [1, 2];

/** Rows of a table, cells with their times; `size`: about how many bytes they take. */
export function packRows(rows: readonly JoinedRow[], size: number): ArrayBuffer {
  const pack = new PackWriter(size);
  pack.whole(rows.length);
  for (const { partitionKey, clusteringKey, statics, cells } of rows) {
    pack.parts(partitionKey);
    pack.parts(clusteringKey);
    putCells(pack, statics);
    putCells(pack, cells);
  }
  return pack.finish();
}

export function unpackRows(memory: ArrayBuffer): readonly JoinedRow[] {
  const pack = new PackReader(memory);
  const rows: JoinedRow[] = [];
  for (let left = pack.whole(); left > 0; left -= 1) {
    rows.push({
      partitionKey: pack.parts() ?? [],
      clusteringKey: pack.parts(),
      statics: cellsIn(pack),
      cells: cellsIn(pack),
    });
  }
  return rows;
}

function putCells(pack: PackWriter, cells: readonly (Cell | null)[]): void {
  pack.whole(cells.length);
  for (const cell of cells) putCell(pack, cell);
}

function putCell(pack: PackWriter, cell: Cell | null): void {
  pack.byte(cell === null ? cellKinds.none : cellKinds[cell.kind]);
  if (cell?.kind === 'value') {
    pack.bytes(cell.bytes);
    putTime(pack, cell);
  }
  if (cell?.kind === 'counter') pack.long(cell.value);
  if (cell?.kind !== 'elements') return;
  pack.whole(cell.elements.length);
  for (const element of cell.elements) {
    pack.bytes(element.key);
    pack.bytes(element.value);
    putTime(pack, element);
  }
}

function putTime(pack: PackWriter, { writeTime, expiresAt }: CellTime): void {
  pack.byte((writeTime === null ? 0 : withTime) | (expiresAt === null ? 0 : withEnd));
  if (writeTime !== null) pack.long(writeTime);
  if (expiresAt !== null) pack.number(expiresAt);
}

function cellsIn(pack: PackReader): readonly (Cell | null)[] {
  const cells: (Cell | null)[] = [];
  for (let left = pack.whole(); left > 0; left -= 1) cells.push(cellIn(pack));
  return cells;
}

function cellIn(pack: PackReader): Cell | null {
  switch (pack.byte()) {
    case cellKinds.value: {
      const bytes = pack.bytes() ?? Buffer.alloc(0);
      return { kind: 'value', bytes, ...timeIn(pack) };
    }
    case cellKinds.counter:
      return { kind: 'counter', value: pack.long() };
    case cellKinds.elements:
      return { kind: 'elements', elements: Array.from({ length: pack.whole() }, () => elementIn(pack)) };
    default:
      return null;
  }
}

function elementIn(pack: PackReader): CellElement {
  const key = pack.bytes();
  const value = pack.bytes();
  return { key, value, ...timeIn(pack) };
}

function timeIn(pack: PackReader): CellTime {
  const has = pack.byte();
  const writeTime = (has & withTime) === 0 ? null : pack.long();
  return { writeTime, expiresAt: (has & withEnd) === 0 ? null : pack.number() };
}
