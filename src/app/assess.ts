import { existsSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { assessedMigrationSource } from '../analysis/source/assessed.ts';
import { createFile } from '../analysis/write-file.ts';
import { columnNames, snakeName, tableNameOf } from '../assess/names.ts';
import type { KeyColumns } from '../assess/partitions.ts';
import { askedKey, keyBefore, proposedTable } from '../assess/propose-table.ts';
import { type ReadRows, readingOf, readRows } from '../assess/read-rows.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { nearNames } from '../kernel/near.ts';
import { own } from '../kernel/own.ts';
import type { AssessedTable, Assessment } from '../model/assessment.ts';
import type { ForeignSource } from '../model/data.ts';
import { freeName } from '../planner/names.ts';
import type { OpenSource, SourceAddress } from '../ports/source.ts';
import type { SurveyedTable, SurveyTarget } from '../ports/survey.ts';
import { createOpenSource } from '../sources/open.ts';
import { createOpenSurvey } from '../sources/survey.ts';
import { writeGenerated } from './check.ts';
import { inspect } from './inspect.ts';
import { type FileFormat, formatOf } from './load-format.ts';
import { descriptionOf, nextId, slugOf } from './migration-id.ts';
import { type NewFile, notComposable } from './new.ts';
import type { Project } from './project.ts';

export type DatabaseSystem = 'mysql' | 'postgres' | 'sqlite';

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
  const target = targetOf(project, input);
  const limit = input.sample ?? usualRows[target.kind];
  const folder = { projectFolder: process.cwd(), addresses: project.sources };
  const surveyed = await createOpenSurvey(folder)(target);
  assertOneForKey(input, surveyed);
  const taken = await takenNames(project, input);
  const openSource = createOpenSource(folder);
  const tables: AssessedTable[] = [];
  for (const one of surveyed) {
    const name = freeName(wantedName(one), (wanted) => taken.has(wanted));
    taken.add(name);
    tables.push(await assessedTable(one, { openSource, limit, key: input.key, name }));
  }
  const written = input.write === null ? null : await write(project, tables, { name: input.write, now });
  return { source: input.source, tables, written };
}

const fileNames = /\.(?:csv|tsv|json|ndjson|jsonl)(?:\.(?:gz|zst))?$/i;

interface Assessing {
  readonly openSource: OpenSource;
  readonly limit: number;
  readonly key: KeyColumns | null;
  readonly name: string;
}

async function assessedTable(
  surveyed: SurveyedTable,
  { openSource, limit, key, name }: Assessing,
): Promise<AssessedTable> {
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
  const { remedies, unreadable } = first;
  if (Object.keys(remedies).length === 0) return proposedTable(surveyed, first, { names, asked, target: name });
  const settings = { ...surveyed.settings, ...remedies };
  const said = Object.entries(remedies).map(([setting, value]) => `${setting}: '${value}'`);
  const note = `${said.join(' and ')} is proposed: without it ${unreadable.count} of the rows looked at are rejected, e.g. ${unreadable.examples[0]?.value}`;
  const mended = { ...surveyed, settings, notes: [...surveyed.notes, note] };
  return proposedTable(mended, await read(settings), { names, asked, target: name });
}

function wantedName({ connection, place }: SurveyedTable): string {
  return connection === null ? tableNameOf(place) : (snakeName(place) ?? 'rows');
}

/** Names that a table proposed must not have: where nothing is written, none. */
async function takenNames(project: Project, { write }: AssessInput): Promise<Set<string>> {
  if (write === null) return new Set();
  const { schema, diagnostics } = await inspect(project);
  if (schema === null) throw notComposable(diagnostics.map((one) => `${one.code}: ${one.reason}`));
  return new Set([...Object.keys(schema.tables), ...Object.keys(schema.views)]);
}

