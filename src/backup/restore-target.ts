import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { canonicalJson } from '../kernel/hash.ts';
import { own } from '../kernel/own.ts';
import type { ByName, Column, Table, UserType } from '../model/schema.ts';
import type { RestoreMode } from '../model/step.ts';
import type { CqlType, UdtType } from '../model/type.ts';
import { type ChunkLayout, cellKindOf } from './chunk-layout.ts';

/** The live columns that a backup's cells go to, in the order of the cells. */
export interface RestoreTarget {
  readonly static: readonly Column[];
  readonly regular: readonly Column[];
  /** Live name → backup name, where they differ. */
  readonly countedAs: Readonly<Record<string, string>>;
}

interface TargetRequest {
  readonly layout: ChunkLayout;
  readonly backupTypes: ByName<UserType>;
  readonly into: Table;
  readonly types: ByName<UserType>;
  readonly renamed: Readonly<Record<string, string>>;
  readonly mode: RestoreMode;
}

/** Finds each column of a backup in the live table. Throws `RESTORE_MISFIT` when its rows cannot be written there as they are. */
export function restoreTarget(request: TargetRequest): RestoreTarget {
  const { layout, into, renamed } = request;
  const byName = new Map(into.columns.map((column) => [column.name, column]));
  for (const name of Object.keys(renamed)) {
    const known = [...layout.partitionKey, ...layout.clusteringKey, ...layout.static, ...layout.regular];
    if (!known.some((column) => column.name === name))
      throw misfit(into, name, 'it is to be renamed, but the backup has no such column');
  }
  const find = (column: Column): Column => {
    const name = own(renamed, column.name) ?? column.name;
    const live = byName.get(name);
    if (live === undefined) throw misfit(into, name, 'the table has no such column');
    const typeProblem = typeDifference(column.type, live.type, request);
    if (typeProblem !== null) throw misfit(into, name, typeProblem);
    if (column.static !== live.static) throw misfit(into, name, 'it is static in one and not in the other');
    return live;
  };
  const sameKey = (backup: readonly Column[], live: readonly string[], what: string): void => {
    const names = backup.map(find).map(({ name }) => name);
    if (canonicalJson(names) !== canonicalJson(live)) {
      throw misfit(into, live.join(', '), `the ${what} key of the backup is ${names.join(', ') || 'empty'}`);
    }
  };
  sameKey(layout.partitionKey, into.partitionKey, 'partition');
  const clusteringKey = into.clusteringKey.map(({ column }) => column);
  sameKey(layout.clusteringKey, clusteringKey, 'clustering');
  const target = { static: layout.static.map(find), regular: layout.regular.map(find) };
  const counters = [...target.static, ...target.regular].filter(({ type }) => cellKindOf(type) === 'counter');
  const [counter] = counters;
  if (counter !== undefined && request.mode !== 'new-table') {
    throw misfit(into, counter.name, 'counters can only be restored into a new table');
  }
  const countedAs = Object.fromEntries(Object.entries(renamed).map(([backup, live]) => [live, backup]));
  return { ...target, countedAs };
}

/** Null when values of the backup's type are values of the live type. A UDT may have grown fields at its end. */
function typeDifference(backup: CqlType, live: CqlType, request: TargetRequest): string | null {
  if (canonicalJson(backup) !== canonicalJson(live)) {
    return `its type is not the backup's (${canonicalJson(live)} instead of ${canonicalJson(backup)})`;
  }
  for (const name of udtsIn(backup, request.backupTypes)) {
    const [then, now] = [own(request.backupTypes, name)?.fields ?? [], own(request.types, name)?.fields ?? []];
    for (const [index, field] of then.entries()) {
      const same = now[index];
      if (same?.name !== field.name || canonicalJson(same.type) !== canonicalJson(field.type)) {
        return `field ${field.name} of type ${name} is not what it was at the time of the backup`;
      }
    }
  }
  return null;
}

/** Names of the user-defined types that a type is made of, at any depth. */
export function udtsIn(type: CqlType, types: ByName<UserType>): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (each: CqlType): void => {
    if (each.kind === 'udt') {
      if (found.has(each.name)) return;
      found.add(each.name);
      for (const field of own(types, each.name)?.fields ?? []) visit(field.type);
    } else {
      for (const part of partsOf(each)) visit(part);
    }
  };
  visit(type);
  return found;
}

function partsOf(type: Exclude<CqlType, UdtType>): readonly CqlType[] {
  switch (type.kind) {
    case 'list':
    case 'set':
    case 'vector':
      return [type.element];
    case 'map':
      return [type.key, type.value];
    case 'tuple':
      return type.elements;
    case 'scalar':
    case 'custom':
      return [];
  }
}

function misfit(into: Table, column: string, why: string): CqlformError {
  return new CqlformError('RESTORE_MISFIT', `the backup does not fit ${into.name}.${column}: ${why}`, {
    next: 'Bring the table back to the definition that `cqlform backup show` prints, then restore again.',
    fields: { table: into.name, column },
    exitCode: exitCodes.blocked,
  });
}
