import { parseType } from '../../src/cql/type-text.ts';
import { sha256 } from '../../src/kernel/hash.ts';
import type { ColumnMapping, CopySpec, DataSpec } from '../../src/model/data.ts';
import { quoted } from '../../src/model/identifier.ts';
import type { LiveKeyspace, TableFacts } from '../../src/model/live.ts';
import type { Declaration, Migration, TableDelta } from '../../src/model/migration.ts';
import type { Plan } from '../../src/model/plan.ts';
import {
  type ClusteringColumn,
  type Column,
  emptySchema,
  type Index,
  keyColumns,
  type Options,
  type Schema,
  type SchemaObject,
  type Table,
  type UserType,
  type View,
} from '../../src/model/schema.ts';
import type { Step, Work } from '../../src/model/step.ts';
import type { ApplyInput, RollbackInput } from '../../src/planner/input.ts';
import { planApply } from '../../src/planner/plan-apply.ts';
import { withObject } from '../../src/planner/schema-objects.ts';
import { afterDdl, type World, worldOf } from '../../src/planner/world.ts';

/** `int`, `text static`, `text masked with mask_null()`. */
export function column(name: string, text: string): Column {
  const [shape = '', mask] = text.split(' masked with ');
  const isStatic = shape.endsWith(' static');
  const type = parseType(isStatic ? shape.slice(0, -' static'.length) : shape);
  return { name, type, static: isStatic, ...(mask === undefined ? {} : { mask }) };
}

export function columns(texts: Readonly<Record<string, string>>): readonly Column[] {
  return Object.entries(texts).map(([name, text]) => column(name, text));
}

export interface TableText {
  readonly columns: Readonly<Record<string, string>>;
  /** `id`, `(a, b), c desc`. */
  readonly key: string;
  readonly options?: Options;
}

export function table(name: string, { columns: texts, key, options = {} }: TableText): Table {
  const made: Table = { kind: 'table', name, columns: columns(texts), ...keyOf(key), options };
  return withObject(emptySchema, made).tables[name] ?? made;
}

export function keyOf(text: string): { partitionKey: readonly string[]; clusteringKey: readonly ClusteringColumn[] } {
  const found = /^(?:\(([^)]*)\)|([^,]+))(?:,\s*(.*))?$/.exec(text.trim());
  const names = (list: string): string[] => list.split(',').map((part) => part.trim());
  const clustering = found?.[3] === undefined ? [] : names(found[3]);
  return {
    partitionKey: names(found?.[1] ?? found?.[2] ?? ''),
    clusteringKey: clustering.map((part) => {
      const [name = '', order] = part.split(' ');
      return { column: name, order: order === 'desc' ? 'desc' : 'asc' };
    }),
  };
}

export function userType(name: string, fields: Readonly<Record<string, string>>): UserType {
  return {
    kind: 'type',
    name,
    fields: Object.entries(fields).map(([field, type]) => ({ name: field, type: parseType(type) })),
  };
}

export function index(name: string, on: string, more: Partial<Index> = {}): Index {
  const [tableName = '', columnName = ''] = on.split('.');
  return {
    kind: 'index',
    name,
    table: tableName,
    column: columnName,
    form: 'values',
    using: 'secondary',
    options: {},
    ...more,
  };
}

export function view(
  name: string,
  on: string,
  more: { key: string; columns?: '*' | readonly string[]; where?: string },
): View {
  const key = keyOf(more.key);
  const where = keyColumns(key).map((part) => `${quoted(part)} IS NOT NULL`);
  return {
    kind: 'view',
    name,
    table: on,
    columns: more.columns ?? '*',
    ...key,
    where: more.where ?? where.join(' AND '),
    options: {},
  };
}

export function schema(...objects: readonly SchemaObject[]): Schema {
  return objects.reduce(withObject, emptySchema);
}

export const create = (object: SchemaObject): Declaration => ({ kind: 'create', object });
export const drop = (object: SchemaObject | string, of: SchemaObject['kind'] = 'table'): Declaration =>
  typeof object === 'string'
    ? { kind: 'drop', of, name: object }
    : { kind: 'drop', of: object.kind, name: object.name };

