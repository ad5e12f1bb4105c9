import { own } from '../kernel/own.ts';
import type { Aggregate, UserFunction } from '../model/schema.ts';
import { argumentText } from '../model/signature.ts';
import { breaksReaders, grantsLost } from './hazards.ts';
import { keyOf } from './names.ts';
import { aggregatesUsing } from './references.ts';
import { changesOf, type SectionContext } from './section-context.ts';
import type { SectionWriter } from './writer.ts';

/** Functions and aggregates that are new or changed; what cannot be replaced is dropped and created again. */
export function addFunctions({ writer, changes, after }: SectionContext): void {
  const functions = changesOf(changes, 'function').flatMap((change) => (change.after === null ? [] : [change.after]));
  const aggregates = changesOf(changes, 'aggregate').flatMap((change) => (change.after === null ? [] : [change.after]));
  const remade = functions.filter((fn) => {
    const live = own(writer.world.schema.functions, keyOf(fn));
    return live !== undefined && !replaceable(live, fn);
  });
  const back = dropForRemake(writer, remade, aggregates);
  for (const fn of functions) createFunction(writer, fn);
  const gone = changesOf(changes, 'aggregate').flatMap((change) => (change.after === null ? [change.name] : []));
  const again = back
    .filter((aggregate) => !gone.includes(keyOf(aggregate)))
    .map((aggregate) => own(after.aggregates, keyOf(aggregate)) ?? aggregate);
  const all = new Map([...again, ...aggregates].map((aggregate) => [keyOf(aggregate), aggregate]));
  for (const aggregate of all.values()) createAggregate(writer, aggregate);
}

export function dropFunctions({ writer, changes }: SectionContext): void {
  for (const { name, after } of changesOf(changes, 'aggregate')) if (after === null) dropAggregate(writer, name, false);
  for (const { name, after } of changesOf(changes, 'function')) if (after === null) dropFunction(writer, name, false);
}

/** Drops the aggregates that cannot be replaced or stand on a function that cannot, then these functions. */
function dropForRemake(
  writer: SectionWriter,
  functions: readonly UserFunction[],
  aggregates: readonly Aggregate[],
): readonly Aggregate[] {
  const { schema } = writer.world;
  const standing = functions.flatMap((fn) => aggregatesUsing(schema, keyOf(fn)));
  const changed = aggregates.filter((one) => {
    const live = own(schema.aggregates, keyOf(one));
    return live !== undefined && !sameResult(live, one);
  });
  const dropped = new Map([...standing, ...changed].map((aggregate) => [keyOf(aggregate), aggregate]));
  for (const key of dropped.keys()) dropAggregate(writer, key, true);
  for (const fn of functions) dropFunction(writer, keyOf(fn), true);
  return [...dropped.values()];
}

/** CREATE OR REPLACE keeps the result's type and what happens on null. */
function replaceable(live: UserFunction, wanted: UserFunction): boolean {
  return argumentText(live.returns) === argumentText(wanted.returns) && live.calledOnNull === wanted.calledOnNull;
}

function sameResult(live: Aggregate, wanted: Aggregate): boolean {
  return argumentText(live.stateType) === argumentText(wanted.stateType) && live.finalFunction === wanted.finalFunction;
}

function createFunction(writer: SectionWriter, fn: UserFunction): void {
  const key = keyOf(fn);
  const replace = own(writer.world.schema.functions, key) !== undefined;
  writer.ddl(
    { kind: 'create-function', function: fn, replace },
    { object: key, title: `${replace ? 'replace' : 'create'} function ${key}` },
  );
}

function createAggregate(writer: SectionWriter, aggregate: Aggregate): void {
  const key = keyOf(aggregate);
  const replace = own(writer.world.schema.aggregates, key) !== undefined;
  writer.ddl(
    { kind: 'create-aggregate', aggregate, replace },
    { object: key, title: `${replace ? 'replace' : 'create'} aggregate ${key}` },
  );
}

function dropFunction(writer: SectionWriter, signature: string, remade: boolean): void {
  if (own(writer.world.schema.functions, signature) === undefined) return;
  writer.ddl({ kind: 'drop-function', signature }, dropAbout(writer, `function ${signature}`, { signature, remade }));
}

function dropAggregate(writer: SectionWriter, signature: string, remade: boolean): void {
  if (own(writer.world.schema.aggregates, signature) === undefined) return;
  writer.ddl({ kind: 'drop-aggregate', signature }, dropAbout(writer, `aggregate ${signature}`, { signature, remade }));
}

function dropAbout(
  writer: SectionWriter,
  what: string,
  { signature, remade }: { readonly signature: string; readonly remade: boolean },
): Parameters<SectionWriter['ddl']>[1] {
  const address = writer.address(signature);
  return {
    object: signature,
    title: `drop ${what}`,
    why: remade ? 'it cannot be replaced while its result or its function changes' : '',
    hazards: [breaksReaders(address, signature), ...(remade ? [grantsLost(address)] : [])],
  };
}
