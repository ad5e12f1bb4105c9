import { compileMigration } from '../../src/dsl/compile.ts';
import { type Source as Declared, migration, t, table, transform } from '../../src/index.ts';
import type { ForeignSource } from '../../src/model/data.ts';
import type { SourceAddress } from '../../src/ports/source.ts';

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
