import { type LocalTimeSettings, localTimeReader } from '../../model/local-time.ts';
import { type FieldReader, misfit } from '../files/misfit.ts';

/** A day and a time as the moment that they are in a zone. */
export function localTimestamp(settings: LocalTimeSettings): FieldReader<string> {
  const read = localTimeReader(settings);
  return (text) => {
    const found = read(text);
    return typeof found === 'string' ? misfit(text, found) : found;
  };
}
