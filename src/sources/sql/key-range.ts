import { CqlformError } from '../../kernel/errors.ts';
import { own } from '../../kernel/own.ts';
import type { ForeignSource } from '../../model/data.ts';
import type { Split } from '../../ports/source.ts';

/** Rows whose key lies after one and up to another; null: from the beginning, to the end. Values as the database's text. */
export interface KeyRange {
  readonly after: readonly string[] | null;
  readonly upTo: readonly string[] | null;
}
export const wholeTable: KeyRange = { after: null, upTo: null };

/** Whether the declared key has all columns of an index that holds no value twice. */
export function holdsUnique({ key, columns }: ForeignSource, unique: readonly (readonly string[])[]): boolean {
  const fields = key.map((name) => own(columns, name)?.field ?? name);
  return unique.some((index) => index.length > 0 && index.every((column) => fields.includes(column)));
}

/** A column of the key: its quoted name, and a literal that the database compares exactly with it. */
export interface KeyColumn {
  readonly name: string;
  readonly literal: (text: string) => string;
}

/** The condition of a range; null: none is needed. Written out column by column, which every optimiser turns into a range of the index. */
export function conditionOf({ after, upTo }: KeyRange, key: readonly KeyColumn[]): string | null {
  const parts = [
    ...(after === null ? [] : [bound(key, after, { strict: '>', last: '>' })]),
    ...(upTo === null ? [] : [bound(key, upTo, { strict: '<', last: '<=' })]),
  ];
  return parts.length === 0 ? null : parts.join(' AND ');
}

/** `(a > 1 OR (a = 1 AND b > 2))`, with what follows for the first column beside it. */
function bound(
  key: readonly KeyColumn[],
  values: readonly string[],
  { strict, last }: { readonly strict: string; readonly last: string },
): string {
  const literals = key.map(({ literal }, at) => literal(values[at] ?? ''));
  const cases = key.map(({ name }, at) => {
    const equal = key.slice(0, at).map((column, before) => `${column.name} = ${literals[before]}`);
    return [...equal, `${name} ${at === key.length - 1 ? last : strict} ${literals[at]}`].join(' AND ');
  });
  if (cases.length === 1) return cases[0] ?? '';
  return `${key[0]?.name} ${strict}= ${literals[0]} AND (${cases.map((one) => `(${one})`).join(' OR ')})`;
}

export function splitOf(place: string, range: KeyRange): Split {
  const text = (values: readonly string[] | null): string => (values === null ? '' : JSON.stringify(values));
  const [after, upTo] = [text(range.after), text(range.upTo)];
  return { id: `${place}:${after}..${upTo}`, detail: { after, upTo }, bytes: null };
}

/** Throws `SOURCE_SPLIT_UNKNOWN` for a split that is not of this source. */
export function rangeOf(split: Split): KeyRange {
  const { after, upTo } = split.detail;
  if (typeof after !== 'string' || typeof upTo !== 'string') {
    throw new CqlformError('SOURCE_SPLIT_UNKNOWN', `${split.id} is no piece of this source`, {
      next: 'Plan and apply again.',
    });
  }
  const values = (text: string): readonly string[] | null => (text === '' ? null : (JSON.parse(text) as string[]));
  return { after: values(after), upTo: values(upTo) };
}
