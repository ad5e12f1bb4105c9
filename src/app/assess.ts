import { join, relative, resolve, sep } from 'node:path';
import { assessedMigrationSource } from '../analysis/source/assessed.ts';
import { createFile } from '../analysis/write-file.ts';
import type { ArraysAs } from '../assess/children.ts';
import { columnNames, snakeName, tableNameOf } from '../assess/names.ts';
import type { KeyColumns } from '../assess/partitions.ts';
import { askedKey, keyBefore, proposedTable } from '../assess/propose-table.ts';
import { type ReadRows, readingOf, readRows } from '../assess/read-rows.ts';
import type { AssessedTable, Assessment } from '../model/assessment.ts';
import type { ForeignSource } from '../model/data.ts';
import { freeName } from '../planner/names.ts';
import type { OpenSource } from '../ports/source.ts';
import type { SurveyedTable, SurveyTarget } from '../ports/survey.ts';
import { createOpenSource } from '../sources/open.ts';
import { createOpenSurvey } from '../sources/survey.ts';
import { assertOneForKey, notConfigured, nothingToRead, unknownSource, usage } from './assess-errors.ts';
import { writeGenerated } from './check.ts';
import { inspect } from './inspect.ts';
import { type FileFormat, formatNamed, formatOf, isTabbed } from './load-format.ts';
import { migrationFiles } from './migration-files.ts';
import { descriptionOf, nextId, slugOf } from './migration-id.ts';
import { type DatabaseSystem, type NamedSource, namedSource } from './named-source.ts';
import { type NewFile, notComposable } from './new.ts';
import type { Project } from './project.ts';

export interface AssessInput {
  /** A file or a glob, relative to the working folder; a connection of the configuration, or `connection/table`. */
  readonly source: string;
  /** Null: by the file's extension. */
  readonly format: FileFormat | null;
  /** Null: by the connection's address. */
  readonly system: DatabaseSystem | null;
  /** Of CSV: delimiter, quote, escape, nullText. */
  readonly settings: ForeignSource['settings'];
  /** Rows of each table that are looked at; null: as many as is usual. */
  readonly sample: number | null;
  /** A key to compute the partitions of; null: propose one. */
  readonly key: KeyColumns | null;
  /** Documents inside of documents of MongoDB. */
  readonly nested: 'udt' | 'flat' | 'json';
  /** What arrays of documents become; null: by their length. */
  readonly arrays: ArraysAs | null;
  /** The name of the migration to write; null: write none. */
  readonly write: string | null;
}

export interface AssessReport extends Assessment {
  readonly written: NewFile | null;
}

/** Rows that are looked at unless said otherwise: files are cheap to read whole, databases have other work. */
const usualRows = { files: 500_000, database: 10_000 };

/** Looks at a source before anything is written, proposes tables for it, and writes their migration when asked. */
export async function assess(project: Project, input: AssessInput, now: Date): Promise<AssessReport> {
  const source = namedSource(project, { text: input.source, system: input.system });
  if (source.kind === 'database' && input.write !== null && !source.configured) throw notConfigured(source.connection);
  const taken = await takenNames(project, input);
  const present = new Set(taken);
  const { tables, views } = await assessedTables(project, input, { source, taken });
  const written = input.write === null ? null : await write(project, tables, { name: input.write, now, present });
  return { source: input.source, tables, views, written };
}

interface Asked {
  readonly source: NamedSource;
  readonly taken: Set<string>;
}

async function assessedTables(
  project: Project,
  input: AssessInput,
  { source, taken }: Asked,
): Promise<Pick<Assessment, 'tables' | 'views'>> {
  if (source.kind === 'database' && source.address.kind === 'cluster') {
    const { connection, address, table } = source;
    const { assessCluster } = await import('./assess-cluster.ts');
    const limit = input.sample ?? usualRows.database;
    return { tables: await assessCluster({ connection, address, table, limit, key: input.key, taken }), views: [] };
  }
  const { target, addresses } = targetOf(project, input, source);
  const limit = input.sample ?? usualRows[target.kind];
  const folder = { projectFolder: process.cwd(), addresses };
  const { tables: surveyed, views } = await createOpenSurvey(folder)(target);
  assertOneForKey(input, surveyed, views);
  const openSource = createOpenSource(folder);
  const tables: AssessedTable[] = [];
  for (const one of surveyed) {
    const name = freeName(wantedName(one), (wanted) => taken.has(wanted));
    taken.add(name);
    tables.push(await assessedTable(one, { openSource, limit, key: input.key, arrays: input.arrays, name, taken }));
  }
  return { tables, views };
}

interface Assessing {
  readonly openSource: OpenSource;
  readonly limit: number;
  readonly key: KeyColumns | null;
  readonly arrays: ArraysAs | null;
  readonly name: string;
  readonly taken: Set<string>;
}

