import type { ByName, Column, UserType } from '../model/schema.ts';

/** A file of typed columns that rows are written into. It has its name only when it is whole. */
export interface TypedFile {
  /** Takes a row: a value for each column, as its codec reads them; null: none. Throws `RowRejected` for what has no place. */
  row(values: readonly unknown[]): void;
  /** Writes the last rows and gives the file its name; gives its bytes. Throws `FILE_UNWRITABLE`. */
  finish(): Promise<number>;
  /** Takes away what there is of it. */
  discard(): Promise<void>;
}

export type OpenTypedFile = (path: string, columns: readonly Column[], types: ByName<UserType>) => Promise<TypedFile>;
