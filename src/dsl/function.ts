import { own } from '../kernel/own.ts';
import type { Field, Aggregate as ModelAggregate, UserFunction } from '../model/schema.ts';
import { signatureOf, signatureText } from '../model/signature.ts';
import type { CqlType as ModelType } from '../model/type.ts';
import { typeText } from '../model/type-text.ts';
import { modelType } from './column.ts';
import type { Fields, Inner } from './cql-type.ts';
import { booleanOf, listOf, mistake, objectOf, type Properties, propertiesOf, shown, textOf } from './mistake.ts';
import { memberNameOf, refuseMoved } from './name.ts';
import { originOf, withOrigin } from './origin.ts';

/** A user-defined function. */
export interface Fn<N extends string = string, A extends Fields = Fields, R extends Inner = Inner> {
  readonly kind: 'function';
  readonly name: N;
  readonly arguments: A;
  readonly returns: R;
}
/** A user-defined aggregate. */
export interface Aggregate<N extends string = string> {
  readonly kind: 'aggregate';
  readonly name: N;
  readonly arguments: readonly Inner[];
}

/**
 * A user-defined function. Its arguments stand in the order in which they are written.
 *
 * @example
 * import { fn, migration, t } from 'cqlform';
 *
 * const plus = fn('plus', {
 *   arguments: { a: t.int(), b: t.int() },
 *   returns: t.int(),
 *   language: 'java',
 *   body: 'return a + b;',
 * });
 *
 * export default migration({ description: 'Addition', schema: [plus] });
 */
export function fn<const N extends string, A extends Fields, R extends Inner>(
  name: N,
  definition: {
    readonly arguments: A;
    readonly returns: R;
    readonly language: 'java' | (string & {});
    readonly body: string;
    /** True: it runs also when an argument is null; otherwise it gives null then. */
    readonly calledOnNull?: boolean;
  },
): Fn<N, A, R> {
  const subject = `function ${memberNameOf('a function', name)}`;
  const given = propertiesOf(subject, definition, ['arguments', 'returns', 'language', 'body', 'calledOnNull']);
  const object: UserFunction = {
    kind: 'function',
    name,
    arguments: argumentsOf(subject, given['arguments']),
    returns: outside(`what ${subject} returns`, given['returns']),
    language: textOf(`language of ${subject}`, given['language']),
    calledOnNull: booleanOf(`calledOnNull of ${subject}`, given['calledOnNull'] ?? false),
    body: textOf(`body of ${subject}`, given['body']),
  };
  const shape: Fn<N, A, R> = {
    kind: 'function',
    name,
    arguments: Object.freeze({ ...definition.arguments }),
    returns: definition.returns,
  };
  return withOrigin(shape, { kind: 'object', object, on: null });
}

/**
 * A user-defined aggregate: `stateFunction` takes the state and the arguments and gives the next state.
 *
 * @example
 * import { aggregate, fn, migration, t } from 'cqlform';
 *
 * const plus = fn('plus', {
 *   arguments: { state: t.int(), value: t.int() },
 *   returns: t.int(),
 *   language: 'java',
 *   body: 'return state + value;',
 * });
 * const total = aggregate('total', {
 *   arguments: [t.int()],
 *   stateFunction: plus,
 *   stateType: t.int(),
 *   initialState: '0',
 * });
 *
 * export default migration({ description: 'Totals', schema: [plus, total] });
 */
export function aggregate<const N extends string, S extends Inner>(
  name: N,
  definition: {
    readonly arguments: readonly Inner[];
    /** A function declared here, or the name of one that is there already. */
    readonly stateFunction: Fn<string, Fields, NoInfer<S>> | (string & {});
    readonly stateType: S;
    readonly finalFunction?: Fn | (string & {});
    /** A CQL literal, e.g. `0` or `(0, 0)`; null when it is left out. */
    readonly initialState?: string;
  },
): Aggregate<N> {
  const subject = `aggregate ${memberNameOf('an aggregate', name)}`;
  const parts = ['arguments', 'stateFunction', 'stateType', 'finalFunction', 'initialState'];
  const given = propertiesOf(subject, definition, parts);
  const types = listOf(`arguments of ${subject}`, given['arguments']).map((type, index) =>
    outside(`argument ${index + 1} of ${subject}`, type),
  );
  const stateType = outside(`stateType of ${subject}`, given['stateType']);
  const object: ModelAggregate = {
    kind: 'aggregate',
    name,
    arguments: types,
    stateFunction: calledIn(subject, given, { part: 'stateFunction', takes: [stateType, ...types], gives: stateType }),
    stateType,
    finalFunction:
      given['finalFunction'] === undefined
        ? null
        : calledIn(subject, given, { part: 'finalFunction', takes: [stateType], gives: null }),
    initialState:
      given['initialState'] === undefined ? null : textOf(`initialState of ${subject}`, given['initialState']),
  };
  const shape: Aggregate<N> = { kind: 'aggregate', name, arguments: Object.freeze([...definition.arguments]) };
  return withOrigin(shape, { kind: 'object', object, on: null });
}

/** Outermost nothing is frozen in a signature: the server refuses the word there and states none. */
export function outside(subject: string, type: unknown): ModelType {
  const model = modelType(subject, type);
  return 'frozen' in model ? { ...model, frozen: false } : model;
}

function argumentsOf(subject: string, given: unknown): readonly Field[] {
  const fields = objectOf(`arguments of ${subject}`, given);
  refuseMoved(subject, Object.keys(fields));
  return Object.entries(fields).map(([name, type]) => {
    memberNameOf(`an argument of ${subject}`, name);
    return { name, type: outside(`argument ${name} of ${subject}`, type) };
  });
}

/** The name of a function that an aggregate calls, its signature compared with what the aggregate needs. */
function calledIn(
  subject: string,
  given: Properties,
  {
    part,
    takes,
    gives,
  }: { readonly part: string; readonly takes: readonly ModelType[]; readonly gives: ModelType | null },
): string {
  const value = own(given, part);
  if (typeof value === 'string') return memberNameOf(`${part} of ${subject}`, value);
  const origin = originOf(value);
  if (origin?.kind !== 'object' || origin.object.kind !== 'function') {
    throw mistake('AGGREGATE_FUNCTION', {
      message: `${part} of ${subject} is ${shown(value)}`,
      next: 'Give a function declared with `fn`, or the name of one.',
    });
  }
  const { name, returns } = origin.object;
  const has = signatureOf(origin.object);
  const needs = signatureText(name, takes);
  if (has !== needs || (gives !== null && typeText(returns) !== typeText(gives))) {
    throw mistake('AGGREGATE_SIGNATURE', {
      message: `${part} of ${subject} is ${has} returning ${typeText(returns)}; it would call ${needs}`,
      next: `Give the function the arguments of ${needs}${gives === null ? '' : `, and let it return ${typeText(gives)}`}.`,
    });
  }
  return name;
}