async function assessedTable(
  found: SurveyedTable,
  { openSource, limit, key, arrays, name, taken }: Assessing,
): Promise<AssessedTable> {
  const surveyed = withoutNameless(found);
  const names = columnNames(surveyed.columns.flatMap(({ field, read }) => (read === null ? [] : [field])));
  if (names.size === 0) throw nothingToRead(surveyed);
  const declared = readingOf(surveyed, names);
  const asked = key === null ? null : askedKey(key, names);
  const read = async (settings: ForeignSource['settings']): Promise<ReadRows> => {
    const source = await openSource({ ...declared, settings });
    try {
      return await readRows(source, { declared, limit, key: asked ?? keyBefore(surveyed, names) });
    } finally {
      await source.close();
    }
  };
  const first = await read(surveyed.settings);
  const { remedies } = first;
  const proposing = { names, asked, target: name, taken, arrays };
  if (Object.keys(remedies).length === 0) return proposedTable(surveyed, first, proposing);
  const values = Object.fromEntries(Object.entries(remedies).map(([setting, { value }]) => [setting, value]));
  const settings = { ...surveyed.settings, ...values };
  const notes = Object.entries(remedies).map(
    ([setting, { value, count, example }]) =>
      `${setting}: '${value}' is proposed: without it ${count} of the rows looked at are rejected, e.g. ${example.value}`,
  );
  const mended = { ...surveyed, settings, notes: [...surveyed.notes, ...notes] };
  return proposedTable(mended, await read(settings), proposing);
}

/** No declaration can name a column without a name. */
function withoutNameless(table: SurveyedTable): SurveyedTable {
  const columns = table.columns.map((one) =>
    one.field === '' ? { ...one, read: null, refused: 'it has no name, by which a migration would read it' } : one,
  );
  return { ...table, columns };
}

function wantedName({ connection, place }: SurveyedTable): string {
  return connection === null ? tableNameOf(place) : (snakeName(place) ?? 'rows');
}

/** Names that a table proposed must not have: where nothing is written, none. */
async function takenNames(project: Project, { write }: AssessInput): Promise<Set<string>> {
  if (write === null) return new Set();
  const { schema, diagnostics } = await inspect(project);
  if (schema === null) throw notComposable(diagnostics.map((one) => `${one.code}: ${one.reason}`));
  return new Set([...Object.keys(schema.tables), ...Object.keys(schema.views), ...Object.keys(schema.types)]);
}

async function write(
  project: Project,
  tables: readonly AssessedTable[],
  { name, now, present }: { readonly name: string; readonly now: Date; readonly present: ReadonlySet<string> },
): Promise<NewFile> {
  const slug = slugOf(name);
  const files = await migrationFiles(project);
  const id = nextId(
    slug,
    files.map((file) => file.id),
    now,
  );
  const path = join(project.migrationsFolder, `${id}.ts`);
  const placed = tables.map((table) => ({ ...table, source: placedIn(project, table.source) }));
  await createFile(path, assessedMigrationSource(placed, { description: descriptionOf(slug), present }));
  await writeGenerated(project, await inspect(project));
  return { id, path };
}

/** Migrations name files relative to the project's folder. */
function placedIn(project: Project, source: AssessedTable['source']): AssessedTable['source'] {
  if (source.connection !== null) return source;
  const path = resolve(source.place);
  const inside = relative(project.folder, path);
  return { ...source, place: (inside.startsWith('..') ? path : inside).split(sep).join('/') };
}

function targetOf(project: Project, input: AssessInput, source: NamedSource): Surveying {
  const { format, sample, settings } = input;
  if (source.kind === 'standard-input') throw usage('standard input cannot be assessed, because it is read twice');
  if (source.kind === 'database') {
    const { system, connection, table, address } = source;
    if (system === 'cassandra') throw usage(`${connection} is not the address of a cluster`);
    const rows = sample === null ? {} : { rows: sample };
    const addresses = { ...project.sources, [connection]: address };
    return { target: { kind: 'database', system, connection, table, nested: input.nested, ...rows }, addresses };
  }
  const { place } = source;
  if (format === null && formatNamed(place) === null) throw unknownSource(place, project);
  const addresses = project.sources;
  const system = format ?? formatOf(place);
  if (system === 'parquet') return { target: { kind: 'files', system, place, settings: {} }, addresses };
  const tab = isTabbed(place) ? { delimiter: '\t' } : {};
  const said = system === 'csv' ? { ...tab, ...settings } : {};
  return { target: { kind: 'files', system, place, settings: said, rows: sample ?? usualRows.files }, addresses };
}

interface Surveying {
  readonly target: SurveyTarget;
  readonly addresses: Project['sources'];
}
