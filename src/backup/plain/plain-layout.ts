import type { CsvForm } from '../../cql/csv/field.ts';
import type { CsvDialect } from '../../cql/csv/fields.ts';
import type { Column } from '../../model/schema.ts';
import type { CqlType } from '../../model/type.ts';
import type { ChunkLayout } from '../chunk-layout.ts';

export const csvForm: CsvForm = { delimiter: ',', quote: '"', nullText: '' };
export const csvDialect: CsvDialect = { delimiter: ',', quote: '"', escape: '"', header: true, nullTexts: [] };

/** Behind the columns of the table: what CSV has no place for (docs/formats.md, plain files). */
const extraNames = ['cqlform_writetime', 'cqlform_expires', 'cqlform_cells'];
const anchoredName = 'cqlform_anchored';

/** Columns of a plain file in their order; the numbers of those that have another form in each of its parts. */
export interface PlainLayout {
  readonly layout: ChunkLayout;
  readonly columns: readonly Column[];
  readonly keys: number;
  readonly statics: number;
  readonly extra: readonly string[];
}

export function plainLayout(layout: ChunkLayout): PlainLayout {
  const keys = [...layout.partitionKey, ...layout.clusteringKey];
  return {
    layout,
    columns: [...keys, ...layout.static, ...layout.regular],
    keys: keys.length,
    statics: layout.static.length,
    extra: layout.anchors ? [...extraNames, anchoredName] : extraNames,
  };
}

/** The first record of each file. */
export function headerOf({ columns, extra }: PlainLayout): Buffer {
  const names = [...columns.map(({ name }) => name), ...extra];
  const fields = names.map((name) => (/^\w+$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`));
  return Buffer.from(`${fields.join(',')}\n`);
}

/** An empty text is told from none by its quotes; other types have no empty value in CSV. */
export function isText(type: CqlType): boolean {
  return type.kind === 'scalar' && (type.name === 'text' || type.name === 'ascii');
}

/** Key and value of an element, in hexadecimal digits after `0x`. */
export type RawPart = readonly [string | null, string | null];

/** What is said of one cell beside its field: only what is not as in its row, or has no text that gives it back. */
export interface CellNote {
  /** Wire form of a value, or of the elements of an unfrozen collection or UDT; the field is empty then. */
  readonly raw?: string | readonly RawPart[];
  /** Microseconds as digits, null: unknown; a list has one for each element. */
  readonly writetime?: string | null | readonly (string | null)[];
  /** Seconds since 1970, null: never; a list has one for each element. */
  readonly expires?: number | null | readonly (number | null)[];
}
