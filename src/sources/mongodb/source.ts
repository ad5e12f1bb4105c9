import { setTimeout as sleep } from 'node:timers/promises';
import type { Document } from 'mongodb';
import { CqlformError } from '../../kernel/errors.ts';
import { hashOf } from '../../kernel/hash.ts';
import { own } from '../../kernel/own.ts';
import type { ForeignSource } from '../../model/data.ts';
import type {
  ChangedRows,
  Source,
  SourceChanges,
  SourceFacts,
  SourceNote,
  SourceRow,
  Split,
} from '../../ports/source.ts';
import type { Strangers } from '../files/strangers.ts';
import { type Addresses, addressOf } from '../sql/address.ts';
import { unknownType } from '../sql/notes.ts';
import { changedFilter, changeField, DocumentChanges } from './changes.ts';
import { collectionMissing, type Find, MongoConnection } from './connection.ts';
import { everything, filterOf, type IdRange, idRanges, isOrdered, RangeText } from './ranges.ts';
import { DocumentRows } from './rows.ts';
import { isMongoType } from './values.ts';

const batch = 500;
/** How often a range is taken up again where its connection broke, and the wait before the first time. */
const tries = 5;
const firstWaitMs = 200;
/** Up to so many changed documents are read in one piece. */
const fewChanges = 20_000;
/**
 * A server that looks at the whole collection for each piece, and sorts it: pieces of a small one, and one cursor over a
 * larger one, in the order that the server has it.
 */
const scanning = { pieces: 4, mostDocuments: 20_000 };

/** A collection or view of MongoDB. */
export async function openMongo(
  declared: ForeignSource,
  addresses: Addresses,
  {
    strangers,
    changed,
  }: { readonly strangers?: Strangers | undefined; readonly changed?: ChangedRows | undefined } = {},
): Promise<Source> {
  for (const [name, column] of Object.entries(declared.columns)) {
    if (!isMongoType(column)) throw unknownType('MongoDB', name, column.type);
  }
  const connection = await MongoConnection.open(declared.connection ?? '', addressOf(declared, addresses));
  try {
    const collection = await collectionOf(connection, declared);
    const common = { declared, connection, rows: new DocumentRows(declared, strangers), text: await RangeText.load() };
    if (changed === undefined) return new MongoSource({ ...common, collection, changed: null });
    const filter = await changedFilter(changeField(declared, changed.column), changed.from);
    const { n } = await connection.command({ count: declared.place, query: filter });
    const documents = typeof n === 'number' ? n : null;
    return new MongoSource({ ...common, collection: { ...collection, documents }, changed: filter });
  } catch (thrown) {
    await connection.close();
    throw thrown;
  }
}

/** What the server says of a collection. */
interface Collection {
  /** False for views and time series, which have no index by `_id`. */
  readonly indexed: boolean;
  readonly identity: unknown;
  /** An estimate. */
  readonly documents: number | null;
  /** Whether the server can show one moment to several readers. */
  readonly snapshots: boolean;
  /** Whether it looks at every document for each range. */
  readonly scans: boolean;
}

async function collectionOf(connection: MongoConnection, { place }: ForeignSource): Promise<Collection> {
  const listed = await connection.command({ listCollections: 1, filter: { name: place } });
  const [found] = (listed['cursor'] as { readonly firstBatch: readonly Document[] }).firstBatch;
  if (found === undefined) throw collectionMissing(connection, place);
  const hello = await connection.command({ hello: 1 });
  const clustered = hello['setName'] !== undefined || hello['msg'] === 'isdbgrid';
  const { ferretdbVersion } = await connection.command({ buildInfo: 1 });
  const indexed = found['type'] === 'collection';
  const { n } = indexed ? await connection.command({ count: place }) : {};
  return {
    indexed,
    identity: [connection.database, String(found['info']?.uuid ?? '')],
    documents: typeof n === 'number' ? n : null,
    snapshots: clustered && indexed && Number(hello['maxWireVersion']) >= 13,
    scans: ferretdbVersion !== undefined,
  };
}

interface Opened {
  readonly declared: ForeignSource;
  readonly connection: MongoConnection;
  readonly collection: Collection;
  readonly rows: DocumentRows;
  readonly text: RangeText;
  /** Which documents are wanted; null: all. */
  readonly changed: Document | null;
}

class MongoSource implements Source {
  readonly #opened: Opened;
  readonly #rows: DocumentRows;
  /** The moment that is read; the first reader sets it for all. */
  #moment: Promise<unknown> | null = null;

  constructor(opened: Opened) {
    this.#opened = opened;
    this.#rows = opened.rows;
  }

