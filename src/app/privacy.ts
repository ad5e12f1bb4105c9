import { compileFile } from '../analysis/load-migration.ts';
import { namedKeys } from '../dsl/key-ring.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { own, setOwn } from '../kernel/own.ts';
import type { ColumnMapping, DataSpec, JsRow, TransformSpec } from '../model/data.ts';
import type { Migration } from '../model/migration.ts';
import type { Notice, Plan } from '../model/plan.ts';
import type { Treatment } from '../model/privacy.ts';
import { listed } from '../planner/names.ts';
import { sealPlan } from '../planner/plan-hash.ts';
import type { SourceNote } from '../ports/source.ts';
import type { Standing } from '../runner/standing.ts';
import { migrationFiles } from './migration-files.ts';
import { keyChanges, keyFingerprints } from './privacy-keys.ts';
import type { Project } from './project.ts';

/** By table and column: what kind of personal data it is. */
export type PiiTags = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * What the migration files say is personal, as their tables and columns are called after the last of them; with `ever`,
 * as they were ever called: of rows from elsewhere nobody knows how far their migrations had come.
 */
export async function piiTags(project: Project, names: 'last' | 'ever' = 'last'): Promise<PiiTags> {
  const tags: Record<string, Record<string, string>> = {};
  const files = await migrationFiles(project).catch((thrown: unknown) => {
    // without migrations nothing says that anything is personal
    if (thrown instanceof CqlformError && thrown.code === 'MIGRATIONS_MISSING') return [];
    throw thrown;
  });
  for (const file of files) tagged(tags, await compileFile(file), names === 'ever');
  return tags;
}

function tagged(
  tags: Record<string, Record<string, string>>,
  { declarations, pii = {} }: Pick<Migration, 'declarations' | 'pii'>,
  ever: boolean,
): void {
  for (const one of declarations) {
    if (one.kind === 'drop' && one.of === 'table' && !ever) delete tags[one.name];
    if (one.kind !== 'alter-table') continue;
    const columns = own(tags, one.table) ?? {};
    const renamed = Object.entries(columns).map(([name, kind]) => [own(one.rename, name) ?? name, kind, name] as const);
    const kept = renamed.flatMap(([name, kind, old]) => (one.drop.includes(old) ? [] : [[name, kind] as const]));
    setOwn(tags, one.table, { ...(ever ? columns : {}), ...Object.fromEntries(kept) });
  }
  for (const [table, columns] of Object.entries(pii)) setOwn(tags, table, { ...own(tags, table), ...columns });
}

/** Personal columns that a data step writes from outside, and nobody has said what becomes of them. */
export function untreated(spec: DataSpec, tags: PiiTags): readonly { readonly column: string; readonly pii: string }[] {
  const { privacy, into } = spec;
  const lower = privacy?.lower ?? {};
  const pii = { ...own(tags, into.name), ...privacy?.pii };
  const written = (name: string): boolean =>
    spec.kind === 'transform'
      ? into.columns.some((column) => column.name === name)
      : isWritten(own(spec.columns, name));
  const found = new Map(Object.entries(pii).filter(([name]) => written(name)));
  if (spec.kind === 'copy') {
    for (const [name, mapping] of Object.entries(spec.columns)) {
      const from = mapping.kind === 'unset' ? undefined : mapping.from;
      const kind = from === undefined ? undefined : own(privacy?.read ?? {}, from);
      if (kind !== undefined) found.set(name, kind);
    }
  }
  return [...found].filter(([name]) => !Object.hasOwn(lower, name)).map(([column, kind]) => ({ column, pii: kind }));
}

function isWritten(mapping: ColumnMapping | undefined): boolean {
  return mapping !== undefined && mapping.kind !== 'unset';
}

export interface PrivacyFinding {
  readonly problem: { readonly code: string; readonly message: string; readonly next: string } | null;
  readonly notes: readonly SourceNote[];
}

/** What a plan has to say of a data step that brings rows from outside into a lower environment. */
export function privacyFinding(project: Project, spec: DataSpec, tags: PiiTags): PrivacyFinding {
  if (!project.lower || spec.from.kind === 'table') return { problem: null, notes: [] };
  const environment = project.environment ?? project.keyspace;
  const missing = untreated(spec, tags);
  const names = missing.map(({ column, pii }) => `${spec.into.name}.${column} (${pii})`);
  const [first] = missing;
  const problem =
    first === undefined
      ? null
      : {
          code: 'PII_UNTREATED',
          message: `${listed(names)} would come as it is into ${environment}, which is a lower environment`,
          next: `Say what becomes of it: \`lower: { ${first.column}: privacy.hash({ key: '…' }) }\` in the data step, or \`privacy.waive('why it may')\`.`,
        };
  const treated = Object.entries(spec.privacy?.lower ?? {}).map(([name, one]) => `${name}: ${wordsOf(one, project)}`);
  if (treated.length === 0) return { problem, notes: [] };
  const note = {
    code: 'PII_TREATED',
    severity: 'info',
    message: `personal data on its way into ${environment}: ${treated.join('; ')}`,
    next: 'docs/guides/privacy.md says what each of these leaves.',
  } as const;
  return { problem, notes: [note] };
}

