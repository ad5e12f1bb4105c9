import type { Index, IndexForm } from '../model/schema.ts';
import type { SchemaRow } from './introspect-rows.ts';
import { textField, textMapField } from './introspect-value.ts';

const saiNames: ReadonlySet<string> = new Set([
  'sai',
  'storageattachedindex',
  'org.apache.cassandra.index.sai.storageattachedindex',
]);

export function indexOf(row: SchemaRow): Index {
  const { target = '', class_name: className, ...options } = textMapField(row, 'options');
  const using = usingOf(className);
  return {
    kind: 'index',
    name: textField(row, 'index_name'),
    table: textField(row, 'table_name'),
    ...targetOf(target),
    using,
    options: using === 'sai' ? saiOptions(options) : options,
  };
}

function usingOf(className: string | undefined): Index['using'] {
  if (className === undefined) return 'secondary';
  return saiNames.has(className.toLowerCase()) ? 'sai' : { className };
}

/** Options whose values SAI reads in any case, and keeps as they were given. */
const caseless: ReadonlySet<string> = new Set([
  'ascii',
  'case_sensitive',
  'normalize',
  'optimize_for',
  'similarity_function',
]);

function saiOptions(options: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [name, caseless.has(name) ? value.toLowerCase() : value]),
  );
}

/** `name`, `"Name"`, `keys(name)`; the form of a column without elements is `values`. */
function targetOf(target: string): { readonly column: string; readonly form: IndexForm } {
  const [, form, inside] = /^(keys|values|entries|full)\((.*)\)$/s.exec(target) ?? [];
  const column = inside ?? target;
  return {
    column: column.startsWith('"') ? column.slice(1, -1).replaceAll('""', '"') : column,
    form: form === 'keys' || form === 'entries' || form === 'full' ? form : 'values',
  };
}
