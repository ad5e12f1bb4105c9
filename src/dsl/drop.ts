import type { Drop as ModelDrop } from '../model/migration.ts';
import { signatureText } from '../model/signature.ts';
import type { CqlType as ModelType } from '../model/type.ts';
import type { Fields, Inner } from './cql-type.ts';
import { outside } from './function.ts';
import { listOf, mistake, objectOf, shown } from './mistake.ts';
import { memberNameOf } from './name.ts';
import { originOf, withOrigin } from './origin.ts';

/** Takes an object away, when it stands in `schema`. */
export interface Drop {
  readonly kind: 'drop';
  readonly name: string;
}
/** What can be dropped: an object as it is declared, or its kind and name. */
export type Droppable =
  | { readonly kind: 'table' | 'udt' | 'index' | 'view'; readonly name: string }
  | {
      readonly kind: 'function' | 'aggregate';
      readonly name: string;
      readonly arguments: Fields | readonly Inner[];
    };

/**
 * Takes an object away; what a table holds is backed up first. Give the object as it is declared, or its kind and name.
 *
 * @example
 * import { drop, existing, migration, t } from 'cqlform';
 *
 * const oldMovies = existing('old_movies', { columns: { id: t.uuid() }, partitionKey: ['id'] });
 *
 * export default migration({
 *   description: 'Drop the old movies',
 *   schema: [drop(oldMovies), drop({ kind: 'index', name: 'movies_by_title' })],
 * });
 */
export function drop(object: Droppable): Drop {
  const target = targetOf(object);
  const origin = originOf(object);
  return withOrigin(
    { kind: 'drop', name: target.name },
    { kind: 'drop', drop: target, table: origin?.kind === 'table' ? origin : null },
  );
}

function targetOf(object: unknown): ModelDrop {
  if (typeof object !== 'object' || object === null || !('kind' in object) || !('name' in object))
    throw noObject(object);
  const { kind } = object;
  const name = memberNameOf('what is dropped', object.name);
  switch (kind) {
    case 'table':
    case 'index':
    case 'view':
      return { kind: 'drop', of: kind, name };
    case 'udt':
      return { kind: 'drop', of: 'type', name };
    case 'function':
    case 'aggregate':
      return { kind: 'drop', of: kind, name: signatureText(name, argumentsOf(`${kind} ${name}`, object)) };
    default:
      throw noObject(object);
  }
}

function argumentsOf(subject: string, object: object): readonly ModelType[] {
  const { arguments: given } = object as { readonly arguments?: unknown };
  const types = Array.isArray(given)
    ? listOf(`the arguments of ${subject}`, given)
    : Object.values(objectOf(`the arguments of ${subject}`, given));
  return types.map((type, index) => outside(`argument ${index + 1} of ${subject}`, type));
}

function noObject(object: unknown): Error {
  return mistake('DROP_OF_NOTHING', {
    message: `drop was given ${shown(object)}, which is no object of a schema`,
    next: "Give a declared table, type, index, view, function or aggregate, or e.g. `{ kind: 'index', name: 'movies_by_title' }`.",
  });
}
