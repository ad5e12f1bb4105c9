import type { Argv, InferredOptionTypes, Options, PositionalOptions } from 'yargs';
import { CqlformError, type ExitCode, exitCodes } from '../kernel/errors.ts';
import { own } from '../kernel/own.ts';
import type { Output } from './output.ts';

/** Flags that every command knows. */
export const commonOptions = {
  json: { type: 'boolean', default: false, describe: 'Print JSON (a run prints one event per line)' },
  color: { type: 'boolean', describe: 'Colour; --no-color switches it off', defaultDescription: 'as the terminal can' },
  interactive: { type: 'boolean', default: true, describe: 'Ask questions; --no-interactive never does' },
} as const;

/** Flags of commands that work on a project. */
export const projectOptions = {
  config: {
    type: 'string',
    alias: 'c',
    describe: 'Configuration file',
    defaultDescription: 'cqlform.config.ts, searched upwards',
  },
  env: { type: 'string', alias: 'e', describe: 'Environment of the configuration' },
  keyspace: { type: 'string', alias: 'k', describe: 'Keyspace to work on' },
  'contact-points': { type: 'string', describe: 'host:port of some nodes, separated by commas' },
  'local-dc': { type: 'string', describe: 'Data centre to talk to' },
} as const;

type Flags = Readonly<Record<string, Options>>;
type Positionals = Readonly<Record<string, PositionalOptions>>;
export type Given<O extends Flags> = InferredOptionTypes<O> & InferredOptionTypes<typeof commonOptions>;

export interface CommandSpec<O extends Flags> {
  /** With its positionals: `show [plan]`. */
  readonly usage: string;
  readonly aliases?: readonly string[];
  readonly summary: string;
  readonly positionals?: Positionals;
  readonly options: O;
  readonly examples: readonly (readonly [command: string, what: string])[];
  run(flags: Given<O> & { readonly _words: Readonly<Record<string, unknown>> }, output: Output): Promise<ExitCode>;
}

export interface GroupSpec {
  readonly usage: string;
  readonly summary: string;
  readonly commands: readonly AnyCommand[];
  readonly examples: readonly (readonly [command: string, what: string])[];
}

/** A command without its flags' types, as the parser registers it. */
export interface AnyCommand {
  /** With its positionals: `show <plan>`. */
  readonly usage: string;
  readonly summary: string;
  /** Its name and aliases. */
  readonly names: readonly string[];
  /** Of a group: its commands. */
  readonly within: readonly AnyCommand[];
  readonly register: (parser: Argv, done: Done) => Argv;
}
export type Done = (flags: Readonly<Record<string, unknown>>, run: (output: Output) => Promise<ExitCode>) => never;

export function command<const O extends Flags>(spec: CommandSpec<O>): AnyCommand {
  return {
    usage: spec.usage,
    summary: spec.summary,
    names: [nameOf(spec.usage), ...(spec.aliases ?? [])],
    within: [],
    register: (parser, done) =>
      parser.command(
        [spec.usage, ...(spec.aliases ?? [])],
        spec.summary,
        (sub) => {
          const positioned = Object.entries(spec.positionals ?? {}).reduce(
            (so, [name, options]) => so.positional(name, options),
            sub as Argv,
          );
          return positioned
            .options(withValues(spec.options))
            .example(spec.examples.map(([text, what]) => [`$0 ${text}`, what] as [string, string]))
            .strict();
        },
        (parsed) => {
          const flags = withDashes(parsed);
          const given = flags as unknown as Given<O>;
          assertValues({ ...spec.options, ...commonOptions }, flags);
          assertWords(spec.positionals ?? {}, flags);
          done(given, (output) => spec.run({ ...given, _words: flags }, output));
        },
      ),
  };
}

/** Stands for `-` while the words are parsed; no command line can hold it. */
export const loneDash = '\0-';

function withDashes(flags: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const said = (value: unknown): unknown => (value === loneDash ? '-' : value);
  return Object.fromEntries(
    Object.entries(flags).map(([name, value]) => [name, Array.isArray(value) ? value.map(said) : said(value)]),
  );
}

/** `apply [plan]` → `apply`. */
function nameOf(usage: string): string {
  return usage.split(' ')[0] ?? usage;
}

/** An option that takes a value must have one. */
function withValues(options: Flags): Flags {
  const entries = Object.entries(options).map(([name, option]): [string, Options] => [
    name,
    option.type === 'boolean' ? option : { ...option, requiresArg: true },
  ]);
  return Object.fromEntries(entries);
}

/** The parser lets pass an option without its value, one said twice, and a number that is none. */
function assertValues(options: Flags, given: Readonly<Record<string, unknown>>): void {
  for (const [name, option] of Object.entries(options)) {
    const value = own(given, name);
    const values: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (Array.isArray(value) && option.array !== true) throw badValue(name, 'is given more than once');
    if (values.some((one) => one === '')) throw badValue(name, 'needs a value');
    if (values.some((one) => typeof one === 'number' && (Number.isNaN(one) || one < 0)))
      throw badValue(name, 'takes a number that is not negative');
  }
}

/** An empty argument names nothing: a variable of a script was not set. */
function assertWords(positionals: Positionals, given: Readonly<Record<string, unknown>>): void {
  const empty = Object.keys(positionals).find((name) => own(given, name) === '');
  if (empty === undefined) return;
  throw new CqlformError('USAGE', `the argument <${empty}> is empty`, {
    next: 'Say it; --help says what it is.',
    exitCode: exitCodes.usage,
  });
}

function badValue(name: string, why: string): CqlformError {
  return new CqlformError('USAGE', `--${name} ${why}`, {
    next: 'Correct it; --help lists the options of each command.',
    fields: { option: name },
    exitCode: exitCodes.usage,
  });
}

export function group(spec: GroupSpec): AnyCommand {
  return {
    usage: spec.usage,
    summary: spec.summary,
    names: [nameOf(spec.usage)],
    within: spec.commands,
    register: (parser, done) =>
      parser.command(spec.usage, spec.summary, (sub) =>
        spec.commands
          .reduce((so, one) => one.register(so, done), sub as Argv)
          .example(spec.examples.map(([text, what]) => [`$0 ${text}`, what] as [string, string]))
          .demandCommand(1, 1, `say what of \`${nameOf(spec.usage)}\` you want`, 'one command at a time')
          .strict(),
      ),
  };
}

/** A positional as text; the parser has checked that it is there when it is required. */
export function word(flags: { readonly _words: Readonly<Record<string, unknown>> }, name: string): string | undefined {
  const value = own(flags._words, name);
  return value === undefined ? undefined : String(value);
}
