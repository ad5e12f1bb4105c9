import { match } from '../../kernel/match.ts';
import { own } from '../../kernel/own.ts';
import type { Schema, SchemaObject, UserType } from '../../model/schema.ts';
import { keyOf } from '../names.ts';
import { typesStated } from '../references.ts';
import { aggregateProblem } from './aggregate.ts';
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
