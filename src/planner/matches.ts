import { whereRelations } from '../cql/where.ts';
import { canonicalJson } from '../kernel/hash.ts';
import { own } from '../kernel/own.ts';
import type { Aggregate, Column, Index, SchemaObject, Table, UserFunction, UserType, View } from '../model/schema.ts';
import { argumentText } from '../model/signature.ts';
import { typeText } from '../model/type-text.ts';
import { listed, nounOf } from './names.ts';
import { optionsThatDiffer, optionText } from './options.ts';
import { columnOf } from './schema-objects.ts';

/**
 * Null when the live object is as wanted, else the first difference in words. What the wanted object leaves out
 * (options, masks) is not managed and not compared.
 */
export function differenceInWords(wanted: SchemaObject, live: SchemaObject): string | null {
  switch (wanted.kind) {
    case 'table':
      return live.kind === 'table' ? tableWords(wanted, live) : kindWords(wanted, live);
    case 'type':
      return live.kind === 'type' ? typeWords(wanted, live) : kindWords(wanted, live);
    case 'index':
      return live.kind === 'index' ? indexWords(wanted, live) : kindWords(wanted, live);
    case 'view':
      return live.kind === 'view' ? viewWords(wanted, live) : kindWords(wanted, live);
    case 'function':
      return live.kind === 'function' ? functionWords(wanted, live) : kindWords(wanted, live);
    case 'aggregate':
      return live.kind === 'aggregate' ? aggregateWords(wanted, live) : kindWords(wanted, live);
  }
}

/** A column for people: `text`, `text static`, `text masked with mask_null()`. */
export function columnText(column: Column): string {
  return column.mask === undefined ? shapeText(column) : `${shapeText(column)} masked with ${column.mask}`;
}

function shapeText(column: Column): string {
  return `${typeText(column.type)}${column.static ? ' static' : ''}`;
}

/** Null when the live column is as wanted, else what differs. */
export function columnDifference(wanted: Column, live: Column): string | null {
  if (typeText(wanted.type) !== typeText(live.type) || wanted.static !== live.static)
    return `column ${wanted.name}: live ${shapeText(live)}, wanted ${shapeText(wanted)}`;
  if (wanted.mask !== undefined && maskText(wanted.mask) !== maskText(live.mask))
    return `column ${wanted.name}: live mask ${live.mask ?? 'none'}, wanted ${wanted.mask}`;
  return null;
}

export function keyText(table: Pick<Table, 'partitionKey' | 'clusteringKey'>): string {
  const clustering = table.clusteringKey.map((part) => (part.order === 'desc' ? `${part.column} desc` : part.column));
  const partition = table.partitionKey.length === 1 ? table.partitionKey[0] : `(${table.partitionKey.join(', ')})`;
  return `(${[partition, ...clustering].join(', ')})`;
}

/** Partition and clustering key are the same, order included. */
export function sameKey(
  a: Pick<Table, 'partitionKey' | 'clusteringKey'>,
  b: Pick<Table, 'partitionKey' | 'clusteringKey'>,
): boolean {
  return canonicalJson([a.partitionKey, a.clusteringKey]) === canonicalJson([b.partitionKey, b.clusteringKey]);
}

/** A mask as one spelling; empty when there is none. */
export function maskText(mask: string | undefined): string {
  return (mask ?? '')
    .replace(/^system\./, '')
    .replaceAll(/\s/g, '')
    .toLowerCase();
}

function kindWords(wanted: SchemaObject, live: SchemaObject): string {
  return `live it is a ${nounOf(live.kind)}, wanted a ${nounOf(wanted.kind)}`;
}

function tableWords(wanted: Table, live: Table): string | null {
  for (const column of wanted.columns) {
    const found = columnOf(live, column.name);
    if (found === undefined) return `column ${column.name} is missing`;
    const difference = columnDifference(column, found);
    if (difference !== null) return difference;
  }
  const more = live.columns.filter((column) => columnOf(wanted, column.name) === undefined);
  if (more.length > 0)
    return `live has ${listed(more.map((column) => `${column.name} ${columnText(column)}`))} besides`;
  if (!sameKey(wanted, live)) return `live key ${keyText(live)}, wanted ${keyText(wanted)}`;
  return optionWords(wanted, live);
}

function optionWords(wanted: Table | View, live: Table | View): string | null {
  const [name] = optionsThatDiffer(wanted.options, live.options);
  if (name === undefined) return null;
  return `live ${optionText(name, own(live.options, name))}, wanted ${optionText(name, own(wanted.options, name))}`;
}

function typeWords(wanted: UserType, live: UserType): string | null {
  const text = (type: UserType): string =>
    type.fields.map((field) => `${field.name} ${typeText(field.type)}`).join(', ');
  return text(wanted) === text(live) ? null : `live (${text(live)}), wanted (${text(wanted)})`;
}

/** `sai` under either of its names. */
export function indexClass(index: Index): string {
  if (typeof index.using === 'string') return index.using;
  const name = index.using.className;
  return name.split('.').at(-1) === 'StorageAttachedIndex' || name.toLowerCase() === 'sai' ? 'sai' : name;
}

function indexWords(wanted: Index, live: Index): string | null {
  const text = (index: Index): string =>
    `${index.form}(${index.table}.${index.column}) using ${indexClass(index)}${optionsSuffix(index.options)}`;
  return text(wanted) === text(live) ? null : `live ${text(live)}, wanted ${text(wanted)}`;
}

function optionsSuffix(options: Readonly<Record<string, string>>): string {
  return Object.keys(options).length === 0 ? '' : ` with ${canonicalJson(options)}`;
}

/** What a view selects, without its options. */
function viewShape(view: View): string {
  const columns = view.columns === '*' ? '*' : [...view.columns].sort().join(', ');
  const where = [...new Set(whereRelations(view.where))].sort().join(' AND ');
  return `select ${columns} from ${view.table} where ${where} primary key ${keyText(view)}`;
}

/** Both select the same rows and columns under the same key; options aside. */
export function sameView(a: View, b: View): boolean {
  return viewShape(a) === viewShape(b);
}

function viewWords(wanted: View, live: View): string | null {
  if (!sameView(wanted, live)) return `live ${viewShape(live)}, wanted ${viewShape(wanted)}`;
  return optionWords(wanted, live);
}

function functionWords(wanted: UserFunction, live: UserFunction): string | null {
  const text = (fn: UserFunction): string =>
    [
      fn.arguments.map((argument) => `${argument.name} ${argumentText(argument.type)}`).join(', '),
      argumentText(fn.returns),
      fn.language.toLowerCase(),
      fn.calledOnNull ? 'called on null' : 'null on null',
      fn.body.trim(),
    ].join(' · ');
  return text(wanted) === text(live) ? null : `live ${text(live)}, wanted ${text(wanted)}`;
}

function aggregateWords(wanted: Aggregate, live: Aggregate): string | null {
  const text = (one: Aggregate): string =>
    `${one.stateFunction} on ${argumentText(one.stateType)}, final ${one.finalFunction ?? 'none'}, initial ${(one.initialState ?? 'null').replaceAll(/\s/g, '')}`;
  return text(wanted) === text(live) ? null : `live ${text(live)}, wanted ${text(wanted)}`;
}
