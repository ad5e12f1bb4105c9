import { canonicalJson } from '../kernel/hash.ts';
import { own } from '../kernel/own.ts';
import type { ByName, Table, UserType } from '../model/schema.ts';
import { type CqlType, typesWithin } from '../model/type.ts';

/** A table with the user-defined types of its keyspace. */
export interface TypedTable {
  readonly table: Table;
  readonly types: ByName<UserType>;
}

/** A type with the user-defined types of its keyspace. */
export interface TypeThere {
  readonly type: CqlType;
  readonly types: ByName<UserType>;
}

/**
 * True when the bytes of every value of one type are those of the same value of the other. User-defined types have to
 * agree field by field: their names mean what their keyspaces say.
 */
export function fitsAsItIs(from: TypeThere, into: TypeThere): boolean {
  if (canonicalJson(from.type) !== canonicalJson(into.type)) return false;
  if (from.types === into.types) return true;
  return typesWithin(from.type).every((name) => agree(name, from.types, into.types));
}

function agree(name: string, one: ByName<UserType>, other: ByName<UserType>): boolean {
  const [fields, others] = [own(one, name)?.fields ?? [], own(other, name)?.fields ?? []];
  if (canonicalJson(fields) !== canonicalJson(others)) return false;
  // Types cannot hold themselves, so this ends.
  return fields.every(({ type }) => fitsAsItIs({ type, types: one }, { type, types: other }));
}
