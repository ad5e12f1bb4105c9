import type { Decimal, LocalDate, Uuid } from './canonical-text.ts';
import type { Sparse } from './inherited.ts';
import type { Source, SourceColumns, SourceType } from './source.ts';

export interface JsonText extends SourceType<'json.text', string> {}
export interface JsonInt extends SourceType<'json.int', number> {}
export interface JsonBigint extends SourceType<'json.bigint', bigint> {}
export interface JsonDouble extends SourceType<'json.double', number> {}
export interface JsonDecimal extends SourceType<'json.decimal', Decimal> {}
export interface JsonBoolean extends SourceType<'json.boolean', boolean> {}
export interface JsonUuid extends SourceType<'json.uuid', Uuid> {}
export interface JsonDate extends SourceType<'json.date', LocalDate> {}
export interface JsonTimestamp extends SourceType<'json.timestamp', Date> {}
export interface JsonArray extends SourceType<'json.array', readonly unknown[]> {}
export interface JsonObject extends SourceType<'json.object', { readonly [name: string]: unknown }> {}
export interface JsonAny extends SourceType<'json.any', unknown> {}

export interface CsvText extends SourceType<'csv.text', string> {}
export interface CsvInt extends SourceType<'csv.int', number> {}
export interface CsvBigint extends SourceType<'csv.bigint', bigint> {}
export interface CsvDouble extends SourceType<'csv.double', number> {}
export interface CsvDecimal extends SourceType<'csv.decimal', Decimal> {}
export interface CsvBoolean extends SourceType<'csv.boolean', boolean> {}
export interface CsvUuid extends SourceType<'csv.uuid', Uuid> {}
export interface CsvDate extends SourceType<'csv.date', LocalDate> {}
export interface CsvTimestamp extends SourceType<'csv.timestamp', Date> {}

interface ColumnsOfKind<Kind extends string> extends SourceColumns {
  readonly [name: string]: SourceType<Kind>;
}
type JsonColumns = ColumnsOfKind<`json.${string}`>;
type CsvColumns = ColumnsOfKind<`csv.${string}`>;

/** A file's columns, and which of them are never null. */
export interface FileDefinition<C, Q, R> {
  readonly columns: C;
  /** The columns that name a row in reports. */
  readonly key?: readonly Q[];
  /** Further columns that are never null: a row where one is missing is rejected. */
  readonly required?: readonly R[];
  /** The field behind a column where their names differ, e.g. `{ genre: 'Major Genre' }`. */
  readonly fields?: Sparse<{ readonly [X in keyof NoInfer<C>]?: string }>;
}
/** What TSV leaves open. */
export interface TsvSettings {
  /** One ASCII character, or empty when fields are never quoted; a double quote unless said otherwise. */
  readonly quote?: string;
  /** What stands before a quote inside quotes; the quote itself unless said otherwise. */
  readonly escape?: string;
  /** False: there is no header, the columns stand in the order in which they are declared. */
  readonly header?: boolean;
  /** Unquoted text that stands for null, besides an empty field. */
  readonly nullText?: string;
}
export interface CsvSettings extends TsvSettings {
  /** One ASCII character; a comma unless said otherwise. */
  readonly delimiter?: string;
}

/** The types of fields in JSON. */
export interface JsonTypes {
  text(): JsonText;
  /** A whole number, read as a number. */
  int(): JsonInt;
  /** A whole number of any size, read exactly. */
  bigint(): JsonBigint;
  double(): JsonDouble;
  /** A number or its text, read exactly. */
  decimal(): JsonDecimal;
  boolean(): JsonBoolean;
  uuid(): JsonUuid;
  /** `YYYY-MM-DD`. */
  date(): JsonDate;
  timestamp(): JsonTimestamp;
  array(): JsonArray;
  object(): JsonObject;
  /** Whatever stands there, unchecked: for fields of mixed types. */
  any(): JsonAny;
}
export interface JsonFiles extends JsonTypes {
  /** The rows of a JSON array of objects. The path, or glob, is relative to the project's folder; `.gz` and `.zst` are unpacked. */
  file<C extends JsonColumns, const Q extends keyof C & string = never, const R extends keyof C & string = never>(
    path: string,
    definition: FileDefinition<C, Q, R>,
  ): Source<C, Q | R>;
}
/** The types of fields in CSV and TSV. */
export interface CsvTypes {
  text(): CsvText;
  int(): CsvInt;
  bigint(): CsvBigint;
  double(): CsvDouble;
  decimal(): CsvDecimal;
  boolean(): CsvBoolean;
  uuid(): CsvUuid;
  /** `YYYY-MM-DD`. */
  date(): CsvDate;
  timestamp(): CsvTimestamp;
}
export interface CsvFiles extends CsvTypes {
  /** The records of a CSV file. The path, or glob, is relative to the project's folder; `.gz` and `.zst` are unpacked. */
  file<C extends CsvColumns, const Q extends keyof C & string = never, const R extends keyof C & string = never>(
    path: string,
    definition: FileDefinition<C, Q, R> & CsvSettings,
  ): Source<C, Q | R>;
}
export interface TsvFiles extends CsvTypes {
  /** The records of a TSV file. The path, or glob, is relative to the project's folder; `.gz` and `.zst` are unpacked. */
  file<C extends CsvColumns, const Q extends keyof C & string = never, const R extends keyof C & string = never>(
    path: string,
    definition: FileDefinition<C, Q, R> & TsvSettings,
  ): Source<C, Q | R>;
}
