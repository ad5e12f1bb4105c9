import { CqlformError, exitCodes } from '../kernel/errors.ts';

interface ListOf {
  readonly command: string;
  readonly option: string;
}

/** A name in double quotes, two of them for one inside; or all up to the next comma; then the comma or the end. */
const oneName = /\s*(?:"((?:[^"]|"")*)"|((?!")[^,]*))\s*(,|$)/y;

/** The parts of a list with commas; in double quotes, as CQL writes names, one may hold a comma itself. */
export function separated(of: ListOf, list: string): readonly string[] {
  const names: string[] = [];
  oneName.lastIndex = 0;
  for (let comma = ','; comma === ','; ) {
    const [found, quoted, plain = '', end = ''] = oneName.exec(list) ?? [];
    if (found === undefined) throw usage(of, `${of.option} ${list} has a double quote too many or too few`);
    names.push(quoted?.replaceAll('""', '"') ?? plain.trim());
    comma = end;
  }
  return names;
}

/** The names in a list with commas, none of them empty and none twice. `of` is the command and what stands before the list. */
export function namesIn(of: ListOf, list: string): readonly string[] {
  const names = list === '' ? [] : separated(of, list);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  const wrong = names.includes('') ? `${of.option} ${list} has an empty name` : `${of.option} names ${twice} twice`;
  if (!names.includes('') && twice === undefined) return names;
  throw usage(of, wrong);
}

function usage({ command }: ListOf, wrong: string): CqlformError {
  return new CqlformError('USAGE', wrong, { next: `See \`cqlform ${command} --help\`.`, exitCode: exitCodes.usage });
}
