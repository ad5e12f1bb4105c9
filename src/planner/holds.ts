import { canonicalJson } from '../kernel/hash.ts';
import { match } from '../kernel/match.ts';
import { own } from '../kernel/own.ts';
import type { Condition } from '../model/ddl.ts';
import type { LiveKeyspace } from '../model/live.ts';
import type { KeyspaceSettings, Options, Schema } from '../model/schema.ts';
import { typeText } from '../model/type-text.ts';
import { columnDifference, differenceInWords } from './matches.ts';
import { keyOf, nounOf } from './names.ts';
import { optionsThatDiffer, optionText, replicationHolds } from './options.ts';
import { columnOf, objectOf } from './schema-objects.ts';

/** Null when the condition is true of the keyspace, else what is different, in words. */
export function holds(condition: Condition, live: Pick<LiveKeyspace, 'exists' | 'schema'>): string | null {
  const { schema } = live;
  return match(condition, {
    'keyspace-present': () => (live.exists ? null : 'the keyspace does not exist'),
    present: ({ object }) => {
      const found = objectOf(schema, object.kind, keyOf(object));
      const name = `${nounOf(object.kind)} ${keyOf(object)}`;
      if (found === null) return `${name} is missing`;
      const difference = differenceInWords(object, found);
      return difference === null ? null : `${name} is different: ${difference}`;
    },
    absent: ({ of, name }) => (objectOf(schema, of, name) === null ? null : `${nounOf(of)} ${name} is there`),
    'column-present': ({ table, column }) => {
      const found = own(schema.tables, table);
      if (found === undefined) return `table ${table} is missing`;
      const there = columnOf(found, column.name);
      if (there === undefined) return `column ${table}.${column.name} is missing`;
      const difference = columnDifference(column, there);
      return difference === null ? null : `table ${table}: ${difference}`;
    },
    'column-absent': ({ table, column }) => {
      const found = own(schema.tables, table);
      if (found === undefined) return `table ${table} is missing`;
      return columnOf(found, column) === undefined ? null : `column ${table}.${column} is there`;
    },
    'field-present': ({ type, field }) => {
      const found = own(schema.types, type);
      if (found === undefined) return `type ${type} is missing`;
      const there = found.fields.find((one) => one.name === field.name);
      if (there === undefined) return `field ${type}.${field.name} is missing`;
      return typeText(there.type) === typeText(field.type)
        ? null
        : `field ${type}.${field.name} is ${typeText(there.type)}, not ${typeText(field.type)}`;
    },
    'field-absent': ({ type, field }) => {
      const found = own(schema.types, type);
      if (found === undefined) return `type ${type} is missing`;
      return found.fields.some((one) => one.name === field) ? `field ${type}.${field} is there` : null;
    },
    options: ({ of, name, options }) => optionsHold(of, { name, options, schema }),
    'keyspace-settings': ({ settings }) =>
      live.exists ? settingsHold(settings, schema.keyspace) : 'the keyspace does not exist',
  });
}

function optionsHold(
  of: 'table' | 'view',
  { name, options, schema }: { readonly name: string; readonly options: Options; readonly schema: Schema },
): string | null {
  const found = of === 'table' ? own(schema.tables, name) : own(schema.views, name);
  if (found === undefined) return `${nounOf(of)} ${name} is missing`;
  const [first] = optionsThatDiffer(options, found.options);
  return first === undefined
    ? null
    : `${nounOf(of)} ${name} has ${optionText(first, own(found.options, first))}, not ${optionText(first, own(options, first))}`;
}

/** Null when the settings given are those of the keyspace. */
export function settingsHold(wanted: KeyspaceSettings, live: KeyspaceSettings): string | null {
  if (wanted.durableWrites !== undefined && (live.durableWrites ?? true) !== wanted.durableWrites)
    return `durable_writes is ${live.durableWrites}, not ${wanted.durableWrites}`;
  if (wanted.replication !== undefined && !replicationHolds(wanted.replication, live.replication))
    return `replication is ${canonicalJson(live.replication ?? {})}, not ${canonicalJson(wanted.replication)}`;
  return null;
}
