import type { AssessedColumn, KeyCandidate, ProposedKey } from '../model/assessment.ts';
import type { SurveyedTable } from '../ports/survey.ts';

const unfitForKeys = ['decimal', 'double', 'boolean', 'float', 'duration'];
const longestKey = 200;

/** Keys that the catalogue has, then fields in which no two rows are alike, the likeliest first. */
export function keyCandidates(
  { key, unique }: Pick<SurveyedTable, 'key' | 'unique'>,
  columns: readonly AssessedColumn[],
  { read, whole }: { readonly read: number; readonly whole: boolean },
): readonly KeyCandidate[] {
  const byField = new Map(columns.map((one) => [one.field, one]));
  const there = (fields: readonly string[]): boolean => fields.length > 0 && fields.every((one) => byField.has(one));
  const filled = (fields: readonly string[]): boolean => fields.every((one) => byField.get(one)?.nullable === false);
  const fits = (fields: readonly string[]): boolean => fields.every((one) => byField.get(one)?.type !== 'duration');
  const declared: readonly KeyCandidate[] = [
    ...(there(key) && fits(key) ? [{ fields: key, by: 'primary key' as const }] : []),
    ...unique
      .filter((one) => there(one) && filled(one) && fits(one))
      .map((fields) => ({ fields, by: 'unique index' as const })),
  ];
  const known = new Set(declared.map(({ fields }) => fields.join('\0')));
  const found = columns
    .filter((one) => read > 0 && isUnique(one, read) && !known.has(one.field))
    .sort((a, b) => rankOf(a) - rankOf(b))
    .map(({ field, found: { unique: proof } }): KeyCandidate => {
      return { fields: [field], by: whole && proof === 'yes' ? 'all rows' : 'sample' };
    });
  return [...declared, ...found];
}

function isUnique({ found, type, convert }: AssessedColumn, read: number): boolean {
  if (found.unique === 'no' || found.nulls > 0 || found.values < read) return false;
  if (convert !== null && convert !== 'text') return false;
  if (found.kinds.some(({ kind }) => kind === 'array' || kind === 'object')) return false;
  return !unfitForKeys.includes(type) && (found.longest ?? 0) <= longestKey;
}

/** Names that say so come first, then ids, then what names things; times last. */
function rankOf({ column, type }: AssessedColumn): number {
  if (/^(?:id|uuid|key)$/.test(column)) return 0;
  if (/_(?:id|uuid|key|code|no|number)$|^(?:code|isbn|sku|email|slug)$/.test(column)) return 1;
  return ['uuid', 'int', 'bigint', 'text', 'varint', 'date'].indexOf(type) + 2 || 10;
}

/** The first candidate; a key of several fields is cut after its first one. Null: there is no candidate. */
export function keyOfCandidates(
  candidates: readonly KeyCandidate[],
  columnOf: (field: string) => string,
): ProposedKey | null {
  const [best] = candidates;
  if (best === undefined) return null;
  const [first = '', ...rest] = best.fields.map(columnOf);
  return { partition: [first], clustering: rest, by: best.by };
}
