import { z } from 'zod';
import { canonicalJson, sha256 } from '../kernel/hash.ts';
import type { BackupStrategy, Definitions, TokenSpan } from '../model/backup.ts';
import { byName } from '../model/by-name.ts';
import type { Grants } from '../model/right.ts';
import type { ByName, Table, UserType } from '../model/schema.ts';
import type { Compression } from '../ports/engines.ts';
import { definitionsShape, grantsShape, tableShape, userTypeShape } from './schema-shapes.ts';

/** A reader refuses a larger major than this and ignores fields that it does not know. */
export const newestMajor = 3;

/**
 * Of a manifest: 3 where chunks are no zstd frames, or stand in plain files; 2 where a reader of major 1 would take a part
 * of a table for all of it.
 */
export function formatOf({ tables, compression, plain }: Pick<Manifest, 'tables' | 'compression' | 'plain'>): Format {
  if (plain !== undefined || compression.algorithm !== 'zstd') return { major: 3, minor: 0 };
  return tables.some(({ tokens }) => tokens !== undefined) ? { major: 2, minor: 1 } : { major: 1, minor: 2 };
}

type Format = Manifest['format'];

export interface BackupCounts {
  /** Rows with a clustering position (all rows in a table without clustering key). */
  readonly rows: number;
  readonly staticRows: number;
  /** Cells; each element of an unfrozen collection and each field of an unfrozen UDT is one. */
  readonly cells: number;
  /** Those among them that have an expiry. */
  readonly expiringCells: number;
}

/** A piece of a table's chunk list, itself an object of the store. */
export interface IndexReference {
  readonly key: string;
  readonly bytes: number;
  readonly chunks: number;
}

export interface TableManifest {
  readonly table: Table;
  readonly tableId: string;
  /** Null: the whole table; else key columns come along and rows without a cell in these are left out. */
  readonly columns: readonly string[] | null;
  /** Only partitions of these tokens; left out: all. */
  readonly tokens?: TokenSpan;
  readonly scanStartedAt: string;
  readonly scanFinishedAt: string;
  /** Passes after the first, and whether the last of them still found changes (then the user had consented). */
  readonly secondPasses: number;
  readonly stillWritten: boolean;
  readonly counts: BackupCounts;
  readonly valueDigest: string;
  /** Columns whose write times the server does not tell. */
  readonly timesInferred: readonly string[];
  /** Largest weight of a cell's rows, in bytes, by which the token grid was cut. */
  readonly chunkTarget: number;
  readonly chunks: number;
  /** Stored bytes of its chunks. */
  readonly bytes: number;
  readonly index: readonly IndexReference[];
  /** Of plain files, those that the chunks of this table stand in, by the hashes that the index calls packs. */
  readonly files?: readonly PlainFile[];
}

