import { match } from '../kernel/match.ts';
import type { ObjectKind, SchemaObject } from '../model/schema.ts';
import { signatureOf } from '../model/signature.ts';

/** The object's key in its part of the schema. */
export function keyOf(object: SchemaObject): string {
  return match(object, {
    table: ({ name }) => name,
    type: ({ name }) => name,
    index: ({ name }) => name,
    view: ({ name }) => name,
    function: signatureOf,
    aggregate: signatureOf,
  });
}

/** `shop.users`, `shop.users.email`. */
export function addressOf(keyspace: string, ...parts: readonly string[]): string {
  return [keyspace, ...parts].join('.');
}

/** The name by which people call a kind of object. */
export function nounOf(kind: ObjectKind): string {
  return kind === 'view' ? 'materialized view' : kind === 'type' ? 'user-defined type' : kind;
}

/** `add-column-rating`: lower case, digits and dashes only, at most 60 characters. */
export function slugOf(text: string): string {
  const slug = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return slug.slice(0, 60).replace(/-+$/, '');
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** A name under which nothing is `taken` yet: the wanted one, or the wanted one with `_2`, `_3`, … at its end. */
export function freeName(wanted: string, taken: (name: string) => boolean): string {
  let name = wanted;
  for (let count = 2; taken(name); count += 1) name = `${wanted}_${count}`;
  return name;
}