  async facts(): Promise<SourceFacts> {
    const { declared, collection } = this.#opened;
    const { identity, documents } = collection;
    return {
      rows: documents,
      bytes: null,
      missing: [],
      distinct: collection.indexed && declared.key.some((name) => own(declared.columns, name)?.field === '_id'),
      identity: hashOf({ identity, declared }),
      notes: [...this.#viewNotes(), ...(await this.#emptyNotes())],
    };
  }

  async sample(wanted: number): Promise<readonly SourceRow[]> {
    return (await this.#samples(wanted)).map((document) => this.#rows.row(document));
  }

  changes(column: string): SourceChanges {
    const { declared, connection, collection } = this.#opened;
    const field = changeField(declared, column);
    return new DocumentChanges(connection, { collection: declared.place, field, listed: collection.indexed });
  }

  async splits(wanted: number): Promise<readonly Split[]> {
    const { declared, collection, text, changed } = this.#opened;
    const few = changed !== null && (collection.documents ?? 0) < fewChanges;
    const scanned = collection.scans && (collection.documents ?? 0) > scanning.mostDocuments;
    if (!collection.indexed || few || scanned) return [text.splitOf(declared.place, everything)];
    const at = await this.#at();
    const ranges = await idRanges(
      async (range, documents) => {
        const find = { ...this.#find(range, at), projection: { _id: 1 }, sorted: true, skip: documents - 1, limit: 1 };
        for await (const [found] of this.#opened.connection.pages(find, 1)) return found?.['_id'] ?? null;
        return null;
      },
      { wanted: collection.scans ? Math.min(wanted, scanning.pieces) : wanted, documents: collection.documents ?? 0 },
    );
    return ranges.map((range) => text.splitOf(declared.place, range));
  }

  async *read(split: Split): AsyncIterable<readonly SourceRow[]> {
    const at = await this.#at();
    let range = this.#opened.text.rangeOf(split);
    let resumable = isOrdered(range);
    for (let failures = 0; ; ) {
      try {
        for await (const page of this.#opened.connection.pages(this.#find(range, at), batch)) {
          yield page.map((document) => this.#rows.row(document));
          failures = 0;
          const last: unknown = page.at(-1)?.['_id'];
          // Nothing is greater than NaN, which comes first.
          resumable = isOrdered(range) && (range.type !== 'number' || !Number.isNaN(Number(last)));
          if (resumable) range = { ...range, after: last };
        }
        return;
      } catch (thrown) {
        failures += 1;
        const again = thrown instanceof CqlformError && thrown.code === 'SOURCE_CONNECTION_LOST';
        if (!again || !resumable || failures >= tries) throw thrown;
        await sleep(firstWaitMs * 2 ** failures);
      }
    }
  }

  async close(): Promise<void> {
    await this.#opened.connection.close();
  }

  #filter(range: IdRange): Document {
    const { changed } = this.#opened;
    return changed === null ? filterOf(range) : { $and: [changed, filterOf(range)] };
  }

  #find(range: IdRange, at: unknown): Find {
    const { place } = this.#opened.declared;
    const { projection } = this.#rows;
    return { collection: place, filter: this.#filter(range), projection, sorted: isOrdered(range), at };
  }

  #at(): Promise<unknown> {
    const { declared, connection, collection } = this.#opened;
    if (!collection.snapshots || declared.settings['view'] === 'moving') return Promise.resolve(null);
    this.#moment ??= connection
      .command({ find: declared.place, limit: 1, singleBatch: true, readConcern: { level: 'snapshot' } })
      .then((answer) => (answer['cursor'] as Document)['atClusterTime'] ?? null);
    return this.#moment;
  }

  async #samples(wanted: number): Promise<readonly Document[]> {
    const { connection, collection, declared } = this.#opened;
    // the end of a collection is where it was read through to
    const half = collection.scans ? wanted : Math.ceil(wanted / 2);
    const found: Document[] = [];
    const common = { collection: declared.place, filter: {}, projection: this.#rows.projection, at: null };
    for await (const page of connection.pages({ ...common, sorted: false, limit: half }, batch)) found.push(...page);
    const more = (collection.documents ?? 0) - half;
    if (more <= 0 || collection.scans) return found;
    const skip = Math.max(half, (collection.documents ?? 0) - half);
    for await (const page of connection.pages({ ...common, sorted: false, skip, limit: half }, batch))
      found.push(...page);
    return found;
  }

  #viewNotes(): readonly SourceNote[] {
    const { declared, collection } = this.#opened;
    if (collection.snapshots && declared.settings['view'] !== 'moving') return [];
    const why = collection.snapshots ? 'is read as it changes' : 'is on a server that offers no view of one moment';
    return [
      {
        code: 'SOURCE_NOT_TRANSACTIONAL',
        severity: 'warning',
        message: `${declared.place} ${why}`,
        next: 'Stop writing to it while it is copied, or copy it again afterwards.',
      },
    ];
  }

  async #emptyNotes(): Promise<readonly SourceNote[]> {
    const { declared } = this.#opened;
    const documents = await this.#samples(1000);
    const seen = new Set(documents.flatMap((document) => this.#rows.columnsIn(document)));
    const never = Object.entries(declared.columns).filter(([name]) => !seen.has(name));
    if (documents.length === 0 || never.length === 0) return [];
    return [
      {
        code: 'SOURCE_FIELD_UNSEEN',
        severity: 'warning',
        message: `none of ${documents.length} documents of ${declared.place} has ${never.map(([, { field }]) => field).join(', ')}`,
        next: 'Correct `fields`, unless such documents come later.',
      },
    ];
  }
}
