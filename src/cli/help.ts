import { type AnyCommand, commonOptions } from './command.ts';

const examples = [
  ['cqlform plan', 'What would be done, and how it would be undone'],
  ['cqlform apply', 'Show it, ask, run it'],
  ['cqlform rollback', 'Take the newest migration back, data included'],
  ['cqlform status', 'Where the keyspace stands'],
  ['cqlform plan --help', 'The options of a command, with examples'],
] as const;

/** What `cqlform --help` prints; made without the parser, which takes longer to load than all the rest. */
export function overview(commands: readonly AnyCommand[]): string {
  const options = Object.entries(commonOptions).map(([name, { describe }]) => [`--${name}`, describe] as const);
  return [
    'cqlform <command>',
    '',
    'Migrations as code for Apache Cassandra.',
    '',
    'Commands:',
    columns(commands.map((one) => [`cqlform ${one.usage}`, one.summary + aliases(one)])),
    '',
    'Options of every command:',
    columns([...options, ['-h, --help', 'How to use it'], ['-v, --version', 'The version']]),
    '',
    'Examples:',
    columns(examples),
    '',
    'Documentation: README.md and docs/ of the package.',
    '',
  ].join('\n');
}

function aliases({ names }: AnyCommand): string {
  return names.length < 2 ? '' : ` (also: ${names.slice(1).join(', ')})`;
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
}
