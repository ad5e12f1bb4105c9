import { own } from '../kernel/own.ts';
import type { LiveKeyspace } from '../model/live.ts';
import type { Schema, SchemaObject } from '../model/schema.ts';
import { type CqlType, partsOf } from '../model/type.ts';
import { addressOf, keyOf, nounOf } from '../planner/names.ts';
import { typesStated } from '../planner/references.ts';
import { objectKinds, objectsOf, withoutObject } from '../planner/schema-objects.ts';

/** Something that a migration cannot hold. */
export interface LeftOut {
  readonly code: 'COMPACT_STORAGE' | 'CUSTOM_TYPE' | 'DEPENDS_ON_LEFT_OUT' | 'TRIGGER';
  readonly address: string;
  readonly reason: string;
  /** Null for what is only a part of an object that is written. */
  readonly object: SchemaObject | null;
}

/** What is left out, with what stands on it; and triggers, which stay as they are on tables that are written. */
export function unsupportedIn(live: LiveKeyspace): readonly LeftOut[] {
  const objects = objectKinds.flatMap((of) => objectsOf(live.schema, of).map(([, object]) => object));
  const found = new Map<SchemaObject, LeftOut>();
  for (const object of objects) {
    const left = reasonAgainst(object, live);
    if (left !== null) found.set(object, { ...left, object, address: addressOf(live.name, keyOf(object)) });
  }
  for (let grown = true; grown; ) {
    grown = false;
    for (const object of objects) {
      const base = found.has(object) ? undefined : [...found.keys()].find((one) => standsOn(object, one));
      if (base === undefined) continue;
      const reason = `it stands on ${nounOf(base.kind)} ${keyOf(base)}, which is left out`;
      const address = addressOf(live.name, keyOf(object));
      found.set(object, { code: 'DEPENDS_ON_LEFT_OUT', address, reason, object });
      grown = true;
    }
  }
  return [...found.values(), ...triggersOf(live)];
}

export function without(schema: Schema, left: readonly LeftOut[]): Schema {
  return left.reduce(
    (so, { object }) => (object === null ? so : withoutObject(so, object.kind, keyOf(object))),
    schema,
  );
}

function reasonAgainst(object: SchemaObject, live: LiveKeyspace): Pick<LeftOut, 'code' | 'reason'> | null {
  if (object.kind === 'table' && own(live.facts, object.name)?.flags.includes('compact') === true) {
    return { code: 'COMPACT_STORAGE', reason: 'it has COMPACT STORAGE, which no migration can declare' };
  }
  const custom = typesStated(object)
    .map(customWithin)
    .find((one) => one !== null);
  return custom === undefined || custom === null
    ? null
    : { code: 'CUSTOM_TYPE', reason: `it uses the Java type ${custom}, which has no name in CQL` };
}

function triggersOf(live: LiveKeyspace): readonly LeftOut[] {
  return Object.entries(live.facts).flatMap(([table, { flags }]) =>
    flags
      .filter((flag) => flag.startsWith('trigger '))
      .map((flag) => ({
        code: 'TRIGGER' as const,
        address: addressOf(live.name, table),
        reason: `its ${flag} is Java code on the nodes: it stays, and no migration knows of it`,
        object: null,
      })),
  );
}

function customWithin(type: CqlType): string | null {
  return type.kind === 'custom'
    ? type.className
    : (partsOf(type)
        .map(customWithin)
        .find((one) => one !== null) ?? null);
}

function standsOn(object: SchemaObject, base: SchemaObject): boolean {
  if (object.kind === 'index' || object.kind === 'view') return base.kind === 'table' && object.table === base.name;
  if (object.kind === 'aggregate' && base.kind === 'function') {
    return object.stateFunction === base.name || object.finalFunction === base.name;
  }
  return base.kind === 'type' && typesStated(object).some((type) => names(type, base.name));
}

function names(type: CqlType, udt: string): boolean {
  return type.kind === 'udt' ? type.name === udt : partsOf(type).some((part) => names(part, udt));
}
