import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { SurveyedTable } from '../ports/survey.ts';
import type { AssessInput } from './assess.ts';
import { knownConnections } from './named-source.ts';
import type { Project } from './project.ts';

export function notConfigured(connection: string): CqlformError {
  return new CqlformError(
    'ASSESS_NOT_CONFIGURED',
    `migrations cannot name ${connection}, which the configuration does not have`,
    {
      next: "Give it a name there, `sources: { shop: { url: env('SHOP_URL') } }`, and assess `shop`.",
      fields: { connection },
      exitCode: exitCodes.usage,
    },
  );
}

export function usage(message: string): CqlformError {
  return new CqlformError('USAGE', message, { next: 'See `cqlform assess --help`.', exitCode: exitCodes.usage });
}

export function unknownSource(source: string, project: Project): CqlformError {
  return new CqlformError(
    'ASSESS_SOURCE_UNKNOWN',
    `${source} is no source of the configuration, and no file by its name`,
    {
      next: `Name a file (.csv, .tsv, .json, .ndjson, .parquet, or any with --file-format), or a connection under \`sources\`; ${knownConnections(project, source)}.`,
      fields: { source },
      exitCode: exitCodes.usage,
    },
  );
}

export function assertOneForKey(
  { key, source }: Pick<AssessInput, 'key' | 'source'>,
  surveyed: readonly SurveyedTable[],
  [view]: readonly string[],
): void {
  if (surveyed.length === 0) {
    throw new CqlformError('ASSESS_NOTHING_FOUND', `source ${source} has no tables`, {
      next:
        view === undefined
          ? 'Name a table of another schema (`shop/sales.orders`), or grant the right to see the tables.'
          : `It has views, which are assessed by name: \`cqlform assess ${source}/${view}\`.`,
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

export function nothingToRead({ name, columns }: SurveyedTable): CqlformError {
  const why = columns.length === 0 ? 'has no fields' : 'has no column that can be read';
  return new CqlformError('ASSESS_NOTHING_FOUND', `${name} ${why}`, {
    next: 'Check that it is the right file or table, its --file-format and its --delimiter.',
    fields: { source: name },
    exitCode: exitCodes.usage,
  });
}
