import { own } from '../../kernel/own.ts';
import { type Column, keyColumns, type Schema, type Table } from '../../model/schema.ts';
import { type CqlType, typesWithin } from '../../model/type.ts';
import { typeText } from '../../model/type-text.ts';
import { columnOf, isCounterTable, valueColumns } from '../schema-objects.ts';
import { firstOf, nameProblem, type Problem, problem } from './problem.ts';

/** Null when Cassandra would create the table as it is written. */
export function tableProblem(table: Table, schema: Schema): Problem | null {
  return firstOf([
    () => nameProblem('table', table.name),
    () => duplicateColumn(table),
    () => keyProblem(table),
    () => staticProblem(table),
    () => counterProblem(table),
    ...table.columns.map((column) => () => typeProblem(`${table.name}.${column.name}`, column.type, schema)),
    () => ttlProblem(table),
  ]);
}

function duplicateColumn(table: Table): Problem | null {
  const twice = table.columns.find((column, at) => table.columns.findIndex((one) => one.name === column.name) !== at);
  return twice === undefined
    ? null
    : problem('COLUMN_EXISTS', `table ${table.name} states column ${twice.name} twice`, 'Take one of them out.');
}

function keyProblem(table: Table): Problem | null {
  if (table.partitionKey.length === 0)
    return problem('KEY_MISSING', `table ${table.name} has no partition key`, 'Name at least one column as its key.');
  const key = keyColumns(table);
  const twice = key.find((name, at) => key.indexOf(name) !== at);
  if (twice !== undefined)
    return problem('KEY_COLUMN', `table ${table.name} has ${twice} in its key twice`, 'Name it once.');
  const missing = key.find((name) => columnOf(table, name) === undefined);
  if (missing !== undefined)
    return problem(
      'COLUMN_MISSING',
      `the key of ${table.name} names ${missing}, which is no column`,
      'Add the column.',
    );
  for (const name of key) {
    const column = columnOf(table, name);
    const why = column === undefined ? null : unfitForKey(column);
    if (why !== null)
      return problem('KEY_COLUMN', `key column ${table.name}.${name} is ${why}, which a key cannot be`, keyAdvice(why));
  }
  return null;
}

function keyAdvice(why: string): string {
  return why.startsWith('an unfrozen') ? 'Write t.frozen(…) around its type.' : 'Choose another column for the key.';
}

/** Why a column cannot stand in a key; null: it can. */
export function unfitForKey({ type, static: isStatic }: Column): string | null {
  if (isStatic) return 'static';
  if (isMultiCell(type)) return `an unfrozen ${type.kind}`;
  if (type.kind === 'scalar' && (type.name === 'counter' || type.name === 'duration')) return `a ${type.name}`;
  return null;
}

/** Stored as several cells, so that parts of it can be written by themselves. */
export function isMultiCell(type: CqlType): boolean {
  return (type.kind === 'list' || type.kind === 'set' || type.kind === 'map' || type.kind === 'udt') && !type.frozen;
}

function staticProblem(table: Table): Problem | null {
  const column = table.columns.find((one) => one.static);
  if (column === undefined || table.clusteringKey.length > 0) return null;
  return problem(
    'STATIC_WITHOUT_CLUSTERING',
    `column ${table.name}.${column.name} is static, but the table has no clustering key`,
    'Make it a regular column, or give the table a clustering key.',
  );
}

function counterProblem(table: Table): Problem | null {
  if (!isCounterTable(table)) return null;
  const plain = valueColumns(table).find((column) => !isCounter(column.type));
  return plain === undefined
    ? null
    : problem(
        'COUNTER_MIXED',
        `table ${table.name} mixes counters with ${plain.name} ${typeText(plain.type)}; outside the key a table has counters only or none`,
        'Put the counters into a table of their own.',
      );
}

export function isCounter(type: CqlType): boolean {
  return type.kind === 'scalar' && type.name === 'counter';
}

function ttlProblem(table: Table): Problem | null {
  const ttl = table.options['default_time_to_live'];
  if (!isCounterTable(table) || ttl === undefined || Number(ttl) === 0) return null;
  return problem(
    'OPTION_INVALID',
    `table ${table.name}: counters cannot have default_time_to_live`,
    'Take the option out.',
  );
}

/** Null when the type can be stated: its user-defined types are there, and counters stand alone. */
export function typeProblem(where: string, type: CqlType, schema: Schema): Problem | null {
  const missing = typesWithin(type).find((name) => own(schema.types, name) === undefined);
  if (missing !== undefined)
    return {
      ...problem(
        'TYPE_MISSING',
        `${where} uses the type ${missing}, which is not there`,
        `Add udt('${missing}', …) to the migration's schema, or create it before.`,
      ),
      missing: { of: 'type', name: missing },
    };
  if (!isCounter(type) && holdsCounter(type))
    return problem('COUNTER_INSIDE', `${where}: a counter cannot stand inside ${typeText(type)}`, 'Use bigint there.');
  return null;
}

function holdsCounter(type: CqlType): boolean {
  return /\bcounter\b/.test(typeText(type)) && typesWithin(type).every((name) => name !== 'counter');
}
