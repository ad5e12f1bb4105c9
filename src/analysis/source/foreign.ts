import type { ForeignType } from '../../model/data.ts';
import { call, object, type Piece, text } from './layout.ts';

/** The builder's call for a type: `mysql.intUnsigned()`, `postgres.array(postgres.int())`, `mongo.object({ sku: mongo.string() })`. */
export function foreignType(builder: string, { type, labels, key, element, fields }: ForeignType): Piece {
  const name = type.slice(type.indexOf('.') + 1);
  const outer = name.endsWith('[]') ? 'array' : name.endsWith('~') ? 'range' : null;
  if (outer !== null) {
    const inner = type.slice(0, outer === 'array' ? -2 : -1);
    return call(`${builder}.${outer}`, [
      foreignType(builder, { type: inner, ...(labels === undefined ? {} : { labels }) }),
    ]);
  }
  const held = [key, element].flatMap((one) => (one === undefined ? [] : [foreignType(builder, one)]));
  const members = Object.entries(fields ?? {}).map(([field, one]) => [field, foreignType(builder, one)] as const);
  return call(`${builder}.${name.replaceAll(/ ([a-z])/g, (_, letter: string) => letter.toUpperCase())}`, [
    ...(labels ?? []).map(text),
    ...held,
    ...(fields === undefined ? [] : [object(Object.fromEntries(members))]),
  ]);
}

/** What the builder of a database calls what holds rows. */
export function placeVerb(builder: string): 'table' | 'collection' {
  return builder === 'mongo' ? 'collection' : 'table';
}

/** The member that names columns of a database which are never null. */
export function neverNull(builder: string): 'notNull' | 'required' {
  return builder === 'mongo' ? 'required' : 'notNull';
}

/** `mongodb` of `cqlform/mongodb`, where the builder of a database comes from. */
export function moduleOf(builder: string): string {
  return builder === 'mongo' ? 'mongodb' : builder;
}
