import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { AnyCommand } from './command.ts';

/** What the parser found wrong, as one sentence, with the help of a command that exists. */
export function explainUsage(message: string, words: readonly string[], commands: readonly AnyCommand[]): CqlformError {
  const { path, inside } = commandIn(words, commands);
  const help = `\`${['cqlform', ...path].join(' ')} --help\``;
  const suggestion = /^Did you mean (.+)\?$/.exec(message)?.[1];
  const unknown = /^Unknown (?:argument|command)s?: (.+)$/.exec(message)?.[1]?.split(', ') ?? [];
  const options = unknown.filter((name) => isOption(name, words));
  const first = words.find((word) => !word.startsWith('-') && !path.includes(word)) ?? '';
  if (suggestion !== undefined) {
    const meant = [...path, suggestion].join(' ');
    return usage(noCommand(first, path), `Did you mean \`cqlform ${meant}\`? ${help} lists what there is.`);
  }
  if (options.length > 0) {
    const listed = [...new Set(options.map((name) => asTyped(name, words)))].join(', ');
    return usage(`${['cqlform', ...path].join(' ')} has no option ${listed}`, `See ${help}.`);
  }
  if (unknown.length > 0) {
    if (inside.length > 0) return usage(noCommand(unknown[0] ?? first, path), `See ${help}.`);
    return usage(
      `${['cqlform', ...path].join(' ')} does not know what to do with ${unknown.join(', ')}`,
      `See ${help}.`,
    );
  }
  return usage(plainMessage(message, words, usageOf(path, commands)), `See ${help}.`);
}

interface Found {
  /** The names of the command and, in a group, of the one within. */
  readonly path: readonly string[];
  readonly inside: readonly AnyCommand[];
}

function commandIn(words: readonly string[], commands: readonly AnyCommand[]): Found {
  let found: Found = { path: [], inside: commands };
  for (const word of words) {
    const next = found.inside.find((one) => one.names.includes(word));
    if (next !== undefined) found = { path: [...found.path, next.names[0] ?? word], inside: next.within };
  }
  return found;
}

function noCommand(word: string, path: readonly string[]): string {
  return path.length === 0 ? `there is no command ${word}` : `cqlform ${path.join(' ')} has no ${word}`;
}

function isOption(name: string, words: readonly string[]): boolean {
  return asTyped(name, words).startsWith('-');
}

/** The parser names options without their dashes, those with dashes in them twice, and `-xy` and `-x5` by their letters. */
function asTyped(name: string, words: readonly string[]): string {
  const dashed = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const typed = words.map((word) => word.split('=')[0] ?? word);
  const whole = typed.find((word) => [`--${name}`, `--${dashed}`, `-${name}`, `--no-${name}`].includes(word));
  return whole ?? typed.find((word) => name.length === 1 && /^-[^-]/.test(word) && word.includes(name)) ?? name;
}

/** `show <plan>`, `backup show <id>`. */
function usageOf(path: readonly string[], commands: readonly AnyCommand[]): string {
  const [name, ...rest] = path;
  const found = commands.find((one) => one.names[0] === name);
  if (name === undefined || found === undefined) return '';
  return rest.length === 0 ? found.usage : `${name} ${usageOf(rest, found.within)}`;
}

function plainMessage(message: string, words: readonly string[], expected: string): string {
  const choices = /Argument: ([^,]+), Given: (.+), Choices: (.+)$/s.exec(message);
  if (choices !== null) return `--${choices[1]} is ${choices[2]}, but can only be ${choices[3]?.trim()}`;
  if (/^Not enough non-option arguments/.test(message)) return `an argument is missing: cqlform ${expected}`;
  const value = /^Not enough arguments following: (.+)$/.exec(message)?.[1];
  if (value === undefined) return message.replaceAll('\n', ' ');
  const typed = asTyped(value, words);
  return `${typed.startsWith('-') ? typed : `--${value}`} needs a value`;
}

function usage(message: string, next: string): CqlformError {
  return new CqlformError('USAGE', message, { next, exitCode: exitCodes.usage });
}
