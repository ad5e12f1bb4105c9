import type { Document } from 'mongodb';
import { CqlformError } from '../../kernel/errors.ts';
import type { SurveyedColumn, SurveyedTable } from '../../ports/survey.ts';
import { type Addresses, addressOf } from '../sql/address.ts';
import { type DatabaseTarget, nothingDeclared } from '../sql/survey.ts';
import { Census, mostFields } from './census.ts';
import { collectionMissing, MongoConnection } from './connection.ts';
import { readOfField } from './read-type.ts';

const usualDocuments = 10_000;
const batch = 500;

/** The collections of a database, or one of them, by what stands in some of their documents: there is no catalogue. */
export async function surveyMongo(target: DatabaseTarget, addresses: Addresses): Promise<readonly SurveyedTable[]> {
  const address = addressOf(nothingDeclared(target), addresses);
  const connection = await MongoConnection.open(target.connection, address);
  try {
    const listed = await connection.command({ listCollections: 1, nameOnly: true });
    const found = (listed['cursor'] as { readonly firstBatch: readonly Document[] }).firstBatch;
    const names = found.map((one) => String(one['name'])).filter((name) => !name.startsWith('system.'));
    if (target.table !== null && !names.includes(target.table)) throw collectionMissing(connection, target.table);
    const tables: SurveyedTable[] = [];
    for (const name of target.table === null ? names.sort() : [target.table]) {
      tables.push(await tableOf(connection, { ...target, table: name }));
    }
    return tables;
  } finally {
    await connection.close();
  }
}

async function tableOf(connection: MongoConnection, target: DatabaseTarget): Promise<SurveyedTable> {
  const { connection: name, table } = target;
  const place = table ?? '';
  const { n } = await connection.command({ count: place });
  const documents = typeof n === 'number' ? n : null;
  const limit = target.rows ?? usualDocuments;
  const census = new Census();
  for await (const page of documentsOf(connection, { place, documents, limit })) {
    for (const document of page) census.add(document);
  }
  const whole = documents !== null && documents <= limit;
  const surveying = { documents: census.values, whole, nested: target.nested ?? 'udt' };
  const columns = [...census.fields].flatMap(([field, of]) => columnsOf(field, of, surveying));
  return {
    system: 'mongo',
    connection: name,
    place,
    settings: {},
    name: `${name}/${place}`,
    rows: documents,
    bytes: await sizeOf(connection, place),
    columns,
    key: ['_id'],
    unique: await uniqueOf(connection, place),
    notes: census.full
      ? [`it has more than ${mostFields} fields: those after the first ${mostFields} are left out`]
      : [],
  };
}

/** From both ends, because old and new ones differ most. */
async function* documentsOf(
  connection: MongoConnection,
  { place, documents, limit }: { readonly place: string; readonly documents: number | null; readonly limit: number },
): AsyncGenerator<readonly Document[]> {
  const find = { collection: place, filter: {}, projection: {}, sorted: false, at: null };
  if (documents === null || documents <= limit) {
    yield* connection.pages({ ...find, limit }, batch);
    return;
  }
  const half = Math.ceil(limit / 2);
  yield* connection.pages({ ...find, limit: half }, batch);
  yield* connection.pages({ ...find, skip: documents - (limit - half), limit: limit - half }, batch);
}

interface Surveying {
  readonly documents: number;
  readonly whole: boolean;
  readonly nested: NonNullable<DatabaseTarget['nested']>;
}

function columnsOf(field: string, census: Census, surveying: Surveying): readonly SurveyedColumn[] {
  const { documents, whole, nested } = surveying;
  const only = [...census.types.keys()].every((type) => type === 'object') && census.values > 0;
  const inner = [...census.fields];
  const flat = only && inner.length > 0 && inner.every(([name]) => name !== '' && !name.includes('.'));
  if (nested === 'flat' && flat) return inner.flatMap(([name, one]) => columnsOf(`${field}.${name}`, one, surveying));
  const { read, notes } = readOfField(census, whole);
  const json = nested === 'json' && (read.fields !== undefined || read.element !== undefined);
  const refused =
    field === '' ? 'it has no name' : field === '__proto__' ? 'JavaScript has another use for its name' : null;
  return [
    {
      field,
      declared: census.text,
      read: refused !== null ? null : json ? { type: 'mongo.json' } : read,
      refused,
      flag: null,
      nullable: census.values < documents,
      notes: json ? ['what it holds is kept as JSON text'] : notes,
      longest: census.longest,
    },
  ];
}

/** Null: the server does not say. */
async function sizeOf(connection: MongoConnection, place: string): Promise<number | null> {
  const stats = await connection.command({ collStats: place }).catch(ignored);
  return typeof stats?.['size'] === 'number' ? stats['size'] : null;
}

async function uniqueOf(connection: MongoConnection, place: string): Promise<readonly (readonly string[])[]> {
  const listed = await connection.command({ listIndexes: place }).catch(ignored);
  const indexes = (listed?.['cursor'] as { readonly firstBatch?: readonly Document[] } | undefined)?.firstBatch ?? [];
  return indexes.flatMap((index) => {
    const partial = index['partialFilterExpression'] !== undefined || index['sparse'] === true;
    return index['unique'] === true && !partial ? [Object.keys((index['key'] as Document | undefined) ?? {})] : [];
  });
}

/** What a report can do without: views have neither size nor indexes, and the right to ask may be missing. */
function ignored(thrown: unknown): null {
  if (thrown instanceof CqlformError && thrown.code === 'SOURCE_QUERY_FAILED') return null;
  throw thrown;
}
