import { compileMigration } from '../../src/dsl/compile.ts';
import { type Source as Declared, migration, t, table, transform } from '../../src/index.ts';
import type { ForeignSource } from '../../src/model/data.ts';
import type { Source, SourceAddress, SourceRow, Split } from '../../src/ports/source.ts';
import { createOpenSource } from '../../src/sources/open.ts';

/** What a declaration means to the engines. */
export function declared(source: Declared): ForeignSource {
  const into = table('anything', { columns: { id: t.int() }, partitionKey: ['id'] });
  const data = [transform({ from: source, into, rows: () => undefined })];
  const [spec] = compileMigration('20260101000000_x', migration({ description: 'x', schema: [into], data })).data;
  if (spec?.from.kind !== 'foreign') throw new Error('it is no source');
  return spec.from;
}

export function byUrl(url: string): SourceAddress {
  return { kind: 'url', url: () => url, password: null, tls: null };
}

/** A value as the Cassandra driver gives it, in a form that can be written down: numbers beyond doubles, days and the like as text. */
export function plain(value: unknown): unknown {
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return value;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString('hex')}`;
  if (Array.isArray(value)) return value.map(plain);
  if (Object.getPrototypeOf(value) === Object.prototype) {
    return Object.fromEntries(Object.entries(value as object).map(([name, inner]) => [name, plain(inner)]));
  }
  return String(value);
}

/** Rows by their id. */
export function byId(rows: readonly Record<string, unknown>[]): ReadonlyMap<unknown, Record<string, unknown>> {
  return new Map(rows.map((row) => [row['id'], plain({ ...row }) as Record<string, unknown>]));
}

/** A way to read declared sources at addresses. */
export interface Reading {
  open(source: Declared): Promise<Source>;
  /** All rows of all pieces. */
  rows(source: Declared, pieces?: number): Promise<readonly SourceRow[]>;
  /** What its catalogue says, by code. */
  notes(source: Declared): Promise<readonly string[]>;
}

export function reading(addresses: Readonly<Record<string, SourceAddress>>): Reading {
  const openSource = createOpenSource({ projectFolder: '/', addresses });
  const withOpen = async <T>(source: Declared, work: (opened: Source) => Promise<T>): Promise<T> => {
    const opened = await openSource(declared(source));
    try {
      return await work(opened);
    } finally {
      await opened.close();
    }
  };
  return {
    open: (source) => openSource(declared(source)),
    rows: (source, pieces = 1) =>
      withOpen(source, async (opened) => {
        const rows: SourceRow[] = [];
        for (const split of await opened.splits(pieces)) {
          const again = JSON.parse(JSON.stringify(split)) as Split;
          for await (const page of opened.read(again)) rows.push(...page);
        }
        return rows;
      }),
    notes: (source) =>
      withOpen(source, async (opened) => {
        const { notes = [] } = await opened.facts();
        return notes.map(({ code, severity, message }) => `${code} ${severity}: ${message}`);
      }),
  };
}

/** The reasons of rows that cannot be used. */
export function problems(rows: readonly SourceRow[]): readonly (string | null)[] {
  return rows.map(({ problem }) => problem);
}
