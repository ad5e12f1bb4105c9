import { match } from '../../kernel/match.ts';
import { own } from '../../kernel/own.ts';
import type { Aggregate, Schema, SchemaObject, UserType } from '../../model/schema.ts';
import { keyOf } from '../names.ts';
import { functionsOf, typesStated } from '../references.ts';
import { indexProblem } from './index.ts';
import { firstOf, type Problem, problem } from './problem.ts';
import { isCounter, tableProblem, typeProblem } from './table.ts';
import { viewProblem } from './view.ts';

/** Null when Cassandra would take the object as it is written, among the others of the schema. */
export function objectProblem(object: SchemaObject, schema: Schema): Problem | null {
  return match(object, {
    table: (table) =>
      own(schema.views, table.name) === undefined
        ? tableProblem(table, schema)
        : problem('OBJECT_EXISTS', `table ${table.name} has the name of a materialized view`, 'Choose another name.'),
    type: (type) => userTypeProblem(type, schema),
    index: (index) => indexProblem(index, schema),
    view: (view) => viewProblem(view, schema),
    function: (fn) => firstOf(typesStated(fn).map((type) => () => typeProblem(`function ${keyOf(fn)}`, type, schema))),
    aggregate: (aggregate) => aggregateProblem(aggregate, schema),
  });
}

function userTypeProblem(type: UserType, schema: Schema): Problem | null {
  if (type.fields.length === 0)
    return problem('TYPE_INVALID', `type ${type.name} has no fields`, 'Give it at least one.');
  const names = type.fields.map((field) => field.name);
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined)
    return problem('FIELD_EXISTS', `type ${type.name} states field ${twice} twice`, 'Take one of them out.');
  return firstOf(
    type.fields.map((field) => () => {
      const where = `field ${type.name}.${field.name}`;
      if (isCounter(field.type))
        return problem('COUNTER_INSIDE', `${where}: a type cannot hold a counter`, 'Use bigint there.');
      return typeProblem(where, field.type, schema);
    }),
  );
}

/** Native functions have no entry in the schema; a name that neither is one nor stands there is refused by the server. */
function aggregateProblem(aggregate: Aggregate, schema: Schema): Problem | null {
  const name = `aggregate ${keyOf(aggregate)}`;
  const missing = functionsOf(aggregate).find((key) => own(schema.functions, key) === undefined && !isNative(key));
  if (missing !== undefined)
    return problem('OBJECT_MISSING', `${name} uses ${missing}, which is not there`, 'Add the function to the schema.');
  return firstOf(typesStated(aggregate).map((type) => () => typeProblem(name, type, schema)));
}

/** A function of another keyspace, `system.…`. */
function isNative(key: string): boolean {
  return key.slice(0, key.indexOf('(')).includes('.');
}