/** A key is told by its fingerprint: it has 256 bits at least, so that nobody can find it by trying. */
function wordsOf(treatment: Treatment, project: Project): string {
  if (treatment.kind === 'waived') return `as it is, because: ${treatment.reason}`;
  if (treatment.key === null) return treatment.words;
  return `${treatment.words} (fingerprint ${keyFingerprints(project, [treatment.key])[treatment.key]})`;
}

/** A data step as it runs in this environment: in a lower one, what comes from outside is treated on its way. */
export function treatedSpec(project: Pick<Project, 'lower'>, spec: DataSpec): DataSpec {
  const { privacy } = spec;
  if (!project.lower || privacy === undefined || spec.from.kind === 'table' || spec.kind === 'backfill') return spec;
  const { lower } = privacy;
  const withheld = Object.values(lower).some(({ kind }) => kind === 'treated');
  if (!withheld) return spec;
  const treat = (name: string, value: unknown): unknown => {
    const treatment = own(lower, name);
    return treatment === undefined || treatment.kind === 'waived' || isSignal(value) ? value : treatment.apply(value);
  };
  if (spec.kind === 'transform') {
    return { ...spec, privacy: { ...privacy, withheld }, rows: treatedRows(spec.rows, treat) };
  }
  const columns = Object.entries(spec.columns).map(([name, mapping]): [string, ColumnMapping] => {
    if (own(lower, name)?.kind !== 'treated' || mapping.kind === 'unset') return [name, mapping];
    if (mapping.kind === 'column')
      return [name, { kind: 'function', value: (row) => treat(name, own(row, mapping.from) ?? undefined) }];
    return [name, { kind: 'function', value: (row, run) => treat(name, mapping.value(row, run)) }];
  });
  return { ...spec, privacy: { ...privacy, withheld }, columns: Object.fromEntries(columns) };
}

/** A rejection stands, whatever the function does with what `emit` throws. */
function treatedRows(
  rows: TransformSpec['rows'],
  treat: (name: string, value: unknown) => unknown,
): TransformSpec['rows'] {
  return (row, out, run) => {
    const failures: unknown[] = [];
    const emit = (emitted: JsRow): void => {
      try {
        const isRow = typeof emitted === 'object' && emitted !== null;
        const entries = isRow ? Object.entries(emitted).map(([name, value]) => [name, treat(name, value)]) : null;
        out.emit(entries === null ? emitted : Object.fromEntries(entries));
      } catch (thrown) {
        failures.push(thrown);
        throw thrown;
      }
    };
    const result = rows(row, { emit }, run);
    if (failures.length > 0) throw failures[0];
    return result;
  };
}

function isSignal(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    !(value instanceof Date) &&
    ['skip', 'reject', 'unset'].includes(String(value.kind))
  );
}

/** The plan with the fingerprints of the keys that its functions take, and a notice for each that is another than before. */
export function withKeys(plan: Plan, project: Project, standing: Standing): Plan {
  const names = namedKeys().filter((name) => project.privacyKeys.has(name));
  if (names.length === 0 || plan.sections.length === 0) return plan;
  const keys = keyFingerprints(project, names);
  const notices = standing.applied.flatMap(({ id, keys: before = {} }): readonly Notice[] => {
    const changed = keyChanges(before, keys).filter((name) => Object.hasOwn(keys, name));
    if (changed.length === 0) return [];
    return [
      {
        code: 'PRIVACY_KEY_CHANGED',
        severity: 'warning',
        address: plan.target.keyspace,
        message: `${id} was applied with another privacy key ${listed(changed)}: hashes and tokens of then and now do not match`,
        next: 'Use the key of then, if they have to; else go on.',
      },
    ];
  });
  const sections = plan.sections.map((section) => (section.codeHash === null ? section : { ...section, keys }));
  return sealPlan({ ...plan, sections, notices: [...plan.notices, ...notices] });
}

export type Waivers = Readonly<Record<string, string>>;

/** Throws `PII_UNWAIVED` for a personal column that would be moved without a reason. */
export function assertWaived(
  about: { readonly table: string; readonly columns: readonly string[]; readonly what: string },
  tags: PiiTags,
  waivers: Waivers,
): void {
  const { table, columns, what } = about;
  const personal = Object.entries(own(tags, table) ?? {}).filter(([name]) => columns.includes(name));
  const missing = personal.filter(([name]) => !Object.hasOwn(waivers, name));
  const [first] = missing;
  if (first === undefined) return;
  throw new CqlformError(
    'PII_UNWAIVED',
    `${listed(missing.map(([name, kind]) => `${table}.${name} (${kind})`))} ${missing.length === 1 ? 'is' : 'are'} personal, and ${what}`,
    {
      next: `Leave it out, or say why it may: --waive '${first[0]}=REASON'.`,
      fields: { table, columns: missing.map(([name]) => name) },
      exitCode: exitCodes.consentMissing,
    },
  );
}
