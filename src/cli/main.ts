import yargs from 'yargs';
import { CqlformError, type ExitCode, exitCodes } from '../kernel/errors.ts';
import { commands } from './commands.ts';
import { type Output, outputFor } from './output.ts';
import { asCqlformError, errorJson, errorText } from './view/error.ts';

interface Chosen {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly run: (output: Output) => Promise<ExitCode>;
}

/** Runs one command line and gives its exit code. The only place where errors become words. */
export async function main(words: readonly string[]): Promise<ExitCode> {
  let output = outputFor({ json: words.includes('--json'), color: words.includes('--no-color') ? false : undefined });
  try {
    const chosen = parse(words);
    if (chosen === null) return exitCodes.fine;
    output = outputFor(chosen.flags);
    return await chosen.run(output);
  } catch (thrown) {
    const error = asCqlformError(thrown);
    if (output.json) output.out(errorJson(error));
    output.err(errorText(error, output.paint));
    if ((process.env['CQLFORM_DEBUG'] ?? '') !== '') output.err(stackOf(thrown));
    return error.exitCode;
  }
}

/** Null when help was asked for and given. */
function parse(words: readonly string[]): Chosen | null {
  const chosen: Chosen[] = [];
  let printed = '';
  const parser = commands.reduce(
    (so, add) => add(so, (flags, run) => void chosen.push({ flags, run })),
    yargs().scriptName('cqlform').usage('$0 <command>\n\nMigrations as code for Apache Cassandra.'),
  );
  parser
    .demandCommand(1, 'Say which command you want.')
    .recommendCommands()
    .strict()
    .help()
    .version(false)
    .wrap(Math.min(110, process.stdout.columns ?? 110))
    .epilogue('Documentation: README.md and docs/ of the package.')
    .exitProcess(false)
    .fail((message: string | null, error: Error | undefined) => {
      if (error !== undefined) throw error;
      throw usageError(message ?? 'that is not a command line that cqlform knows', words);
    })
    .parse([...words], {}, (_error: unknown, _flags: unknown, text: string) => {
      printed = text;
    });
  if (printed !== '') process.stdout.write(`${printed}\n`);
  return chosen[0] ?? null;
}

function usageError(message: string, words: readonly string[]): CqlformError {
  const name = words.find((word) => !word.startsWith('-'));
  const known = name === undefined ? '' : ` ${name}`;
  return new CqlformError('USAGE', message.replaceAll('\n', ' '), {
    next: `See \`cqlform${known} --help\`.`,
    exitCode: exitCodes.usage,
  });
}

function stackOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const cause = thrown.cause === undefined ? '' : `\ncaused by ${stackOf(thrown.cause)}`;
  return `${thrown.stack ?? thrown.message}${cause}`;
}
