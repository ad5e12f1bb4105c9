import type { ReadType } from '../../ports/survey.ts';
import type { Census } from './census.ts';

/** How a field is read, and what a reader of the proposal has to know. */
export interface ReadField {
  readonly read: ReadType;
  readonly notes: readonly string[];
}

const deepest = 4;
/** A document of more fields than that, each of which few have, holds data in its names. */
const fewFields = 50;
const plainly: Readonly<Record<string, string>> = {
  string: 'string',
  bool: 'boolean',
  date: 'date',
  objectId: 'objectId',
  uuid: 'uuid',
  binData: 'binary',
};
const numbers = ['int', 'long', 'double', 'decimal'];
const families: readonly (readonly string[])[] = [
  numbers,
  ...Object.keys(plainly).map((type) => [type]),
  ['object'],
  ['array'],
];
/** Values that have a text of their own. */
const spoken = ['string', 'int', 'long', 'double', 'decimal', 'bool', 'objectId', 'uuid'];

/** The type that nearly all values of a field have; what is left is rejected. Fields of several kinds become texts. */
export function readOfField(census: Census, whole: boolean): ReadField {
  const types = [...census.types.keys()];
  const family = families.find((one) => isNearlyAll(census, one));
  const read = family === undefined ? null : readOf(census, family, { whole, depth: 0 });
  if (read !== null) return { read, notes: [] };
  if (types.length > 1 && types.every((type) => spoken.includes(type))) {
    return { read: { type: 'mongo.any' }, notes: ['values of several kinds become texts'] };
  }
  const notes = types.length === 0 ? ['no value was found'] : [`${jsonWhy(types)} is kept as JSON text`];
  return { read: { type: 'mongo.json' }, notes };
}

function jsonWhy(types: readonly string[]): string {
  if (types.length > 1) return 'what is of several kinds';
  return types[0] === 'array' ? 'an array whose elements have no one type' : 'what has no one type';
}

/** As for files: so few others that rejecting them beats a looser type. */
function isNearlyAll({ types, values }: Census, family: readonly string[]): boolean {
  let others = 0;
  for (const [type, count] of types) if (!family.includes(type)) others += count;
  return values > 0 && (others <= values * 0.02 || (others <= 2 && others <= values * 0.1));
}

interface Within {
  readonly whole: boolean;
  readonly depth: number;
}

/** Null: no declared type reads such values, or none that every one of them has. */
function readOf(census: Census, family: readonly string[], { whole, depth }: Within): ReadType | null {
  const [first = ''] = family;
  if (family === numbers) return { type: `mongo.${numberOf(census, whole)}` };
  if (Object.hasOwn(plainly, first)) return { type: `mongo.${plainly[first]}` };
  if (depth >= deepest) return null;
  const inner = { whole, depth: depth + 1 };
  return first === 'array' ? arrayOf(census, inner) : documentOf(census, inner);
}

function numberOf({ types }: Census, whole: boolean): string {
  if (types.has('double')) return 'double';
  if (types.has('decimal')) return 'decimal';
  return types.has('long') || !whole ? 'long' : 'int';
}

/** Inside of others every value has to have the type: one that has not would cost its whole row. */
function innerOf(census: Census, within: Within): ReadType | null {
  const types = [...census.types.keys()];
  const family = families.find((one) => types.length > 0 && types.every((type) => one.includes(type)));
  if (family === undefined || (types.includes('double') && types.includes('decimal'))) return null;
  return readOf(census, family, within);
}

/** Collections of CQL hold no null. */
function arrayOf({ elements }: Census, within: Within): ReadType | null {
  const element = elements.nulls > 0 ? null : innerOf(elements, within);
  return element === null ? null : { type: 'mongo.array', element };
}

function documentOf({ fields, values, full }: Census, within: Within): ReadType | null {
  const cells = [...fields.values()].reduce((sum, one) => sum + one.values, 0);
  if (full || (fields.size > fewFields && cells < (values * fields.size) / 2)) return mapOf(fields, within);
  const read = [...fields].map(([name, census]) => {
    const inner = /^[A-Za-z]\w{0,47}$/.test(name) ? innerOf(census, within) : null;
    return [name, inner] as const;
  });
  const known = read.flatMap(([name, inner]) => (inner === null ? [] : [[name, inner] as const]));
  if (known.length < read.length || known.length === 0) return null;
  return { type: 'mongo.object', fields: Object.fromEntries(known) };
}

function mapOf(fields: ReadonlyMap<string, Census>, within: Within): ReadType | null {
  const all = [...fields.values()];
  if (all.some(({ nulls }) => nulls > 0)) return null;
  const [element, ...others] = all.map((one) => innerOf(one, within));
  if (element === undefined || element === null) return null;
  const scalar = element.element === undefined && element.fields === undefined;
  return scalar && others.every((one) => one?.type === element.type) ? { type: 'mongo.map', element } : null;
}