interface Alteration {
  readonly add?: Readonly<Record<string, string>>;
  readonly drop?: readonly string[];
  readonly rename?: Readonly<Record<string, string>>;
  readonly retype?: Readonly<Record<string, string>>;
  readonly key?: string;
  readonly options?: Options;
}
export function alter(name: string, change: Alteration): TableDelta {
  const retyped = Object.entries(change.retype ?? {}).map(([old, text]) => {
    const { type, static: isStatic } = column(old, text);
    return [old, { type, static: isStatic }] as const;
  });
  return {
    kind: 'alter-table',
    table: name,
    add: columns(change.add ?? {}),
    drop: change.drop ?? [],
    rename: change.rename ?? {},
    retype: Object.fromEntries(retyped),
    key: change.key === undefined ? null : keyOf(change.key),
    options: change.options ?? {},
  };
}

export function migration(
  id: string,
  declarations: readonly Declaration[],
  more: { readonly data?: readonly DataSpec[]; readonly expects?: readonly Table[] } = {},
): Migration {
  return {
    id,
    description: id.replaceAll('_', ' '),
    declarations,
    expects: (more.expects ?? []).map((one) => ({ table: one.name, ...one })),
    data: (more.data ?? []).map((spec, at) => ({ ...spec, index: at })),
    replaces: [],
    schemaHash: sha256(id),
    codeHash: (more.data ?? []).length > 0 ? sha256(`code of ${id}`) : null,
  };
}

const computed: ColumnMapping = { kind: 'function', value: () => null };

/** Columns of the same name map themselves; `more` says the others: a name, or `computed`. */
export function copy(from: Table, into: Table, more: Readonly<Record<string, string | null>> = {}): CopySpec {
  const mapped = into.columns.flatMap(({ name }): readonly (readonly [string, ColumnMapping])[] => {
    const said = more[name];
    if (said === null) return [[name, computed]];
    if (said !== undefined) return [[name, { kind: 'column', from: said }]];
    return from.columns.some((one) => one.name === name) ? [[name, { kind: 'column', from: name }]] : [];
  });
  return {
    kind: 'copy',
    index: 0,
    from: { kind: 'table', table: from },
    into,
    columns: Object.fromEntries(mapped),
    maxRejects: 0,
  };
}

export function transform(from: Table, into: Table): DataSpec {
  return {
    kind: 'transform',
    index: 0,
    from: { kind: 'table', table: from },
    into,
    rows: () => undefined,
    maxRejects: 0,
  };
}

export function load(place: string, into: Table): DataSpec {
  const foreign = {
    kind: 'foreign',
    system: 'json',
    connection: null,
    place,
    columns: {},
    key: [],
    settings: {},
  } as const;
  return { kind: 'transform', index: 0, from: foreign, into, rows: () => undefined, maxRejects: 0 };
}

export function backfill(from: Table, into: Table, written: readonly string[]): DataSpec {
  return {
    kind: 'backfill',
    index: 0,
    from: { kind: 'table', table: from },
    into,
    columns: Object.fromEntries(written.map((name) => [name, computed])),
    maxRejects: 0,
  };
}

export function live(state: Schema | null, more: Partial<LiveKeyspace> = {}): LiveKeyspace {
  const there = state ?? emptySchema;
  const facts = Object.keys(there.tables).map((name): readonly [string, TableFacts] => [
    name,
    { id: `id-of-${name}`, dropped: [], flags: ['compound'] },
  ]);
  return {
    name: 'shop',
    exists: state !== null,
    schema: there,
    facts: Object.fromEntries(facts),
    cluster: 'test',
    version: { text: '5.0.8', major: 5, minor: 0, patch: 8 },
    estimates: {},
    ...more,
  };
}

/** The ledger knows all of the schema. */
export function recorded(state: Schema): NonNullable<ApplyInput['recorded']> {
  return {
    schema: state,
    tableIds: Object.fromEntries(Object.keys(state.tables).map((name) => [name, `id-of-${name}`])),
  };
}

