import { emitDdl } from '../../cql/ddl.ts';
import { chosenOptions, isWholeStatement } from '../../cql/default-options.ts';
import type { Ddl } from '../../model/ddl.ts';
import type { Options } from '../../model/schema.ts';
import type { Step } from '../../model/step.ts';
import { plural } from './numbers.ts';

/** A step's statement for people's eyes. */
export interface ReadableCql {
  readonly text: string;
  /** What the text leaves out, in words; null: it is the statement as it will be sent. */
  readonly leftOut: string | null;
}

/**
 * A table or view that is made again is made with every option that the server states of it. Those at Cassandra's own
 * defaults are counted here, not shown; the plan as JSON and the statement that is sent have them.
 */
export function readableCql(step: Step, keyspace: string): ReadableCql {
  const whole = { text: step.cql, leftOut: null };
  const created = step.work.kind === 'ddl' ? createdBy(step.work.ddl) : null;
  if (created === null || !isWholeStatement(created.options)) return whole;
  const chosen = chosenOptions(created.options);
  const context = { keyspace, tableId: null, dropTimestamp: null };
  if (emitDdl(created.by(created.options), context) !== step.cql) return whole;
  const left = Object.keys(created.options).length - Object.keys(chosen).length;
  if (left === 0) return whole;
  return {
    text: emitDdl(created.by(chosen), context),
    leftOut: `and ${plural(left, 'option')} at Cassandra's own default`,
  };
}

interface Created {
  readonly options: Options;
  readonly by: (options: Options) => Ddl;
}

function createdBy(ddl: Ddl): Created | null {
  if (ddl.kind === 'create-table') {
    return { options: ddl.table.options, by: (options) => ({ ...ddl, table: { ...ddl.table, options } }) };
  }
  if (ddl.kind === 'create-view') {
    return { options: ddl.view.options, by: (options) => ({ ...ddl, view: { ...ddl.view, options } }) };
  }
  return null;
}
