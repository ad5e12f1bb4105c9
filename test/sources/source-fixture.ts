import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ForeignSource } from '../../src/model/data.ts';
import type { Source, SourceRow } from '../../src/ports/source.ts';
import { createOpenSource } from '../../src/sources/open.ts';

export const rowLimit: number = 1024 * 1024;

/** A project folder of a test's own. */
export interface SourceFixture {
  readonly folder: string;
  file(name: string, content: string | Uint8Array): Promise<void>;
  open(source: ForeignSource): Promise<Source>;
  /** All rows of all splits, in order. */
  read(source: ForeignSource, splits?: number): Promise<readonly SourceRow[]>;
  close(): Promise<void>;
}

export async function sourceFixture(): Promise<SourceFixture> {
  const folder = await mkdtemp(join(tmpdir(), 'cqlform-sources-'));
  const openSource = createOpenSource({ projectFolder: folder, rowLimit });
  return {
    folder,
    file: async (name, content) => {
      const path = join(folder, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, content);
    },
    open: openSource,
    read: async (declared, splits = 1) => {
      const source = await openSource(declared);
      const rows: SourceRow[] = [];
      for (const split of await source.splits(splits)) {
        for await (const page of source.read(split)) rows.push(...page);
      }
      await source.close();
      return rows;
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Declares a file; columns as `{ id: 'int', title: 'text!' }`, `!` for required ones. */
export function fileSource(
  system: 'json' | 'ndjson' | 'csv',
  place: string,
  columns: Readonly<Record<string, string>>,
  settings: ForeignSource['settings'] = {},
): ForeignSource {
  const prefix = system === 'csv' ? 'csv' : 'json';
  return {
    kind: 'foreign',
    system,
    connection: null,
    place,
    key: [],
    settings,
    columns: Object.fromEntries(
      Object.entries(columns).map(([name, type]) => [
        name,
        { type: `${prefix}.${type.replace('!', '')}`, required: type.endsWith('!'), field: name },
      ]),
    ),
  };
}
