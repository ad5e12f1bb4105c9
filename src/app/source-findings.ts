import type { PlacedTable } from '../copy/same-table.ts';
import { type TriedReject, tryRows, tryStoredRows } from '../copy/try-rows.ts';
import { CqlformError } from '../kernel/errors.ts';
import type { ClusterSource, DataSpec, ForeignSource } from '../model/data.ts';
import type { LiveKeyspace } from '../model/live.ts';
import type { Migration } from '../model/migration.ts';
import { withoutValues } from '../model/privacy.ts';
import type { ByName, UserType } from '../model/schema.ts';
import type { ApplyInput, SourceFinding } from '../planner/input.ts';
import type { Source, SourceNote, SourceRow } from '../ports/source.ts';
import { seenTable } from './cluster-findings.ts';
import { type Openers, openersOf } from './openers.ts';
import { piiTags, privacyFinding, treatedSpec } from './privacy.ts';
import type { Session } from './session.ts';

/** How many rows of a source are tried before a plan is made. */
const sampled = 1000;
const examples = 3;

/**
 * Looks at every source of the migrations that is not a table of the keyspace: is it there, how large, is it as
 * declared, and do some of its rows get through?
 */
export async function sourceFindings(
  { project, rows }: Pick<Session, 'project' | 'rows'>,
  pending: readonly Migration[],
  live: LiveKeyspace,
): Promise<NonNullable<ApplyInput['sources']>> {
  const types = typesOf(pending, live);
  const openers = openersOf(project);
  const tags = project.lower ? await piiTags(project) : {};
  const found = await Promise.all(
    pending.flatMap(({ id, data }) =>
      data.flatMap((spec) => {
        const { from } = spec;
        if (from.kind === 'table') return [];
        const key = `${id}/${spec.index}`;
        const { problem, notes } = privacyFinding(project, spec, tags);
        const into = { rows, keyspace: live.name, table: spec.into.name };
        const tried = { spec: treatedSpec(project, spec), types, into };
        const finding = problem === null ? findingOf(from, openers, tried) : Promise.resolve(unread(problem));
        return [finding.then((found) => [key, withNotes(found, notes)] as const)];
      }),
    ),
  );
  return Object.fromEntries(found);
}

/** Nothing was looked at. */
function unread(problem: NonNullable<SourceFinding['problem']>): SourceFinding {
  return { rows: null, bytes: null, missing: [], problem };
}

function withNotes(finding: SourceFinding, notes: readonly SourceNote[]): SourceFinding {
  return notes.length === 0 ? finding : { ...finding, notes: [...(finding.notes ?? []), ...notes] };
}

interface Tried {
  readonly spec: DataSpec;
  readonly into: PlacedTable;
  /** Null: types change on the way, so that values cannot be tried. */
  readonly types: ByName<UserType> | null;
}

async function findingOf(
  source: ForeignSource | ClusterSource,
  openers: Openers,
  tried: Tried,
): Promise<SourceFinding> {
  try {
    return await (source.kind === 'cluster'
      ? clusterFinding(source, openers, tried)
      : foreignFinding(source, openers, tried));
  } catch (thrown) {
    if (!(thrown instanceof CqlformError)) throw thrown;
    const { code, message, next } = thrown;
    return unread({ code, message, next });
  }
}

async function foreignFinding(source: ForeignSource, { openSource }: Openers, tried: Tried): Promise<SourceFinding> {
  const opened = await openSource(source);
  try {
    const { rows, bytes, missing, notes = [] } = await opened.facts();
    const unreadable = notes.some(({ severity }) => severity === 'error');
    const sample = unreadable ? [] : await sampleOf(opened);
    const found = [
      ...notes,
      ...(unreadable ? [] : await sinceNotes(opened, source, tried)),
      ...rejectNotes(sample.length, rejectedOf(sample, tried), tried),
    ];
    return { rows, bytes, missing, problem: null, notes: found };
  } finally {
    await opened.close();
  }
}

/** Each pass over what changed, and each look at the lag, would read the whole table. */
async function sinceNotes(opened: Source, { place }: ForeignSource, { spec }: Tried): Promise<readonly SourceNote[]> {
  const { since } = spec;
  if (since === undefined || since.by === 'writetime') return [];
  if ((await opened.changes?.(since.column).isIndexed()) !== false) return [];
  return [
    {
      code: 'SINCE_UNINDEXED',
      severity: 'warning',
      message: `${place} has no index that begins with ${since.column}: each pass of \`catch-up\` reads all of it`,
      next: `Create an index over ${since.column} before the first copy, or catch up rarely.`,
    },
  ];
}

async function clusterFinding(source: ClusterSource, { openTable }: Openers, tried: Tried): Promise<SourceFinding> {
  const { rows, bytes, notes, sample, from } = await seenTable(source, { openTable, sampled, into: tried.into });
  const { spec, types } = tried;
  const run = { startedAt: new Date() };
  const rejected = types === null ? [] : tryStoredRows(sample, { spec, types, run, from });
  return { rows, bytes, missing: [], problem: null, notes: [...notes, ...rejectNotes(sample.length, rejected, tried)] };
}

async function sampleOf(source: Source): Promise<readonly SourceRow[]> {
  if (source.sample !== undefined) return source.sample(sampled);
  const [first] = await source.splits(1);
  if (first === undefined) return [];
  const rows: SourceRow[] = [];
  for await (const page of source.read(first)) {
    rows.push(...page);
    if (rows.length >= sampled) break;
  }
  return rows.slice(0, sampled);
}

function rejectedOf(rows: readonly SourceRow[], { spec, types }: Tried): readonly TriedReject[] {
  const unread = rows.flatMap(({ place, problem }) => (problem === null ? [] : [{ place, reason: problem }]));
  return types === null ? unread : tryRows(rows, { spec, types, run: { startedAt: new Date() } });
}

function rejectNotes(read: number, rejected: readonly TriedReject[], { spec }: Tried): readonly SourceNote[] {
  if (rejected.length === 0) return [];
  const withheld = spec.privacy?.withheld === true;
  const words = (reason: string): string => (withheld ? withoutValues(reason) : reason);
  const shown = rejected.slice(0, examples).map(({ place, reason }) => `${place}: ${words(reason)}`);
  return [
    {
      code: 'SOURCE_VALUES_UNFIT',
      severity: 'warning',
      message: `${rejected.length} of ${read} sampled rows would be rejected, e.g. ${shown.join('; ')}`,
      next: 'Convert these values in a function of the row, or allow as many with `maxRejects`.',
    },
  ];
}

/** The user-defined types that the migrations will have found or made. */
function typesOf(pending: readonly Migration[], live: LiveKeyspace): ByName<UserType> | null {
  const declarations = pending.flatMap((migration) => migration.declarations);
  if (declarations.some(({ kind }) => kind === 'alter-type')) return null;
  const made = declarations.flatMap((one) =>
    one.kind === 'create' && one.object.kind === 'type' ? [[one.object.name, one.object] as const] : [],
  );
  return { ...live.schema.types, ...Object.fromEntries(made) };
}
