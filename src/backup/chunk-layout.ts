import { canonicalJson, sha256 } from '../kernel/hash.ts';
import type { StoredRow } from '../model/row.ts';
import type { Column, Table } from '../model/schema.ts';
import type { CqlType } from '../model/type.ts';

export type CellKind = 'value' | 'elements' | 'counter';

/** How the cells of a column are stored: which of `Cell`'s kinds a column of this type has. */
export function cellKindOf(type: CqlType): CellKind {
  if (type.kind === 'scalar') return type.name === 'counter' ? 'counter' : 'value';
  if (type.kind === 'list' || type.kind === 'set' || type.kind === 'map' || type.kind === 'udt') {
    return type.frozen ? 'value' : 'elements';
  }
  return 'value';
}

/** What the columns of a chunk are. A chunk carries the layout's fingerprint, its manifest the layout itself. */
export interface ChunkLayout {
  readonly partitionKey: readonly Column[];
  readonly clusteringKey: readonly Column[];
  readonly static: readonly Column[];
  readonly regular: readonly Column[];
  /** True in a backup of columns: each row says whether anything else kept it alive. */
  readonly anchors: boolean;
}

export interface ChunkRow {
  readonly row: StoredRow;
  readonly anchored: boolean;
}

/** The layout of a table's backup; `columns` null is the whole table. */
export function layoutOf(table: Table, columns: readonly string[] | null): ChunkLayout {
  const byName = new Map(table.columns.map((column) => [column.name, column]));
  const keys = new Set([...table.partitionKey, ...table.clusteringKey.map((part) => part.column)]);
  const column = (name: string): Column[] => [byName.get(name) ?? []].flat();
  const wanted = table.columns.filter(({ name }) => !keys.has(name) && (columns === null || columns.includes(name)));
  return {
    partitionKey: table.partitionKey.flatMap(column),
    clusteringKey: table.clusteringKey.flatMap((part) => column(part.column)),
    static: wanted.filter((each) => each.static),
    regular: wanted.filter((each) => !each.static),
    anchors: columns !== null,
  };
}

/** Eight bytes that differ when any name, type or place of a column does. */
export function layoutFingerprint(layout: ChunkLayout): Uint8Array {
  const shape = (columns: readonly Column[]) => columns.map(({ name, type }) => [name, type]);
  const text = canonicalJson({
    partitionKey: shape(layout.partitionKey),
    clusteringKey: shape(layout.clusteringKey),
    static: shape(layout.static),
    regular: shape(layout.regular),
    anchors: layout.anchors,
  });
  return Buffer.from(sha256(text).slice(0, 16), 'hex');
}

/** First bytes of a chunk's content; the last one is the format. */
export const chunkMagic: Uint8Array = Buffer.from([0x43, 0x51, 0x43, 0x01]);

/** How a column of byte strings is written. */
export const bytesMode = { fixed: 0, varying: 1, allNull: 2 } as const;
/** How a set of rows, cells or elements is written. */
export const setMode = { none: 0, all: 1, some: 2 } as const;
/** How the write times of a column's cells are written. */
export const timesMode = { asRow: 0, allNull: 1, deltas: 2, someNull: 3 } as const;
