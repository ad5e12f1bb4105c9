import type { Argv } from 'yargs';
import { toolVersion } from '../app/version.ts';
import { type ExitCode, exitCodes } from '../kernel/errors.ts';
import { commonOptions, type Done, loneDash } from './command.ts';
import { commands } from './commands.ts';
import { overview } from './help.ts';
import type { Output, OutputFlags } from './output.ts';
import { explainUsage } from './usage.ts';

interface Chosen {
  readonly flags: Readonly<Record<string, unknown>>;
  readonly run: (output: Output) => Promise<ExitCode>;
}

/** Runs one command line and gives its exit code. The only place where errors become words. */
export async function main(words: readonly string[]): Promise<ExitCode> {
  let flags: OutputFlags = {
    json: words.includes('--json'),
    color: words.includes('--no-color') ? false : words.includes('--color') || undefined,
  };
  surviveClosedPipes();
  // What escapes a timer or a socket would otherwise print a stack trace over everything; the first of them is told.
  let escaped = false;
  process.on('uncaughtException', (thrown) => {
    if (!escaped) void tell(thrown, flags).then((code) => process.exit(code));
    escaped = true;
  });
  try {
    const chosen = await parse(words);
    if (chosen === null) return exitCodes.fine;
    flags = chosen.flags;
    const { outputFor } = await import('./output.ts');
    return await chosen.run(outputFor(flags));
  } catch (thrown) {
    return tell(thrown, flags);
  }
}

async function tell(thrown: unknown, flags: OutputFlags): Promise<ExitCode> {
  const [{ outputFor }, { asCqlformError, errorJson, errorText }] = await Promise.all([
    import('./output.ts'),
    import('./view/error.ts'),
  ]);
  const output = outputFor(flags);
  const error = asCqlformError(thrown);
  if (output.json) output.out(errorJson(error));
  output.err(errorText(error, output.paint));
  if ((process.env['CQLFORM_DEBUG'] ?? '') !== '') output.err(stackOf(thrown));
  return error.exitCode;
}

/** `cqlform history | head` closes our stdout, a terminal that is closed all: no error, and there is nobody left to tell. */
function surviveClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
    });
  }
}

/** Null when help or the version was asked for and given. */
async function parse(words: readonly string[]): Promise<Chosen | null> {
  if (words.length === 1 && ['--help', '-h', 'help'].includes(words[0] ?? '')) {
    process.stdout.write(overview(commands));
    return null;
  }
  const { default: yargs } = await import('yargs');
  const chosen = (flags: Chosen['flags'], run: Chosen['run']): never => {
    throw new Known({ flags, run });
  };
  let printed = '';
  try {
    await parserFor(yargs(), words, chosen).parse(
      withDashes(withNegatives(words)),
      {},
      (_error: unknown, _flags: unknown, text: string) => {
        printed = text;
      },
    );
  } catch (thrown) {
    if (thrown instanceof Known) return thrown.chosen;
    throw thrown;
  }
  if (printed !== '') process.stdout.write(`${printed}\n`);
  return null;
}

/** Thrown out of the parser, which would go on to lay out the command's help, though nobody has asked for it. */
class Known extends Error {
  readonly chosen: Chosen;

  constructor(chosen: Chosen) {
    super('the command is known');
    this.chosen = chosen;
  }
}

/** The parser takes `--no-backup ADDRESS` for "not --backup"; `--no-backup=ADDRESS` it understands. */
function withNegatives(words: readonly string[]): string[] {
  const at = words.findIndex((word, index) => word === '--no-backup' && words[index + 1] !== undefined);
  if (at === -1) return [...words];
  const joined = `--no-backup=${words[at + 1] ?? ''}`;
  return [...words.slice(0, at), joined, ...withNegatives(words.slice(at + 2))];
}

/** The parser loses a lone `-`, which means standard input or output. */
function withDashes(words: readonly string[]): string[] {
  return words.map((word) => (word === '-' ? loneDash : word));
}

function parserFor(bare: Argv, words: readonly string[], done: Done): Argv {
  const root: Argv = bare
    .scriptName('cqlform')
    .usage('$0 <command>\n\nMigrations as code for Apache Cassandra.')
    // A list option takes one value at a time, or it would swallow the plan file that stands behind it.
    .parserConfiguration({ 'greedy-arrays': false, 'dot-notation': false })
    .options(commonOptions);
  return commands
    .reduce((so, command) => command.register(so, done), root)
    .demandCommand(1, 'say which command you want')
    .recommendCommands()
    .strict()
    .help()
    .alias('help', 'h')
    .version(toolVersion())
    .alias('version', 'v')
    .wrap(Math.min(110, process.stdout.columns ?? 110))
    .epilogue('Documentation: README.md and docs/ of the package.')
    .exitProcess(false)
    .fail((message: string | null, error: Error | undefined) => {
      if (error !== undefined && error.name !== 'YError') throw error;
      throw explainUsage(message ?? error?.message ?? 'that is not a command line that cqlform knows', words, commands);
    });
}

function stackOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const cause = thrown.cause === undefined ? '' : `\ncaused by ${stackOf(thrown.cause)}`;
  return `${thrown.stack ?? thrown.message}${cause}`;
}
