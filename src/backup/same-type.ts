import { canonicalJson } from '../kernel/hash.ts';
import { own } from '../kernel/own.ts';
import type { ByName, UserType } from '../model/schema.ts';
import { type CqlType, type ScalarName, typesWithin } from '../model/type.ts';

/** The user-defined types of a backup, and those of the live keyspace. */
export interface TypesOfBoth {
  readonly backupTypes: ByName<UserType>;
  readonly types: ByName<UserType>;
}

/** By a column's type, the types whose values are written the same way: what the first holds, these can hold. */
const wider: Partial<Record<ScalarName, readonly ScalarName[]>> = {
  ascii: ['text', 'blob'],
  text: ['blob'],
  timeuuid: ['uuid', 'blob'],
  uuid: ['blob'],
  int: ['varint', 'blob'],
  bigint: ['varint', 'timestamp', 'blob'],
  timestamp: ['bigint', 'blob'],
  varint: ['blob'],
};

/** True when every value of the backup's type is, byte for byte, a value of the live one, though their names differ. */
export function isWider(backup: CqlType, live: CqlType): boolean {
  if (backup.kind !== 'scalar' || live.kind !== 'scalar') return false;
  return wider[backup.name]?.includes(live.name) === true;
}

/** Null when values of the backup's type are values of the live type. A UDT may have grown fields at its end. */
export function typeDifference(
  backup: CqlType,
  live: CqlType,
  both: TypesOfBoth & {
    /** True for a column of the key, whose order has to be the same, too. */
    readonly key: boolean;
  },
): string | null {
  if (!both.key && isWider(backup, live)) return null;
  if (canonicalJson(backup) !== canonicalJson(live)) {
    return `its type is not the backup's (${canonicalJson(live)} instead of ${canonicalJson(backup)})`;
  }
  for (const name of udtsIn(backup, both.backupTypes)) {
    const [then, now] = [own(both.backupTypes, name)?.fields ?? [], own(both.types, name)?.fields ?? []];
    for (const [index, field] of then.entries()) {
      const same = now[index];
      if (same?.name !== field.name || canonicalJson(same.type) !== canonicalJson(field.type)) {
        return `field ${field.name} of type ${name} is not what it was at the time of the backup`;
      }
    }
  }
  return null;
}

/** Names of the user-defined types that a type is made of, also through other types. */
function udtsIn(type: CqlType, types: ByName<UserType>): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (each: CqlType): void => {
    for (const name of typesWithin(each)) {
      if (found.has(name)) continue;
      found.add(name);
      for (const field of own(types, name)?.fields ?? []) visit(field.type);
    }
  };
  visit(type);
  return found;
}
