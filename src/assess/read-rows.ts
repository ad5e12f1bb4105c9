import { own, setOwn } from '../kernel/own.ts';
import type { Example, FieldProfile } from '../model/assessment.ts';
import type { ForeignColumn, ForeignSource } from '../model/data.ts';
import type { Source, SourceRow } from '../ports/source.ts';
import type { SurveyedTable } from '../ports/survey.ts';
import { type KeyColumns, Partitions } from './partitions.ts';
import { FieldProfiler } from './profile.ts';
import type { Texts } from './value-kind.ts';

const examplesKept = 3;
/** Where a setting would read a value, the reason of its rejection names it: `zeroDates: 'null'`. */
const namedSetting = /`(\w+): '(\w+)'`/g;

/** The declaration by which a table is looked at: its readable columns, none of them required. */
export function readingOf(surveyed: SurveyedTable, names: ReadonlyMap<string, string>): ForeignSource {
  const { system, connection, place, settings, columns, key } = surveyed;
  const readable = columns.flatMap(({ field, read }): readonly (readonly [string, ForeignColumn])[] =>
    read === null ? [] : [[names.get(field) ?? field, { ...read, required: false, field }]],
  );
  const known = key.map((field) => names.get(field) ?? field);
  const there = known.every((name) => readable.some(([one]) => one === name));
  return {
    kind: 'foreign',
    system,
    connection,
    place,
    settings,
    columns: Object.fromEntries(readable),
    key: there ? known : [],
  };
}

/** A setting's value, how many rows it would make readable, and one of them. */
export interface Remedy {
  readonly value: string;
  readonly count: number;
  readonly example: Example;
}

/** What reading some rows of a table has shown. */
export interface ReadRows {
  /** By column name. */
  readonly profiles: Readonly<Record<string, FieldProfile>>;
  readonly read: number;
  readonly whole: boolean;
  readonly rows: number | null;
  /** What the source says of itself when it is opened. */
  readonly notes: readonly string[];
  readonly unreadable: { readonly count: number; readonly examples: readonly Example[] };
  /** Settings of the declaration with which rows could be read that are unreadable now. */
  readonly remedies: Readonly<Record<string, Remedy>>;
  readonly partitions: Partitions | null;
}

/** Reads at most `limit` rows and profiles them; `key` set: also the partitions that it would make. */
export async function readRows(
  source: Source,
  {
    declared,
    limit,
    key,
  }: { readonly declared: ForeignSource; readonly limit: number; readonly key: KeyColumns | null },
): Promise<ReadRows> {
  const texts = declared.system === 'csv' ? 'numbers' : declared.system === 'sqlite' ? 'real' : 'no numbers';
  const profiler = new RowProfiler(Object.keys(declared.columns), { texts, key });
  const each = { declared, limit, add: (row: SourceRow) => profiler.add(row) };
  const seen = await (source.sample === undefined ? eachOfFiles : eachOfTable)(source, each);
  return { ...profiler.found, ...seen };
}

/** What is found out row by row. */
export class RowProfiler {
  readonly #profilers: readonly { readonly name: string; readonly profiler: FieldProfiler }[];
  readonly #partitions: Partitions | null;
  readonly #examples: Example[] = [];
  readonly #remedies = new Map<string, Remedy>();
  #unreadable = 0;

  constructor(names: readonly string[], { texts, key }: { readonly texts: Texts; readonly key: KeyColumns | null }) {
    this.#profilers = names.map((name) => ({ name, profiler: new FieldProfiler(texts) }));
    this.#partitions = key === null ? null : new Partitions(key);
  }

  add(row: SourceRow): void {
    const { values, problem } = row;
    if (problem !== null) {
      this.#unreadable += 1;
      for (const [whole, name = '', value = ''] of problem.matchAll(namedSetting)) {
        const own = problem.split('; ').find((part) => part.includes(whole)) ?? problem;
        const known = this.#remedies.get(name) ?? { value, count: 0, example: { place: row.place, value: own } };
        this.#remedies.set(name, { ...known, count: known.count + 1 });
      }
      if (this.#examples.length < examplesKept) this.#examples.push({ place: row.place, value: problem });
      return;
    }
    const found: Record<string, string | null> = {};
    let bytes = 0;
    let cells = 0;
    for (const { name, profiler } of this.#profilers) {
      const value = profiler.add(own(values, name), () => row.place);
      setOwn(found, name, value.text);
      bytes += value.bytes;
      cells += value.text === null ? 0 : 1;
    }
    this.#partitions?.add(found, { bytes, cells });
  }

  get found(): Pick<ReadRows, 'profiles' | 'unreadable' | 'remedies' | 'partitions'> {
    return {
      profiles: Object.fromEntries(this.#profilers.map(({ name, profiler }) => [name, profiler.profile])),
      unreadable: { count: this.#unreadable, examples: this.#examples },
      remedies: Object.fromEntries(this.#remedies),
      partitions: this.#partitions,
    };
  }
}

type Seen = Pick<ReadRows, 'read' | 'whole' | 'rows' | 'notes'>;
interface Each {
  readonly declared: ForeignSource;
  readonly limit: number;
  readonly add: (row: SourceRow) => void;
}

async function eachOfFiles(source: Source, { limit, add }: Each): Promise<Seen> {
  let read = 0;
  for (const split of await source.splits(1)) {
    for await (const page of source.read(split)) {
      for (const row of page) {
        if (read === limit) return { read, whole: false, rows: null, notes: [] };
        add(row);
        read += 1;
      }
    }
  }
  return { read, whole: true, rows: read, notes: [] };
}

/** Rows of both ends of a table's key; all of them when there are no more than wanted. */
async function eachOfTable(source: Source, { declared, limit, add }: Each): Promise<Seen> {
  const { rows, notes = [] } = await source.facts();
  // A sample takes half of its rows from each end.
  const wanted = rows !== null && rows <= limit ? 2 * (rows + 1) : limit;
  const found = (await source.sample?.(wanted)) ?? [];
  // documents are drawn by chance, and may come twice
  const places = declared.system === 'mongo' ? new Set<string>() : null;
  let read = 0;
  for (const row of found) {
    if (places?.has(row.place) === true) continue;
    places?.add(row.place);
    add(row);
    read += 1;
  }
  return { read, whole: rows !== null && read >= rows, rows, notes: notes.map(({ message }) => message) };
}
