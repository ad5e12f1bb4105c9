import { quotedType } from './identifier.ts';
import type { Aggregate, UserFunction } from './schema.ts';
import type { CqlType } from './type.ts';
import { typeText } from './type-text.ts';

/** The key of a function or aggregate in a schema, which is also what DROP takes after the keyspace: `name(int, list<text>)`. */
export function signatureOf(callable: UserFunction | Aggregate): string {
  return signatureText(callable.name, argumentTypes(callable));
}

/** The same of a name and the types of its arguments. */
export function signatureText(name: string, types: readonly CqlType[]): string {
  return `${quotedType(name)}(${types.map(argumentText).join(', ')})`;
}

/** A type as the argument, result or state of a function: CQL refuses `frozen` there on the outside, and states none. */
export function argumentText(type: CqlType): string {
  if (type.kind === 'list' || type.kind === 'set' || type.kind === 'map' || type.kind === 'udt') {
    return typeText({ ...type, frozen: false });
  }
  return typeText(type);
}

function argumentTypes(callable: UserFunction | Aggregate): readonly CqlType[] {
  return callable.kind === 'function' ? callable.arguments.map(({ type }) => type) : callable.arguments;
}
