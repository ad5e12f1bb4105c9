import { createText } from '../cql/create.ts';
import { canonicalJson, hashOf } from '../kernel/hash.ts';
import { own } from '../kernel/own.ts';
import type { LiveKeyspace } from '../model/live.ts';
import type { Fingerprint } from '../model/plan.ts';
import type { Schema, SchemaObject } from '../model/schema.ts';
import { typeText } from '../model/type-text.ts';
import { indexesOn, typesNeeded, viewsOn } from './references.ts';
import { objectKinds, objectOf } from './schema-objects.ts';

const absent = 'absent';

/**
 * What a plan is bound to. `addresses` name its objects: `shop` (the keyspace), `shop.users`, `shop.users.email`, which
 * stands for its table. A table counts with its id, options, dropped columns, types, indexes and views.
 */
export function fingerprintOf(addresses: Iterable<string>, live: LiveKeyspace, ledgerHead: string): Fingerprint {
  const names = new Set([...addresses].map((address) => objectAddress(address, live)));
  const objects = [...names].sort().map((address) => [address, hashAt(address, live)]);
  const texts = [...names].sort().flatMap((address) => {
    const text = textAt(address, live);
    return text === null ? [] : [[address, text] as const];
  });
  return {
    objects: Object.fromEntries(objects),
    texts: Object.fromEntries(texts),
    version: live.version.text,
    ledgerHead,
  };
}

export interface FingerprintDifference {
  readonly address: string;
  readonly planned: string;
  readonly now: string;
  /** As CQL, before and after; null where there is nothing, or the plan does not tell. */
  readonly before: string | null;
  readonly after: string | null;
}

/** Where a plan's fingerprint and the one of now part; empty: the plan still fits. */
export function fingerprintDifference(planned: Fingerprint, now: Fingerprint): readonly FingerprintDifference[] {
  const addresses = [...new Set([...Object.keys(planned.objects), ...Object.keys(now.objects)])].sort();
  const pairs = [
    ...addresses.map(
      (address) => [address, own(planned.objects, address) ?? absent, own(now.objects, address) ?? absent] as const,
    ),
    ['server version', planned.version, now.version] as const,
    ['ledger', planned.ledgerHead, now.ledgerHead] as const,
  ];
  return pairs
    .filter(([, was, is]) => was !== is)
    .map(([address, was, is]) => ({
      address,
      planned: was,
      now: is,
      before: own(planned.texts ?? {}, address) ?? null,
      after: own(now.texts ?? {}, address) ?? null,
    }));
}

/** A column's table; a signature may hold dots of its own, but no keyspace is left out of it. */
function objectAddress(address: string, live: LiveKeyspace): string {
  if (address === live.name) return address;
  const name = nameIn(address, live);
  const dot = name.includes('(') ? -1 : name.indexOf('.');
  return `${live.name}.${dot === -1 ? name : name.slice(0, dot)}`;
}

function nameIn(address: string, live: LiveKeyspace): string {
  return address.startsWith(`${live.name}.`) ? address.slice(live.name.length + 1) : address;
}

function hashAt(address: string, live: LiveKeyspace): string {
  if (address === live.name) return live.exists ? hashOf(live.schema.keyspace) : absent;
  const name = nameIn(address, live);
  const found = objectKinds.map((of) => objectOf(live.schema, of, name)).filter((object) => object !== null);
  return found.length === 0 ? absent : hashOf(found.map((object) => contentOf(object, live)));
}

/** What `hashAt` takes the hash of, as CQL, with what CQL cannot say as comments. */
function textAt(address: string, live: LiveKeyspace): string | null {
  if (address === live.name) {
    const { kind: _, ...settings } = live.schema.keyspace;
    return live.exists ? `-- keyspace ${canonicalJson(settings)}` : null;
  }
  const name = nameIn(address, live);
  const found = objectKinds.map((of) => objectOf(live.schema, of, name)).filter((object) => object !== null);
  const texts = found.flatMap((object) => partsOf(object, live));
  return texts.length === 0 ? null : texts.join('\n\n');
}

function partsOf(object: SchemaObject, live: LiveKeyspace): readonly string[] {
  const { schema, facts } = live;
  const types = typesNeeded(object, schema).flatMap((name) => own(schema.types, name) ?? []);
  const dependents =
    object.kind === 'table' ? [...indexesOn(schema, object.name), ...viewsOn(schema, object.name)] : [];
  const statements = [...types, object, ...dependents].map((one) => `${createText(one, null)};`);
  const known = object.kind === 'table' ? own(facts, object.name) : undefined;
  if (known === undefined) return statements;
  const dropped = known.dropped.map((one) => `-- dropped: ${one.name} ${typeText(one.type)} at ${one.droppedAt}`);
  return [...statements, [`-- id ${known.id}`, ...dropped].join('\n')];
}

function contentOf(object: SchemaObject, live: LiveKeyspace): unknown {
  const types = typesNeeded(object, live.schema).map((name) => own(live.schema.types, name) ?? name);
  if (object.kind !== 'table') return { object, types };
  const facts = own(live.facts, object.name);
  return {
    object,
    types,
    id: facts?.id ?? null,
    dropped: facts?.dropped ?? [],
    dependents: dependentsOf(object.name, live.schema),
  };
}

function dependentsOf(table: string, schema: Schema): readonly string[] {
  return [...indexesOn(schema, table), ...viewsOn(schema, table)].map((object) => canonicalJson(object)).sort();
}
