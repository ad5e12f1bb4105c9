import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { SurveyTarget } from '../ports/survey.ts';
import type { LoadInput } from './load.ts';
import type { ClusterToLoad } from './load-cluster.ts';
import {
  assertPiped,
  filesToLoad,
  type LoadTarget,
  type ReadyToLoad,
  rowsBefore,
  standardPlace,
} from './load-files.ts';
import { formatOf } from './load-format.ts';
import { typedToLoad } from './load-typed.ts';
import { knownConnections, type NamedSource } from './named-source.ts';
import type { Session } from './session.ts';

/** Opens what is to be loaded, unless it is another cluster. */
export async function toLoad(
  { project }: Pick<Session, 'project'>,
  input: LoadInput,
  { source, target }: { readonly source: NamedSource; readonly target: LoadTarget },
): Promise<ReadyToLoad> {
  if (source.kind === 'database') {
    assertOfDatabase(input);
    return databaseToLoad(source, input, target);
  }
  assertOfFiles(input);
  if (source.kind === 'standard-input') return standardInputToLoad(input, target);
  const known = ` Of databases: a connection under \`sources\` of the configuration; ${knownConnections(project, input.source)}.`;
  const format = input.format ?? formatOf(input.source, known);
  if (format !== 'parquet') {
    return filesToLoad({ ...input, place: source.place, format, rowByRow: rowByRow(input) }, target);
  }
  assertNoReplay(input);
  const survey: SurveyTarget = { kind: 'files', system: 'parquet', place: source.place, settings: {} };
  return typedToLoad({ ...input, target: survey }, target, { projectFolder: process.cwd() });
}

function standardInputToLoad(input: LoadInput, target: LoadTarget): Promise<ReadyToLoad> {
  const { format } = input;
  if (format === null || format === 'parquet') {
    throw new CqlformError('FORMAT_UNKNOWN', 'what standard input holds has to be said', {
      next: 'Say --format csv, json or ndjson. Parquet begins at its end, so it is read from files only.',
      exitCode: exitCodes.usage,
    });
  }
  assertPiped();
  return filesToLoad({ ...input, place: standardPlace, format, rowByRow: rowByRow(input) }, target);
}

function databaseToLoad(
  source: Extract<NamedSource, { kind: 'database' }>,
  input: LoadInput,
  target: LoadTarget,
): Promise<ReadyToLoad> {
  const { connection, system, address } = source;
  assertNoReplay(input);
  const table = input.sourceTable ?? source.table ?? target.into.name;
  if (system === 'cassandra') throw new TypeError('a cluster is loaded by the copy engine');
  const survey: SurveyTarget = {
    kind: 'database',
    system,
    connection,
    table: input.query === null ? table : null,
    rows: rowsBefore,
    ...(input.query === null ? {} : { query: input.query }),
  };
  const options = { projectFolder: process.cwd(), addresses: { [connection]: address } };
  return typedToLoad({ ...input, target: survey }, target, options);
}

/** What no straight way into wire form can do. */
function rowByRow({ skip, most, ttlField, timestampField }: LoadInput): boolean {
  return skip !== null || most !== null || ttlField !== null || timestampField !== null;
}

/** The table of another cluster that is meant; null: it is none. */
export function clusterMeant(source: NamedSource, input: LoadInput): Omit<ClusterToLoad, 'rejectsFile'> | null {
  if (source.kind !== 'database' || source.system !== 'cassandra' || source.address.kind !== 'cluster') return null;
  assertOfDatabase(input);
  assertNoReplay(input);
  const { connection, address, table } = source;
  return { connection, address, table: input.sourceTable ?? table ?? input.table };
}

function assertOfDatabase({ format, fields, source, query, sourceTable }: LoadInput): void {
  const wrong = format !== null ? '--format' : fields !== null ? '--fields' : null;
  if (wrong !== null)
    throw usage(`${wrong} is for files, and ${source.replace(/^[a-z+]+:.*$/, 'the source')} is a database`);
  if (query !== null && sourceTable !== null) throw usage('--query takes the place of --source-table: say one of them');
}

function assertOfFiles({ sourceTable, query, system }: LoadInput): void {
  const wrong =
    sourceTable !== null ? '--source-table' : query !== null ? '--query' : system !== null ? '--system' : null;
  if (wrong !== null) throw usage(`${wrong} is for databases, and the source is a file`);
}

function assertNoReplay({ replay }: LoadInput): void {
  if (replay !== null)
    throw usage('--replay is for rejects of CSV, JSON and NDJSON: mend other sources where they are');
}

function usage(message: string): CqlformError {
  return new CqlformError('USAGE', message, { next: 'See `cqlform load --help`.', exitCode: exitCodes.usage });
}
