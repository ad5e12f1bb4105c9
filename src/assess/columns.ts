import { own } from '../kernel/own.ts';
import type { AssessedColumn, FieldProfile, FoundKind } from '../model/assessment.ts';
import { type Conversions, conversions, domainOf, isScalarKind, verdictOf } from '../model/conversion.ts';
import type { CqlType } from '../model/type.ts';
import { typeText } from '../model/type-text.ts';
import type { ReadType, SurveyedColumn } from '../ports/survey.ts';
import { type Choice, type ChoiceContext, choiceOfCsv, choiceOfJson, choiceOfSqlite } from './choice.ts';

/** A column that was looked at. */
export interface ProfiledColumn {
  readonly surveyed: SurveyedColumn;
  readonly column: string;
  readonly found: FieldProfile;
}

/** A column and its type in the table proposed. */
export interface ProposedColumn {
  readonly assessed: AssessedColumn;
  readonly type: CqlType;
}

/** The declaration and the target's type that fit what was found; `nullWord` is read as null. */
export function proposedColumn(
  { surveyed, column, found }: ProfiledColumn,
  {
    whole,
    nullWord,
    types,
  }: { readonly whole: boolean; readonly nullWord: string | null; readonly types: ColumnTypes },
): ProposedColumn {
  const { field, declared, nullable } = surveyed;
  const seen = nullWord === null ? found : withoutWord(found, nullWord);
  const choice = choiceOf(surveyed, seen, { whole, declared, types, column });
  const asNull = own(found.nullWords, nullWord ?? '') ?? 0;
  const notes =
    asNull === 0
      ? choice.notes
      : [
          ...choice.notes,
          `${JSON.stringify(nullWord)} is read as null (met ${asNull === 1 ? 'once' : `${asNull} times`})`,
        ];
  return {
    assessed: {
      field,
      column,
      sourceType: declared,
      nullable,
      found: seen,
      read: choice.read,
      type: typeText(choice.type),
      verdict: verdictFor(choice),
      convert: choice.convert,
      unfit: choice.unfit.map(({ kind, count, examples }) => ({
        count,
        examples,
        reason: `${kind} where ${choice.read.type} is declared`,
      })),
      notes,
    },
    type: choice.type,
  };
}

/** Makes the types of structures. */
export interface ColumnTypes {
  targetOf(read: ReadType, column: string): CqlType;
}
interface CatalogueContext extends ChoiceContext {
  readonly column: string;
  readonly types: ColumnTypes;
}

function choiceOf(surveyed: SurveyedColumn, found: FieldProfile, context: CatalogueContext): Choice {
  const read = surveyed.read ?? { type: '' };
  switch (read.type) {
    case 'csv.text':
      return choiceOfCsv(found, context);
    case 'json.found':
      return choiceOfJson(found, context);
    case 'sqlite.any':
      return choiceOfSqlite(found, context);
    default:
      return choiceOfCatalogue(surveyed, found, context);
  }
}

/** The catalogue has the type, and values are of it. */
function choiceOfCatalogue(
  { read, flag, notes: known = [] }: SurveyedColumn,
  found: FieldProfile,
  { whole, types, column }: CatalogueContext,
): Choice {
  const declared = read ?? { type: '' };
  if (declared.type === 'mongo.any') {
    return { read: declared, type: { kind: 'scalar', name: 'text' }, convert: 'text', unfit: [], notes: known };
  }
  const isFlag = flag !== null && found.values > 0 && Number(found.least) >= 0 && Number(found.greatest) <= 1;
  if (!isFlag) {
    return { read: declared, type: types.targetOf(declared, column), convert: null, unfit: [], notes: known };
  }
  const notes = whole ? [] : ['only 0 and 1 were found in the sample, so it is taken for a boolean'];
  return { read: { type: flag }, type: targetOf(flag), convert: null, unfit: [], notes };
}

/** Where the values of a declared type go by themselves: exactly, or else without loss. */
export function targetOf(type: string): CqlType {
  if (type.endsWith('[]')) return { kind: 'list', element: targetOf(type.slice(0, -2)), frozen: true };
  if (type === 'mysql.set') return { kind: 'set', element: { kind: 'scalar', name: 'text' }, frozen: false };
  const domain = domainOf(type);
  const line: Conversions | null = domain === null ? null : conversions[domain];
  return { kind: 'scalar', name: line?.exact[0] ?? line?.lossless[0] ?? 'text' };
}

function verdictFor({ read, type, convert }: Choice): AssessedColumn['verdict'] {
  if (convert !== null) return 'function';
  const domain = domainOf(read.type);
  if (domain === null || type.kind !== 'scalar' || !isScalarKind(type.name)) return 'lossless';
  return verdictOf(domain, type.name) === 'exact' ? 'exact' : 'lossless';
}

/** The profile as it is when a word is read as null. */
function withoutWord(found: FieldProfile, word: string): FieldProfile {
  const count = own(found.nullWords, word) ?? 0;
  if (count === 0) return found;
  const kinds = found.kinds.flatMap((one): readonly FoundKind[] => {
    if (one.kind !== 'text') return [one];
    if (one.count === count) return [];
    return [{ ...one, count: one.count - count, examples: one.examples.filter(({ value }) => value !== word) }];
  });
  return { ...found, kinds, nulls: found.nulls + count, values: found.values - count };
}

/** The word that stands for null in fields that hold something else than texts; null: there is none. */
export function nullWordOf(profiles: readonly FieldProfile[]): string | null {
  const votes = new Map<string, number>();
  for (const profile of profiles) {
    for (const [word, count] of Object.entries(profile.nullWords)) {
      const { kinds } = withoutWord(profile, word);
      if (
        kinds.length === 0 ||
        choiceOfCsv({ ...profile, kinds }, { whole: true, declared: null }).read.type === 'csv.text'
      )
        continue;
      votes.set(word, (votes.get(word) ?? 0) + count);
    }
  }
  const [best] = [...votes].sort(([, a], [, b]) => b - a);
  return best?.[0] ?? null;
}
