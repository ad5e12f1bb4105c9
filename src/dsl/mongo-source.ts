import { own } from '../kernel/own.ts';
import type { ForeignColumn } from '../model/data.ts';
import { propertiesOf, textOf } from './mistake.ts';
import type { Mongo } from './mongo-type.ts';
import { withOrigin } from './origin.ts';
import type { Source } from './source.ts';
import { columnsOf, fieldsOf, innerType, innerTypes, namesIn, nestedType, typed } from './source-parts.ts';
import { choicesOf } from './sql-source.ts';

const prefix = 'mongo.';

/**
 * Collections of MongoDB. `connection` names a source in the configuration.
 *
 * @example
 * import { copy, migration, t, table } from 'cqlform';
 * import { mongo } from 'cqlform/mongodb';
 *
 * const orders = mongo.collection('orders', {
 *   connection: 'shop',
 *   columns: { id: mongo.objectId(), city: mongo.string(), total: mongo.decimal(), tags: mongo.array(mongo.string()) },
 *   fields: { id: '_id', city: 'address.city' },
 *   key: ['id'],
 * });
 * const ordersById = table('orders_by_id', {
 *   columns: { id: t.text(), city: t.text(), total: t.decimal(), tags: t.set(t.text()) },
 *   partitionKey: ['id'],
 * });
 *
 * export default migration({
 *   description: 'Orders from MongoDB',
 *   schema: [ordersById],
 *   data: [copy({ from: orders, into: ordersById })],
 * });
 */
export const mongo: Mongo = Object.freeze({
  string: typed('mongo.string'),
  int: typed('mongo.int'),
  long: typed('mongo.long'),
  double: typed('mongo.double'),
  decimal: typed('mongo.decimal'),
  boolean: typed('mongo.boolean'),
  objectId: typed('mongo.objectId'),
  objectIdBytes: typed('mongo.objectIdBytes'),
  uuid: typed('mongo.uuid'),
  binary: typed('mongo.binary'),
  date: typed('mongo.date'),
  json: typed('mongo.json'),
  any: typed('mongo.any'),
  array: (element) => {
    innerType('mongo.array', prefix, element);
    return Object.freeze({ kind: 'mongo.array', element });
  },
  map: (element) => {
    innerType('mongo.map', prefix, element);
    return Object.freeze({ kind: 'mongo.map', element });
  },
  object: (fields) => {
    innerTypes('mongo.object', prefix, fields);
    return Object.freeze({ kind: 'mongo.object', fields: Object.freeze({ ...fields }) });
  },
  collection: (name, definition) => mongoSource(name, definition) as never,
} satisfies Mongo);

function mongoSource(name: unknown, definition: unknown): Source {
  const place = textOf('the name of a mongo collection', name);
  const subject = `mongo collection ${place}`;
  const given = propertiesOf(subject, definition, ['connection', 'columns', 'key', 'required', 'fields', 'view']);
  const connection = textOf(`the connection of ${subject}`, given['connection']);
  const types = columnsOf(subject, prefix, given['columns']);
  const key = namesIn(`key of ${subject}`, types, given['key']);
  const required = Object.freeze([
    ...new Set([...key, ...namesIn(`required of ${subject}`, types, given['required'])]),
  ]);
  const fields = fieldsOf(subject, types, given['fields']);
  const settings = Object.freeze(choicesOf(subject, { view: ['snapshot', 'moving'] }, given));
  const columns = Object.entries(types).map(([column, type]): readonly [string, ForeignColumn] => [
    column,
    { ...nestedType(type), required: required.includes(column), field: own(fields, column) ?? column },
  ]);
  const common = { system: 'mongo', connection, place, key, settings };
  return withOrigin(
    { kind: 'source', ...common, columns: types, required, fields },
    { kind: 'source', types, source: { kind: 'foreign', ...common, columns: Object.fromEntries(columns) } },
  );
}
