import { CqlformError, exitCodes } from '../kernel/errors.ts';

/** The names in a list with commas, none of them empty and none twice. `of` is the command and what stands before the list. */
export function namesIn(of: { readonly command: string; readonly option: string }, list: string): readonly string[] {
  const names = list === '' ? [] : list.split(',').map((name) => name.trim());
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  const wrong = names.includes('') ? `${of.option} ${list} has an empty name` : `${of.option} names ${twice} twice`;
  if (!names.includes('') && twice === undefined) return names;
  throw new CqlformError('USAGE', wrong, {
    next: `See \`cqlform ${of.command} --help\`.`,
    exitCode: exitCodes.usage,
  });
}
