import type { Argv, InferredOptionTypes, Options, PositionalOptions } from 'yargs';
import type { ExitCode } from '../kernel/errors.ts';
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
export type AnyCommand = (parser: Argv, done: Done) => Argv;
export type Done = (flags: Readonly<Record<string, unknown>>, run: (output: Output) => Promise<ExitCode>) => void;

export function command<const O extends Flags>(spec: CommandSpec<O>): AnyCommand {
  return (parser, done) =>
    parser.command(
      [spec.usage, ...(spec.aliases ?? [])],
      spec.summary,
      (sub) => {
        const positioned = Object.entries(spec.positionals ?? {}).reduce(
          (so, [name, options]) => so.positional(name, options),
          sub as Argv,
        );
        return positioned
          .options({ ...spec.options, ...commonOptions })
          .example(spec.examples.map(([text, what]) => [`$0 ${text}`, what] as [string, string]))
          .strict();
      },
      (flags) => {
        const given = flags as unknown as Given<O>;
        done(given, (output) => spec.run({ ...given, _words: flags }, output));
      },
    );
}

export function group(spec: GroupSpec): AnyCommand {
  return (parser, done) =>
    parser.command(spec.usage, spec.summary, (sub) =>
      spec.commands
        .reduce((so, one) => one(so, done), sub as Argv)
        .example(spec.examples.map(([text, what]) => [`$0 ${text}`, what] as [string, string]))
        .demandCommand(1, 1, 'Say which of these you want.', 'One command at a time.')
        .strict(),
    );
}

/** A positional as text; the parser has checked that it is there when it is required. */
export function word(flags: { readonly _words: Readonly<Record<string, unknown>> }, name: string): string | undefined {
  const value = flags._words[name];
  return value === undefined ? undefined : String(value);
}
