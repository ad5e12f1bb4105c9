import type { Convert, FieldProfile, FoundKind, ValueKind } from '../model/assessment.ts';
import type { ScalarKind } from '../model/conversion.ts';
import type { CqlType } from '../model/type.ts';
import type { ReadType } from '../ports/survey.ts';

/** How a field is declared, what it becomes, and the kinds of values that are rejected then. */
export interface Choice {
  readonly read: ReadType;
  readonly type: CqlType;
  readonly convert: Convert | null;
  readonly unfit: readonly FoundKind[];
  readonly notes: readonly string[];
}

export interface ChoiceContext {
  /** Whether all rows were read. */
  readonly whole: boolean;
  /** The system's own words for the type. */
  readonly declared: string | null;
}

const numbers: readonly ValueKind[] = ['int', 'bigint', 'varint', 'decimal', 'double'];
const families: readonly (readonly ValueKind[])[] = [
  numbers,
  ['boolean'],
  ['uuid'],
  ['date'],
  ['time'],
  ['timestamp', 'local-timestamp'],
  ['bytes'],
  ['array'],
  ['object'],
  ['text', 'padded'],
];
const structures: readonly ValueKind[] = ['array', 'object', 'bytes'];

/** The kinds that nearly all values are of: what is left is so little that rejecting it beats a looser type. */
function familyOf(kinds: readonly FoundKind[]): readonly ValueKind[] | null {
  const total = kinds.reduce((sum, { count }) => sum + count, 0);
  for (const family of families) {
    const others = kinds.reduce((sum, { kind, count }) => sum + (family.includes(kind) ? 0 : count), 0);
    if (others <= total * 0.02 || (others <= 2 && others <= total * 0.1)) return family;
  }
  return null;
}

const scalar = (name: ScalarKind): CqlType => ({ kind: 'scalar', name });
const plainly = (type: string, target: ScalarKind, more: Partial<Choice> = {}): Choice => ({
  read: { type },
  type: scalar(target),
  convert: null,
  unfit: [],
  notes: [],
  ...more,
});

const guessed = 'whole numbers of 64 bits, because not all rows were read';

/** A field of a CSV file, where everything is a text. */
export function choiceOfCsv({ kinds }: FieldProfile, { whole }: ChoiceContext): Choice {
  const family = kinds.some(({ kind }) => kind === 'padded') ? null : familyOf(kinds);
  const has = (kind: ValueKind): boolean => kinds.some((one) => one.kind === kind);
  const unfit = kinds.filter(({ kind }) => family?.includes(kind) === false);
  if (has('padded')) return plainly('csv.text', 'text', { notes: ['digits behind a zero, which a number would lose'] });
  switch (kinds.length === 0 ? undefined : family?.[0]) {
    case 'int':
      if (has('double')) return plainly('csv.double', 'double', { unfit });
      if (has('decimal')) return plainly('csv.decimal', 'decimal', { unfit });
      if (has('varint')) return plainly('csv.bigint', 'varint', { unfit });
      if (has('bigint')) return plainly('csv.bigint', 'bigint', { unfit });
      return whole
        ? plainly('csv.int', 'int', { unfit })
        : plainly('csv.bigint', 'bigint', { unfit, notes: [guessed] });
    case 'boolean':
      return plainly('csv.boolean', 'boolean', { unfit });
    case 'uuid':
      return plainly('csv.uuid', 'uuid', { unfit });
    case 'date':
      return plainly('csv.date', 'date', { unfit });
    case 'timestamp': {
      if (!has('local-timestamp')) return plainly('csv.timestamp', 'timestamp', { unfit });
      return plainly('csv.text', 'text', { notes: ['times without a zone: convert them when you know theirs'] });
    }
    default:
      return plainly('csv.text', 'text');
  }
}

/** A field of JSON. */
export function choiceOfJson({ kinds, elements }: FieldProfile, { whole }: ChoiceContext): Choice {
  const family = familyOf(kinds);
  const has = (kind: ValueKind): boolean => kinds.some((one) => one.kind === kind);
  const unfit = kinds.filter(({ kind }) => family?.includes(kind) === false);
  switch (kinds.length === 0 ? undefined : family?.[0]) {
    case 'int':
      if (has('decimal')) return plainly('json.decimal', 'decimal', { unfit });
      if (has('double')) return plainly('json.double', 'double', { unfit });
      if (has('varint')) return plainly('json.bigint', 'varint', { unfit });
      if (has('bigint')) return plainly('json.bigint', 'bigint', { unfit });
      return whole
        ? plainly('json.int', 'int', { unfit })
        : plainly('json.bigint', 'bigint', { unfit, notes: [guessed] });
    case 'boolean':
      return plainly('json.boolean', 'boolean', { unfit });
    case 'uuid':
      return plainly('json.uuid', 'uuid', { unfit });
    case 'date':
      return plainly('json.date', 'date', { unfit });
    case 'timestamp':
      if (!has('local-timestamp')) return plainly('json.timestamp', 'timestamp', { unfit });
      break;
    case 'array':
      return { ...listOf(elements, whole), unfit };
    case 'object':
      return plainly('json.object', 'text', { convert: 'json', unfit, notes: ['objects are kept as JSON text'] });
  }
  return textsOrMixed(kinds, 'json');
}