/** A file of a plain backup. */
export interface PlainFile {
  readonly key: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface Manifest {
  readonly format: { readonly major: number; readonly minor: number };
  readonly id: string;
  readonly label: string | null;
  readonly createdAt: string;
  readonly finishedAt: string;
  readonly cluster: string;
  readonly serverVersion: string;
  readonly keyspace: string;
  readonly consistency: 'ALL' | 'QUORUM';
  readonly ledgerHead: string;
  readonly compression: Compression;
  readonly encryption: null;
  readonly types: ByName<UserType>;
  /** Of the tables' indexes and views, and the keyspace's functions and aggregates; left out by migrations and older versions. */
  readonly definitions?: Definitions;
  readonly grants?: Grants;
  /** Left out by migrations and older versions. */
  readonly strategy?: BackupStrategy;
  /** The scheduled job that made it; left out: none did. */
  readonly schedule?: string;
  /** Cells have neither write times nor expiries; left out: they have. */
  readonly writeTimes?: false;
  readonly tables: readonly TableManifest[];
  /** Its chunks are records of CSV files; `files` are those beside them. Left out: chunks of their own format, in packs. */
  readonly plain?: { readonly version: 1; readonly files: readonly PlainFile[] };
}

const count = z.int().nonnegative();
const token = z.string().regex(/^-?\d{1,19}$/);
const fileShape = z.object({ key: z.string(), bytes: count, sha256: z.string().regex(/^[0-9a-f]{64}$/) });
const tableManifestShape = z.object({
  table: tableShape,
  tableId: z.string(),
  columns: z.array(z.string()).nullable(),
  tokens: z.object({ first: token, last: token }).exactOptional(),
  scanStartedAt: z.string(),
  scanFinishedAt: z.string(),
  secondPasses: count,
  stillWritten: z.boolean(),
  counts: z.object({ rows: count, staticRows: count, cells: count, expiringCells: count }),
  valueDigest: z.string(),
  timesInferred: z.array(z.string()),
  chunkTarget: count,
  chunks: count,
  bytes: count,
  index: z.array(z.object({ key: z.string(), bytes: count, chunks: count })),
  files: z.array(fileShape).exactOptional(),
});
const manifestShape: z.ZodType<Manifest> = z.object({
  format: z.object({ major: z.int(), minor: z.int() }),
  id: z.string(),
  label: z.string().nullable(),
  createdAt: z.string(),
  finishedAt: z.string(),
  cluster: z.string(),
  serverVersion: z.string(),
  keyspace: z.string(),
  consistency: z.enum(['ALL', 'QUORUM']),
  ledgerHead: z.string(),
  compression: z.union([
    z.object({ algorithm: z.enum(['zstd', 'gzip']), level: z.int() }),
    z.object({ algorithm: z.literal('none') }),
  ]),
  encryption: z.null(),
  types: byName(userTypeShape),
  definitions: definitionsShape.exactOptional(),
  grants: grantsShape.exactOptional(),
  strategy: z.enum(['full', 'incremental']).exactOptional(),
  schedule: z.string().exactOptional(),
  writeTimes: z.literal(false).exactOptional(),
  tables: z.array(tableManifestShape),
  plain: z.object({ version: z.literal(1), files: z.array(fileShape) }).exactOptional(),
});
const envelopeShape = z.object({
  manifest: z.looseObject({ format: z.looseObject({ major: z.int() }) }),
  sha256: z.string(),
});

/** A manifest as it is stored: canonical JSON that carries the hash of the manifest's own canonical JSON. */
export function writeManifest(manifest: Manifest): { readonly bytes: Uint8Array; readonly hash: string } {
  const hash = sha256(canonicalJson(manifest));
  return { bytes: Buffer.from(`${canonicalJson({ manifest, sha256: hash })}\n`), hash };
}

export type ReadManifest =
  | { readonly kind: 'manifest'; readonly manifest: Manifest; readonly hash: string }
  /** Written by a newer version. */
  | { readonly kind: 'newer'; readonly major: number }
  | { readonly kind: 'damaged'; readonly problem: string };

/** Every byte counts: text that is not exactly what `writeManifest` makes of its content is damaged. */
export function readManifest(bytes: Uint8Array): ReadManifest {
  const text = Buffer.from(bytes).toString('utf8');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return { kind: 'damaged', problem: 'the manifest is not JSON' };
  }
  const envelope = envelopeShape.safeParse(parsed);
  if (!envelope.success) return { kind: 'damaged', problem: 'the manifest is not in its envelope' };
  const hash = sha256(canonicalJson(envelope.data.manifest));
  if (hash !== envelope.data.sha256) return { kind: 'damaged', problem: 'the manifest does not match its own hash' };
  const { major } = envelope.data.manifest.format;
  if (major > newestMajor) return { kind: 'newer', major };
  if (`${canonicalJson(parsed)}\n` !== text) return { kind: 'damaged', problem: 'the manifest is not canonical' };
  const manifest = manifestShape.safeParse(envelope.data.manifest);
  if (manifest.success) return { kind: 'manifest', manifest: manifest.data, hash };
  const [issue] = manifest.error.issues;
  return { kind: 'damaged', problem: `the manifest's ${issue?.path.join('.') ?? 'content'} is not as it must be` };
}