async function write(
  project: Project,
  tables: readonly AssessedTable[],
  { name, now }: { readonly name: string; readonly now: Date },
): Promise<NewFile> {
  const slug = slugOf(name);
  const { files } = await inspect(project);
  const id = nextId(
    slug,
    files.map((file) => file.id),
    now,
  );
  const path = join(project.migrationsFolder, `${id}.ts`);
  const placed = tables.map((table) => ({ ...table, source: placedIn(project, table.source) }));
  await createFile(path, assessedMigrationSource(placed, descriptionOf(slug)));
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

function targetOf(project: Project, input: AssessInput): SurveyTarget {
  const { source, format, sample, settings } = input;
  const [connection = '', ...rest] = source.split('/');
  const address = own(project.sources, connection);
  if (address !== undefined && !existsSync(source)) {
    const system = input.system ?? systemOf(connection, address);
    return { kind: 'database', system, connection, table: rest.length === 0 ? null : rest.join('/') };
  }
  if (format === null && !fileNames.test(source)) throw unknownSource(source, Object.keys(project.sources));
  const system = format ?? formatOf(source);
  const tab = /\.tsv(\.gz|\.zst)?$/i.test(source) ? { delimiter: '\t' } : {};
  return {
    kind: 'files',
    system,
    place: source,
    settings: system === 'csv' ? { ...tab, ...settings } : {},
    rows: sample ?? usualRows.files,
  };
}

function systemOf(connection: string, address: SourceAddress): DatabaseSystem {
  if (address.kind === 'cluster') {
    throw new CqlformError(
      'ASSESS_SYSTEM_UNKNOWN',
      `source ${connection} is a cluster, whose tables are not assessed`,
      {
        next: 'They have types and keys already: `cqlform init` and `cqlform introspect --contact-points …`, in an empty folder, write them down.',
        fields: { connection },
        exitCode: exitCodes.usage,
      },
    );
  }
  if (address.kind === 'file') return 'sqlite';
  const known = { mysql: 'mysql', mariadb: 'mysql', postgres: 'postgres', postgresql: 'postgres' } as const;
  const port = address.kind === 'host' ? { 3306: 'mysql', 5432: 'postgres' }[address.port ?? 0] : undefined;
  const scheme = address.kind === 'url' ? address.url().split(':')[0] : port;
  if (scheme !== undefined && Object.hasOwn(known, scheme)) return known[scheme as keyof typeof known];
  throw new CqlformError('ASSESS_SYSTEM_UNKNOWN', `what kind of database source ${connection} is cannot be told`, {
    next: 'Say --system mysql or --system postgres; other systems cannot be assessed.',
    fields: { connection },
    exitCode: exitCodes.usage,
  });
}

function unknownSource(source: string, connections: readonly string[]): CqlformError {
  const near = nearNames(source.split('/')[0] ?? source, connections);
  const known =
    connections.length === 0 ? 'it has none' : `it has ${near.length > 0 ? near.join(', ') : connections.join(', ')}`;
  return new CqlformError(
    'ASSESS_SOURCE_UNKNOWN',
    `${source} is no source of the configuration, and no file by its name`,
    {
      next: `Name a file (.csv, .tsv, .json, .ndjson, or any with --file-format), or a connection under \`sources\`; ${known}.`,
      fields: { source },
      exitCode: exitCodes.usage,
    },
  );
}

function assertOneForKey({ key, source }: AssessInput, surveyed: readonly SurveyedTable[]): void {
  if (surveyed.length === 0) {
    throw new CqlformError('ASSESS_NOTHING_FOUND', `source ${source} has no tables`, {
      next: 'Name a table of another schema (`shop/sales.orders`), or grant the right to see the tables.',
      fields: { source },
      exitCode: exitCodes.usage,
    });
  }
  if (key === null || surveyed.length === 1) return;
  throw new CqlformError('USAGE', `--key is for one table, and ${source} has ${surveyed.length}`, {
    next: `Name one: ${surveyed[0]?.name ?? source}.`,
    exitCode: exitCodes.usage,
  });
}

function nothingToRead({ name, columns }: SurveyedTable): CqlformError {
  const why = columns.length === 0 ? 'has no fields' : 'has no column that can be read';
  return new CqlformError('ASSESS_NOTHING_FOUND', `${name} ${why}`, {
    next: 'Check that it is the right file or table, its --file-format and its --delimiter.',
    fields: { source: name },
    exitCode: exitCodes.usage,
  });
}
