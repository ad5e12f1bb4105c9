import { match } from '../../kernel/match.ts';
import { own } from '../../kernel/own.ts';
import { longestNames } from '../../model/identifier.ts';
import type { Index, Schema, Table } from '../../model/schema.ts';
import type { CqlType } from '../../model/type.ts';
import { typeText } from '../../model/type-text.ts';
import { indexClass } from '../matches.ts';
import { columnOf } from '../schema-objects.ts';
import { type Problem, problem } from './problem.ts';
import { isCounter, isMultiCell } from './table.ts';

/** Null when Cassandra would build the index as it is written. */
export function indexProblem(index: Index, schema: Schema): Problem | null {
  const table = own(schema.tables, index.table);
  const name = `index ${index.name}`;
  if (table === undefined) {
    const view = own(schema.views, index.table) !== undefined;
    return problem(
      'OBJECT_MISSING',
      view
        ? `${name} is on ${index.table}, a materialized view, which cannot be indexed`
        : `${name} is on ${index.table}, which is no table`,
      'Drop the index too, or put it on a table that is there.',
    );
  }
  if (!/^\w+$/.test(index.name))
    return problem('NAME_INVALID', `${name}: letters, digits and _ only`, 'Choose another name.');
  const longest = indexClass(index) === indexClass({ ...index, using: 'sai' }) ? longestNames.sai : longestNames.index;
  if (index.name.length > longest) {
    return problem(
      'NAME_INVALID',
      `${name}: its files are named after it, and cannot be with more than ${longest} characters`,
      'Choose a shorter name.',
    );
  }
  const column = columnOf(table, index.column);
  if (column === undefined)
    return problem(
      'COLUMN_INDEXED',
      `${name} is on ${index.table}.${index.column}, which the table does not have`,
      `Add drop(${index.name}) to the migration, or put the index on another column.`,
    );
  const why = unfit(index, { type: column.type, table, schema });
  return why === null
    ? duplicate(index, schema)
    : problem('INDEX_INVALID', `${name} on ${index.table}.${index.column}: ${why}`, 'Choose another column or form.');
}

function unfit(
  index: Index,
  { type, table, schema }: { readonly type: CqlType; readonly table: Table; readonly schema: Schema },
): string | null {
  if (isCounter(type)) return 'a counter cannot be indexed';
  if (type.kind === 'scalar' && type.name === 'duration') return 'a duration cannot be indexed';
  if (holdsDuration(type, schema)) return `a ${typeText(type)} cannot be indexed: there is a duration in it`;
  if (type.kind === 'udt' && !type.frozen) return 'an unfrozen user-defined type cannot be indexed';
  if (table.partitionKey.length === 1 && table.partitionKey[0] === index.column)
    return 'the only column of the partition key needs no index and cannot have one';
  const className = indexClass(index);
  if ((className === 'sai' || className.split('.').at(-1) === 'SASIIndex') && !/^\w+$/.test(index.column))
    return `${className === 'sai' ? 'StorageAttachedIndex' : 'SASIIndex'} takes columns whose names are letters, digits and _ only`;
  return unfitForm(index, type) ?? (className === 'sai' ? unfitForSai(index, type) : null);
}

/** At any depth; whatever part of it is indexed, the server takes no such column. It does not look into vectors. */
function holdsDuration(type: CqlType, schema: Schema): boolean {
  const inside = (part: CqlType): boolean => holdsDuration(part, schema);
  return match(type, {
    scalar: ({ name }) => name === 'duration',
    custom: () => false,
    vector: () => false,
    list: ({ element }) => inside(element),
    set: ({ element }) => inside(element),
    map: ({ key, value }) => inside(key) || inside(value),
    tuple: ({ elements }) => elements.some(inside),
    udt: ({ name }) => own(schema.types, name)?.fields.some((field) => inside(field.type)) ?? false,
  });
}

/** StorageAttachedIndex orders the terms that it holds, which not every type can be. */
function unfitForSai({ form }: Index, type: CqlType): string | null {
  const terms = form === 'full' ? [] : termsOf(form, type);
  const odd = terms.find((term) => term.kind === 'scalar' && (term.name === 'blob' || term.name === 'duration'));
  if (odd !== undefined) return `StorageAttachedIndex does not take ${typeText(odd)}`;
  const [term] = terms;
  if (term?.kind !== 'vector' || typeText(term.element) === 'float') return null;
  return 'StorageAttachedIndex takes vectors of float only';
}

function termsOf(form: Index['form'], type: CqlType): readonly CqlType[] {
  if (type.kind === 'list' || type.kind === 'set') return [type.element];
  if (type.kind !== 'map') return [type];
  if (form === 'entries') return [type.key, type.value];
  return [form === 'keys' ? type.key : type.value];
}

function unfitForm(index: Index, type: CqlType): string | null {
  const frozenCollection = (type.kind === 'list' || type.kind === 'set' || type.kind === 'map') && type.frozen;
  if (index.form === 'full') return frozenCollection ? null : 'full() is for frozen collections';
  if (frozenCollection) return `${index.form}() is for collections that are not frozen; use full()`;
  if (index.form === 'values') return null;
  return type.kind === 'map' && isMultiCell(type) ? null : `${index.form}() is for maps`;
}

function duplicate(index: Index, schema: Schema): Problem | null {
  const same = (other: Index): boolean =>
    other.name !== index.name &&
    other.table === index.table &&
    other.column === index.column &&
    other.form === index.form &&
    indexClass(other) === indexClass(index);
  const other = Object.values(schema.indexes).find(same);
  return other === undefined
    ? null
    : problem(
        'INDEX_EXISTS',
        `index ${index.name} is the same as ${other.name}`,
        `Use ${other.name}, or drop it first.`,
      );
}
