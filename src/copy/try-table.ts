import type { CopySpec } from '../model/data.ts';
import type { ByName, UserType } from '../model/schema.ts';
import { joinRows } from './joined-row.ts';
import { jsonSafe } from './json-safe.ts';
import type { LoadAccounts, LoadProgress } from './load.ts';
import { RejectsFile } from './rejects-file.ts';
import { seenRows } from './sample-table.ts';
import { RowDecoder, type TableInput } from './table-pieces.ts';
import { tryStoredRows } from './try-rows.ts';

export interface TableTrial {
  readonly input: Omit<TableInput, 'times'>;
  readonly spec: CopySpec;
  /** Of the target's keyspace. */
  readonly types: ByName<UserType>;
  readonly rejectsFile: string;
  /** Throws when the work was stopped. */
  readonly onProgress: (progress: LoadProgress) => void;
}

const parts = 64;

/** Reads a whole table and takes its rows through a copy without writing them. `written`: what would be. */
export async function tryTable({ input, spec, types, rejectsFile, onProgress }: TableTrial): Promise<LoadAccounts> {
  const { rows, keyspace, table, columns, consistency } = input;
  const decoder = new RowDecoder(input);
  const rejects = new RejectsFile(rejectsFile);
  const run = { startedAt: new Date() };
  const sum = { read: 0, written: 0, rejected: 0 };
  await rejects.begin();
  try {
    for (const range of await rows.splitFor(keyspace, table, parts)) {
      const request = { keyspace, table, types: input.types, columns, range, consistency, times: false };
      for await (const page of joinRows(rows.scan(request))) {
        const read = page.map((row) => decoder.inputRow(row));
        const wrong = tryStoredRows(read, { spec, types, run, from: input });
        const places = new Set(wrong.map(({ place }) => place));
        const shown = seenRows(read.filter((row) => places.has(row.place()))).rows;
        const byPlace = new Map(shown.map(({ place, values }) => [place, values]));
        for (const { place, reason } of wrong) {
          await rejects.add({ place, reason, row: jsonSafe(byPlace.get(place)) });
        }
        sum.read += read.length;
        sum.rejected += wrong.length;
        sum.written += read.length - wrong.length;
        onProgress({ ...sum, bytes: 0, totalBytes: null });
      }
    }
  } finally {
    await rejects.close();
  }
  return { ...sum, rejectsFile: sum.rejected === 0 ? null : rejectsFile };
}
