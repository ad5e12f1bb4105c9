import { stripVTControlCharacters } from 'node:util';

/**
 * How many columns a text takes, in the place of the package `string-width` (see bundle.ts): that one knows wide signs, of
 * which helps have none, and to learn them takes a tenth of the time in which a command starts.
 */
export default function textWidth(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}