export function applyInput(
  state: Schema | null,
  pending: readonly Migration[],
  more: Partial<ApplyInput> = {},
): ApplyInput {
  return {
    toolVersion: '0.1.0',
    planId: 'plan-1',
    environment: null,
    live: live(state),
    recorded: state === null ? null : recorded(state),
    ledgerHead: 'head',
    gitCommit: null,
    sumHead: null,
    untimed: {},
    largeTableBytes: null,
    pending,
    appliedAfter: {},
    replication: { class: 'SimpleStrategy', replication_factor: '1' },
    emptyTables: [],
    options: { schemaOnly: false, noBackup: [] },
    ...more,
  };
}

/** A plan over a keyspace of which everything is recorded. */
export function plan(state: Schema | null, pending: readonly Migration[], more: Partial<ApplyInput> = {}): Plan {
  return planApply(applyInput(state, pending, more));
}

/** Everything that the plan would have done, taken back. */
export function rollbackInput(applied: Plan, after: LiveKeyspace, more: Partial<RollbackInput> = {}): RollbackInput {
  return {
    toolVersion: '0.1.0',
    planId: 'plan-2',
    environment: null,
    live: after,
    recorded: null,
    ledgerHead: 'head',
    gitCommit: null,
    sumHead: null,
    untimed: {},
    largeTableBytes: null,
    takeBack: applied.sections.toReversed().map((section) => ({
      section,
      done: section.steps.map((step) => step.id),
      backups: Object.fromEntries(
        section.steps.flatMap(({ work }) => (work.kind === 'backup' ? [[work.label, backupReference(work)]] : [])),
      ),
    })),
    leave: [],
    ...more,
  };
}

function backupReference({
  scope,
  label,
}: Extract<Work, { readonly kind: 'backup' }>): RollbackInput['takeBack'][number]['backups'][string] {
  return {
    id: label,
    store: 'local:/backups',
    manifestHash: sha256(label),
    table: scope.table.name,
    columns: scope.columns,
    rows: 1,
    bytes: 1,
    valueDigest: sha256(label),
  };
}

/** One line per step: its number, class, CQL or title, consent, and how it is undone; then the notices. */
export function outline(planned: Plan): string {
  const lines = planned.sections.flatMap((section) => [
    `# ${section.migration}${section.late === null ? '' : ` (${section.late})`}`,
    ...section.steps.flatMap(stepLines),
    ...section.skippedData.map((title) => `  skipped: ${title}`),
  ]);
  const notices = planned.notices.map((one) => `${one.severity} ${one.code} ${one.address}: ${one.message}`);
  return [...lines, ...notices].join('\n');
}

function stepLines(step: Step): readonly string[] {
  const head = `${step.id.split('/')[1]?.replace(/^((?:undo-)?\d+)-.*/, '$1')} ${step.class}: ${workText(step)}`;
  const why = step.why === '' ? '' : ` — ${step.why}`;
  const consent = step.consent === null ? '' : ` !${step.consent}`;
  const hazards = step.hazards.length === 0 ? '' : ` [${step.hazards.map((one) => one.code).join(' ')}]`;
  return [`${head}${consent}${hazards}${why}`, `     ⟲ ${reverseText(step)}`];
}

function workText(step: Step): string {
  return step.work.kind === 'ddl' ? step.cql.replaceAll(/\s+/g, ' ') : `${step.title}${scopeText(step.work)}`;
}

function scopeText(work: Work): string {
  if (work.kind === 'backup') return ` (${work.why}, ${work.label})`;
  if (work.kind === 'restore') return ` (${work.mode}, ${work.label})`;
  return '';
}

function reverseText({ reverse }: Step): string {
  if (reverse.kind === 'none') return `none: ${reverse.why}`;
  if (reverse.kind === 'irreversible') return `irreversible: ${reverse.reason}`;
  return reverse.steps
    .map((work) => {
      if (work.kind === 'ddl') return work.ddl.kind;
      return work.kind === 'backup' || work.kind === 'restore' ? `${work.kind}${scopeText(work)}` : work.kind;
    })
    .join(' · ');
}

/** The keyspace after the plan's statements. */
export function worldAfter(planned: Plan, before: LiveKeyspace): World {
  return planned.sections
    .flatMap((section) => section.steps)
    .reduce((state, { work }) => (work.kind === 'ddl' ? afterDdl(state, work.ddl) : state), worldOf(before));
}
