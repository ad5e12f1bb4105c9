import { own } from '../../kernel/own.ts';
import type { Aggregate, Schema } from '../../model/schema.ts';
import { argumentText } from '../../model/signature.ts';
import type { CqlType } from '../../model/type.ts';
import { typeText } from '../../model/type-text.ts';
import { keyOf } from '../names.ts';
import { functionsOf, typesStated } from '../references.ts';
import { firstOf, type Problem, problem } from './problem.ts';
import { typeProblem } from './table.ts';

/** Null when Cassandra would create the aggregate. Its functions are found by their arguments, so those fit. */
export function aggregateProblem(aggregate: Aggregate, schema: Schema): Problem | null {
  const name = `aggregate ${keyOf(aggregate)}`;
  const keys = functionsOf(aggregate);
  const missing = keys.find((key) => own(schema.functions, key) === undefined && !isNative(key));
  if (missing !== undefined)
    return {
      ...problem('OBJECT_MISSING', `${name} uses ${missing}, which is not there`, 'Add the function to the schema.'),
      missing: { of: 'function', name: missing },
    };
  return firstOf([
    () => stateProblem(aggregate, schema, keys[0] ?? ''),
    ...typesStated(aggregate).map((type) => () => typeProblem(name, type, schema)),
  ]);
}

function stateProblem(aggregate: Aggregate, schema: Schema, key: string): Problem | null {
  const fn = own(schema.functions, key);
  const name = `aggregate ${keyOf(aggregate)}`;
  const [state, { initialState }] = [aggregate.stateType, aggregate];
  if (fn !== undefined && argumentText(fn.returns) !== argumentText(state))
    return problem(
      'AGGREGATE_INVALID',
      `${name}: its state function ${key} returns ${argumentText(fn.returns)}, and the state is ${argumentText(state)}`,
      'Let the function return the type of its first argument, or give the aggregate another state function.',
    );
  const empty = initialState === null || initialState.trim().toLowerCase() === 'null';
  if (fn !== undefined && !fn.calledOnNull && empty)
    return problem(
      'AGGREGATE_INVALID',
      `${name} has no initial state, and its state function ${key} is not called on null`,
      'Give it an `initialState`, or the function `calledOnNull: true`.',
    );
  if (empty || fits(initialState.trim(), state)) return null;
  return problem(
    'AGGREGATE_INVALID',
    `${name}: its initial state ${initialState} is no ${typeText(state)}`,
    'Write it as a CQL literal of the state type.',
  );
}

const integerBits: Readonly<Record<string, bigint>> = { tinyint: 8n, smallint: 16n, int: 32n, bigint: 64n };

/** False for a literal that is surely of another type; what is no plain literal is left to the server. */
function fits(literal: string, type: CqlType): boolean {
  const [isText, isInteger] = [/^(?:'|\$\$)/.test(literal), /^-?\d+$/.test(literal)];
  const plain = isText || isInteger || /^(?:-?\d+\.\d|true$|false$|\[)/i.test(literal);
  if (!plain) return true;
  if (type.kind === 'list' || type.kind === 'vector') return literal.startsWith('[');
  if (type.kind !== 'scalar') return false;
  const bits = own(integerBits, type.name);
  if (bits !== undefined) return isInteger && BigInt.asIntN(Number(bits), BigInt(literal)) === BigInt(literal);
  if (type.name === 'text' || type.name === 'ascii') return isText;
  if (type.name === 'boolean') return /^(?:true|false)$/i.test(literal);
  return true;
}

/** A function of another keyspace, `system.…`; it has no entry in the schema. */
function isNative(key: string): boolean {
  return key.slice(0, key.indexOf('(')).includes('.');
}
