import { own } from '../kernel/own.ts';
import type { ForeignColumn } from '../model/data.ts';
import { mistake, type Properties, propertiesOf, shown, textOf } from './mistake.ts';
import { refuseTwice } from './name.ts';
import { withOrigin } from './origin.ts';
import type { Source, SourceType } from './source.ts';
import { columnsOf, fieldsOf, namesIn, typed } from './source-parts.ts';

export { typed };

type System = 'mysql' | 'postgres' | 'sqlite';
const words: Readonly<Record<string, readonly string[]>> = { fractions: ['reject', 'truncate'] };

/** The `table` and `query` of a system; `more` are settings of its own, with the words that they take. */
export function sqlForms(
  system: System,
  more: Readonly<Record<string, readonly string[]>>,
): {
  readonly table: (name: string, definition: unknown) => never;
  readonly query: (sql: string, definition: unknown) => never;
} {
  const choices = { ...words, ...more };
  return {
    table: (name, definition) => {
      const place = textOf(`the name of a ${system} table`, name);
      const subject = `${system} table ${place}`;
      return sqlSource({ system, place, subject, definition, choices, query: null }) as never;
    },
    query: (sql, definition) => {
      const query = textOf(`a ${system} query`, sql);
      const place = shortened(query);
      return sqlSource({ system, place, subject: `${system} query ${place}`, definition, choices, query }) as never;
    },
  };
}

/** A type whose values are words; a word that does not stand there is rejected. */
export function labelled<const Kind extends string, L extends string>(
  kind: Kind,
  labels: readonly L[],
): { readonly kind: Kind; readonly labels: readonly L[] } {
  for (const label of labels) {
    if (typeof label === 'string') continue;
    throw mistake('SOURCE_LABEL', {
      message: `${kind} was given ${shown(label)} for a label`,
      next: 'Give its labels as texts.',
    });
  }
  refuseTwice(`the labels of ${kind}`, labels);
  if (labels.length > 0) return Object.freeze({ kind, labels: Object.freeze([...labels]) });
  throw mistake('SOURCE_LABEL', { message: `${kind} has no labels`, next: `Name them: \`${kind}('a', 'b')\`.` });
}

/** A type that holds values of another one. */
export function elementOf<const Kind extends string, E extends SourceType>(
  kind: Kind,
  prefix: string,
  element: E,
): { readonly kind: Kind; readonly element: E } {
  columnsOf(`the element of ${kind}`, prefix, { element });
  return Object.freeze({ kind, element });
}

interface Given {
  readonly system: System;
  readonly place: string;
  readonly subject: string;
  readonly definition: unknown;
  readonly choices: Readonly<Record<string, readonly string[]>>;
  /** Null: a table. */
  readonly query: string | null;
}

function sqlSource({ system, place, subject, definition, choices, query }: Given): Source {
  const members = ['connection', 'columns', 'key', 'notNull', 'fields', 'zone', ...Object.keys(choices)];
  const given = propertiesOf(subject, definition, query === null ? [...members, 'schema'] : members);
  const connection = textOf(`the connection of ${subject}`, given['connection']);
  const types = columnsOf(subject, `${system}.`, given['columns']);
  const key = namesIn(`key of ${subject}`, types, given['key']);
  const notNull = namesIn(`notNull of ${subject}`, types, given['notNull']);
  const required = Object.freeze([...new Set([...key, ...notNull])]);
  const fields = fieldsOf(subject, types, given['fields']);
  const settings = Object.freeze({
    ...(query === null ? {} : { query }),
    ...(given['schema'] === undefined ? {} : { schema: textOf(`the schema of ${subject}`, given['schema']) }),
    ...(given['zone'] === undefined ? {} : { zone: zoneOf(subject, given['zone']) }),
    ...choicesOf(subject, choices, given),
  });
  const columns = Object.entries(types).map(([name, type]): readonly [string, ForeignColumn] => [
    name,
    { ...foreignType(type), required: required.includes(name), field: own(fields, name) ?? name },
  ]);
  return withOrigin(
    { kind: 'source', system, connection, place, columns: types, key, required, fields, settings },
    {
      kind: 'source',
      types,
      source: { kind: 'foreign', system, connection, place, columns: Object.fromEntries(columns), key, settings },
    },
  );
}

/** `postgres.int[]` for a list of them; labels where there are some. */
function foreignType(type: SourceType): Pick<ForeignColumn, 'type' | 'labels'> {
  const { element, labels } = type as { readonly element?: SourceType; readonly labels?: readonly string[] };
  if (element === undefined) return { type: type.kind, ...(labels === undefined ? {} : { labels }) };
  const inner = foreignType(element);
  return { ...inner, type: `${inner.type}${type.kind.endsWith('.range') ? '~' : '[]'}` };
}

/** Settings that take one of some words. */
export function choicesOf(
  subject: string,
  choices: Readonly<Record<string, readonly string[]>>,
  given: Properties,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(choices).flatMap(([name, allowed]) => {
      const value = own(given, name);
      if (value === undefined) return [];
      if (typeof value === 'string' && allowed.includes(value)) return [[name, value]];
      throw mistake('SOURCE_SETTING', {
        message: `${name} of ${subject} is ${shown(value)}`,
        next: `Give one of: ${allowed.map((one) => `'${one}'`).join(', ')}.`,
      });
    }),
  );
}

/** A time zone by its name or offset. */
export function zoneOf(subject: string, value: unknown): string {
  if (typeof value === 'string') {
    try {
      new Intl.DateTimeFormat('en', { timeZone: value });
      return value;
    } catch {
      // Said below.
    }
  }
  throw mistake('SOURCE_ZONE', {
    message: `zone of ${subject} is ${shown(value)}, which is no time zone`,
    next: "Give 'UTC', an offset such as '+02:00', or a name such as 'Europe/Oslo'.",
  });
}

function shortened(sql: string): string {
  const line = sql.replaceAll(/\s+/g, ' ').trim();
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}
