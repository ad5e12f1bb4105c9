import { z } from 'zod';
import { CqlformError } from '../kernel/errors.ts';
import { match } from '../kernel/match.ts';
import { byName } from '../model/by-name.ts';
import { type CopyAccounts, type JournalEntry, journalFormat, verifyLevels } from '../model/journal.ts';

/** What makes two entries the same one: the clustering key of the journal. */
export function identityOf(entry: JournalEntry): string {
  return match(entry, {
    run: ({ id }) => `run/${id}`,
    step: ({ run, step }) => `step/${run}/${step}`,
    migration: ({ id }) => `migration/${id}`,
    floor: ({ table }) => `floor/${table}`,
    state: ({ id }) => `state/${id}`,
    replay: ({ id }) => `replay/${id}`,
    watermark: ({ run, step }) => `watermark/${run}/${step}`,
  });
}

/** The text kept in the journal. */
export function entryText(entry: JournalEntry): string {
  return JSON.stringify({ format: journalFormat, entry });
}

/** Throws `LEDGER_FORMAT_UNKNOWN` for what a newer release wrote, `LEDGER_DAMAGED` for what none did. */
export function parseEntry(identity: string, text: string): JournalEntry {
  const json = parseJson(identity, text);
  const head = envelope.safeParse(json);
  if (!head.success) throw damaged(identity, z.prettifyError(head.error));
  if (head.data.format > journalFormat || !kinds.has(head.data.entry.kind)) {
    throw new CqlformError(
      'LEDGER_FORMAT_UNKNOWN',
      `The ledger's entry ${identity} was written by a newer cqlform (format ${head.data.format}, kind ${head.data.entry.kind}; this one knows format ${journalFormat}).`,
      {
        next: 'Use the release of cqlform that the project migrates with, or a newer one.',
        fields: { entry: identity, format: head.data.format, kind: head.data.entry.kind },
      },
    );
  }
  const read = entry.safeParse(head.data.entry);
  if (!read.success) throw damaged(identity, z.prettifyError(read.error));
  return read.data;
}

/** Throws `LEDGER_DAMAGED`. */
export function parseAccounts(where: string, text: string): CopyAccounts {
  return parsed(accounts, where, text);
}

/** Throws `LEDGER_DAMAGED`. */
export function parseDetail(where: string, text: string): Readonly<Record<string, string | number>> {
  return parsed(z.record(z.string(), z.union([z.string(), z.number()])), where, text);
}

function parsed<T>(shape: z.ZodType<T>, where: string, text: string): T {
  const read = shape.safeParse(parseJson(where, text));
  if (!read.success) throw damaged(where, z.prettifyError(read.error));
  return read.data;
}

function parseJson(where: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw damaged(where, thrown instanceof Error ? thrown.message : String(thrown));
  }
}

function damaged(where: string, why: string): CqlformError {
  return new CqlformError('LEDGER_DAMAGED', `The ledger's ${where} cannot be read: ${why}`, {
    next: 'Somebody wrote to the ledger by hand: restore its keyspace from a snapshot of the cluster.',
    fields: { entry: where },
    exitCode: 8,
  });
}

const kinds: ReadonlySet<string> = new Set<JournalEntry['kind']>([
  'run',
  'step',
  'migration',
  'floor',
  'state',
  'replay',
  'watermark',
]);

const envelope = z.object({ format: z.int(), entry: z.looseObject({ kind: z.string() }) });

const count = z.int().nonnegative();

const accounts = z.object({
  read: count,
  transformed: count,
  skipped: count,
  rejected: count,
  written: count,
  collisions: count,
  bytes: count,
  rejectsFile: z.string().nullable(),
});

const digits = z.string().regex(/^-?\d+$/);

const failure = z.object({ code: z.string(), message: z.string() });

const backup = z.object({
  id: z.string(),
  store: z.string(),
  manifestHash: z.string(),
  table: z.string(),
  columns: z.array(z.string()).nullable(),
  rows: count,
  staticRows: count.exactOptional(),
  bytes: count,
  valueDigest: z.string(),
});

const verified = z.object({ level: z.enum(verifyLevels), rows: count, newer: count, repaired: count });

const result = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ddl'), warnings: z.array(z.string()), alreadyDone: z.boolean() }),
  z.object({ kind: z.literal('backup'), backup }),
  z.object({
    kind: z.literal('restore'),
    rows: count,
    staticRows: count.exactOptional(),
    expired: count,
    digest: z.string(),
    expected: z.string(),
  }),
  z.object({ kind: z.literal('data'), accounts, skipped: z.boolean(), verified: verified.exactOptional() }),
  z.object({ kind: z.literal('compare'), rows: count, digest: z.string() }),
  z.object({ kind: z.literal('wait'), milliseconds: z.number() }),
]);

const decisions = z.object({
  tableId: z.string().nullable(),
  dropTimestamp: z.string().nullable(),
  writeTimestamp: z.string().nullable(),
  tableIds: byName(z.string()),
  attempt: z.int(),
  startedAt: z.string(),
});

const entry: z.ZodType<JournalEntry> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('run'),
    id: z.string(),
    direction: z.enum(['apply', 'rollback', 'resolve']),
    planHash: z.string(),
    migrations: z.array(z.string()),
    startedAt: z.string(),
    finishedAt: z.string().nullable(),
    status: z.enum(['running', 'failed', 'done', 'superseded']),
    actor: z.string(),
    error: failure.extend({ step: z.string().nullable() }).nullable(),
  }),
  z.object({
    kind: z.literal('step'),
    run: z.string(),
    step: z.string(),
    migration: z.string(),
    state: z.enum(['started', 'done', 'failed', 'reverted']),
    decisions,
    finishedAt: z.string().nullable(),
    result: result.nullable(),
    error: failure.nullable(),
  }),
  z.object({
    kind: z.literal('migration'),
    id: z.string(),
    description: z.string(),
    status: z.enum(['applied', 'partial', 'rolled-back', 'baselined']),
    schemaHash: z.string(),
    codeHash: z.string().nullable(),
    packages: z.record(z.string(), z.string()).exactOptional(),
    keys: z.record(z.string(), z.string()).exactOptional(),
    sourceHash: z.string().exactOptional(),
    stateBefore: z.string(),
    stateAfter: z.string(),
    run: z.string(),
    planHash: z.string(),
    at: z.string(),
  }),
  z.object({
    kind: z.literal('state'),
    id: z.string(),
    stateBefore: z.string(),
    stateAfter: z.string(),
    reason: z.string(),
    actor: z.string(),
    at: z.string(),
  }),
  z.object({
    kind: z.literal('replay'),
    id: z.string(),
    run: z.string(),
    step: z.string(),
    migration: z.string(),
    codeHash: z.string().nullable(),
    attempt: z.int(),
    startedAt: z.string(),
    finishedAt: z.string().nullable(),
    status: z.enum(['running', 'failed', 'done']),
    actor: z.string(),
    accounts: accounts.nullable(),
    error: failure.nullable(),
  }),
  z.object({
    kind: z.literal('watermark'),
    run: z.string(),
    step: z.string(),
    migration: z.string(),
    by: z.enum(['time', 'number', 'writetime']),
    column: z.string().nullable(),
    value: digits,
    now: digits,
    moved: digits,
    time: digits,
    without: digits,
    attempt: z.int(),
    passes: count,
    accounts: accounts.nullable(),
    at: z.string(),
    open: z.object({ id: z.string(), value: digits, now: digits, time: digits }).nullable(),
  }),
  z.object({ kind: z.literal('floor'), table: z.string(), timestamp: z.string(), reason: z.string() }),
]);
