import { type FieldReader, misfit } from '../files/misfit.ts';
import { bigintOf, dateOf, decimalOf, doubleOf, intOf, timestampOf, uuidOf } from '../files/text-values.ts';

/** Readers of a field's text by the type's name in a declaration. */
export const csvReaders: ReadonlyMap<string, FieldReader<string>> = new Map<string, FieldReader<string>>([
  ['csv.text', (text) => text],
  ['csv.int', intOf],
  ['csv.bigint', bigintOf],
  ['csv.double', doubleOf],
  ['csv.decimal', decimalOf],
  ['csv.boolean', booleanOf],
  ['csv.uuid', uuidOf],
  ['csv.date', dateOf],
  ['csv.timestamp', timestampOf],
]);

const booleans: Readonly<Record<string, boolean>> = {
  true: true,
  t: true,
  yes: true,
  y: true,
  '1': true,
  false: false,
  f: false,
  no: false,
  n: false,
  '0': false,
};

export function booleanOf(text: string): unknown {
  const key = text.toLowerCase();
  return Object.hasOwn(booleans, key) ? booleans[key] : misfit(text, 'a boolean');
}