/** A column of SQLite, whose declared type binds nobody. */
export function choiceOfSqlite({ kinds, least, greatest }: FieldProfile, { declared }: ChoiceContext): Choice {
  const says = (words: RegExp): boolean => words.test((declared ?? '').toUpperCase());
  const family = familyOf(kinds);
  const has = (kind: ValueKind): boolean => kinds.some((one) => one.kind === kind);
  const unfit = kinds.filter(({ kind }) => family?.includes(kind) === false);
  if (kinds.length === 0) return emptyOfSqlite(says);
  switch (family?.[0]) {
    case 'int': {
      const [low, high] = [Number(least), Number(greatest)];
      const finite = Number.isFinite(low) && Number.isFinite(high);
      // among them whole numbers that no double holds
      const exact = (has('bigint') || has('varint')) && Math.max(-low, high) > Number.MAX_SAFE_INTEGER;
      const real = has('double') || says(/REAL|FLOA|DOUB/);
      if (exact && real && !finite) return textsOfSqlite(unfit);
      if (exact && real) return plainly('sqlite.numeric', 'decimal', { unfit });
      if (says(/DEC|NUM/) && finite) return plainly('sqlite.numeric', 'decimal', { unfit });
      if (real) return plainly('sqlite.real', 'double', { unfit });
      if (says(/BOOL/) && low >= 0 && high <= 1) return plainly('sqlite.boolean', 'boolean', { unfit });
      if (says(/DATE|TIME/) && low >= 1e8 && high <= 0xffff_ffff) {
        const notes = ['numbers that look like seconds since 1970'];
        return plainly('sqlite.unixepoch', 'timestamp', { unfit, notes });
      }
      return plainly('sqlite.integer', 'bigint', { unfit });
    }
    case 'uuid':
      return plainly('sqlite.uuid', 'uuid', { unfit });
    case 'date':
      return plainly('sqlite.date', 'date', { unfit });
    case 'time':
      return plainly('sqlite.time', 'time', { unfit });
    case 'timestamp': {
      const notes = has('local-timestamp') ? ['times without a zone are read in UTC unless `zone` says otherwise'] : [];
      return plainly('sqlite.timestamp', 'timestamp', { unfit, notes });
    }
    case 'bytes':
      return plainly('sqlite.blob', 'blob', { unfit });
  }
  return textsOrMixed(kinds, 'sqlite');
}

function textsOfSqlite(unfit: readonly FoundKind[]): Choice {
  const notes = ['numbers that neither a double nor a decimal holds become texts'];
  return plainly('sqlite.any', 'text', { convert: 'text', unfit, notes });
}

function emptyOfSqlite(says: (words: RegExp) => boolean): Choice {
  const notes = ['no value was found: the type follows the declaration'];
  if (says(/BOOL/)) return plainly('sqlite.boolean', 'boolean', { notes });
  if (says(/INT/)) return plainly('sqlite.integer', 'bigint', { notes });
  if (says(/BLOB/)) return plainly('sqlite.blob', 'blob', { notes });
  if (says(/REAL|FLOA|DOUB/)) return plainly('sqlite.real', 'double', { notes });
  return plainly('sqlite.text', 'text', { notes });
}

const spoken: readonly ValueKind[] = ['text', 'padded', 'uuid', 'date', 'time', 'timestamp', 'local-timestamp'];

/** Texts, or values of several kinds, which become texts. */
function textsOrMixed(kinds: readonly FoundKind[], system: 'json' | 'sqlite'): Choice {
  if (kinds.every(({ kind }) => spoken.includes(kind))) return plainly(`${system}.text`, 'text');
  const mixed = kinds.some(({ kind }) => structures.includes(kind));
  if (mixed && system === 'json') {
    const notes = ['values of several kinds are kept as JSON text'];
    return plainly('json.any', 'text', { convert: 'json', notes });
  }
  const unfit = kinds.filter(({ kind }) => structures.includes(kind));
  const notes = ['values of several kinds become texts'];
  return plainly(`${system}.any`, 'text', { convert: 'text', unfit, notes });
}

function listOf(elements: readonly ValueKind[], whole: boolean): Choice {
  const only = (...kinds: readonly ValueKind[]): boolean =>
    elements.length > 0 && elements.every((one) => kinds.includes(one));
  const list = (element: ScalarKind, convert: Convert): Choice => ({
    ...plainly('json.array', 'text', { convert }),
    type: { kind: 'list', element: scalar(element), frozen: true },
  });
  if (only(...spoken)) return list('text', 'texts');
  if (only('boolean')) return list('boolean', 'booleans');
  if (only('int') && whole) return list('int', 'ints');
  if (only('int', 'double')) return list('double', 'doubles');
  return plainly('json.array', 'text', { convert: 'json', notes: ['arrays are kept as JSON text'] });
}
