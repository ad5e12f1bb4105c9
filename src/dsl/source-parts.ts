import type { ForeignType } from '../model/data.ts';
import { listOf, mistake, objectOf, type Properties, propertiesOf, shown } from './mistake.ts';
import { memberNameOf, refuseTwice } from './name.ts';
import type { SourceType } from './source.ts';

/** A type that is its kind and nothing else. */
export function typed<const Kind extends string>(kind: Kind): () => { readonly kind: Kind } {
  const type = Object.freeze({ kind });
  return () => type;
}

/** The declared columns of a source, each of one of the system's own types, whose kinds begin with `prefix`. */
export function columnsOf(subject: string, prefix: string, given: unknown): Readonly<Record<string, SourceType>> {
  const columns = objectOf(`the columns of ${subject}`, given);
  const entries = Object.entries(columns).map(([name, type]) => {
    memberNameOf(`a column of ${subject}`, name);
    const kind = typeof type === 'object' && type !== null && 'kind' in type ? type.kind : null;
    if (typeof kind === 'string' && kind.startsWith(prefix)) return [name, type as SourceType] as const;
    throw mistake('SOURCE_TYPE', {
      message: `column ${name} of ${subject} has ${shown(type)} for its type`,
      next: `Give a type of ${prefix.slice(0, -1)}, e.g. \`${prefix}text()\`.`,
      fields: { column: name },
    });
  });
  if (entries.length > 0) return Object.freeze(Object.fromEntries(entries));
  throw mistake('SOURCE_WITHOUT_COLUMNS', {
    message: `${subject} has no columns`,
    next: 'Declare those that you read.',
  });
}

/** Names of declared columns. */
export function namesIn(subject: string, columns: Properties, given: unknown): readonly string[] {
  const names = listOf(subject, given ?? []).map((name) => {
    if (typeof name === 'string' && Object.hasOwn(columns, name)) return name;
    throw mistake('NO_SUCH_COLUMN', {
      message: `${subject} names ${shown(name)}, which is no column of it`,
      next: `Name one of: ${Object.keys(columns).join(', ')}.`,
    });
  });
  refuseTwice(subject, names);
  return Object.freeze(names);
}

/** What a source calls a column, where the names differ. */
export function fieldsOf(subject: string, columns: Properties, given: unknown): Readonly<Record<string, string>> {
  const fields = propertiesOf(`fields of ${subject}`, given ?? {}, Object.keys(columns));
  const entries = Object.entries(fields).filter(([, field]) => field !== undefined);
  return Object.freeze(
    Object.fromEntries(
      entries.map(([name, field]) => [name, memberNameOf(`the field of ${name} of ${subject}`, field)]),
    ),
  );
}

interface Nested extends SourceType {
  readonly labels?: readonly string[];
  readonly element?: Nested;
  readonly key?: Nested;
  readonly fields?: Readonly<Record<string, Nested>>;
}

/** A type with what it holds. */
export function nestedType(type: SourceType): ForeignType {
  const { kind, labels, element, key, fields } = type as Nested;
  return {
    type: kind,
    ...(labels === undefined ? {} : { labels }),
    ...(element === undefined ? {} : { element: nestedType(element) }),
    ...(key === undefined ? {} : { key: nestedType(key) }),
    ...(fields === undefined
      ? {}
      : { fields: Object.fromEntries(Object.entries(fields).map(([name, one]) => [name, nestedType(one)])) }),
  };
}

/** A type that stands inside another: one of the same system, and not JSON, which functions know as a whole column only. */
export function innerType(subject: string, prefix: string, type: unknown): SourceType {
  const kind = typeof type === 'object' && type !== null && 'kind' in type ? type.kind : null;
  if (typeof kind === 'string' && kind.startsWith(prefix) && kind !== `${prefix}json`) return type as SourceType;
  throw mistake('SOURCE_TYPE', {
    message: `${subject} has ${shown(type)} inside it`,
    next: `Give a type of ${prefix.slice(0, -1)} that is not \`${prefix}json()\`.`,
  });
}

/** A structure's fields, each of one of the system's own types. */
export function innerTypes(subject: string, prefix: string, given: unknown): Readonly<Record<string, SourceType>> {
  const entries = Object.entries(objectOf(`the fields of ${subject}`, given)).map(
    ([name, type]) => [name, innerType(`${subject}, at ${name},`, prefix, type)] as const,
  );
  return Object.freeze(Object.fromEntries(entries));
}
