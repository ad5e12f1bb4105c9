import { cassandra } from '../../src/cassandra.ts';
import type { Decimal, RowOf, Uuid } from '../../src/index.ts';
import { backfill, copy, desc, migration, t, table, transform, udt } from '../../src/index.ts';
import { same } from './same.ts';

const address = udt('address', { street: t.text(), zip: t.int() });
const old = cassandra.table('movies', {
  connection: 'legacy',
  keyspace: 'shop',
  columns: {
    id: t.uuid(),
    at: t.int(),
    motto: t.static(t.text()),
    price: t.decimal(),
    tags: t.set(t.text()),
    home: address,
  },
  partitionKey: ['id'],
  clusteringKey: [desc('at')],
});
type Old = RowOf<typeof old>;
same<Old['id'], Uuid>(true);
same<Old['at'], number | null>(true);
same<Old['motto'], string | null>(true);
same<Old['price'], Decimal | null>(true);
same<Old['tags'], ReadonlySet<string>>(true);
same<Old['home'], { readonly street: string | null; readonly zip: number | null } | null>(true);

const movies = table('movies', {
  columns: { id: t.uuid(), at: t.int(), motto: t.static(t.text()), price: t.decimal(), tags: t.set(t.text()) },
  partitionKey: ['id'],
  clusteringKey: ['at'],
});
// Null in the clustering key means the partition's static cells, on both sides.
copy({ from: old, into: movies });
transform({ from: old, into: movies, rows: ({ id, at }, out) => out.emit({ id, at: at ?? 0 }) });

const flat = table('flat', { columns: { id: t.uuid(), at: t.int() }, partitionKey: ['id'], clusteringKey: ['at'] });
// @ts-expect-error at is null in partitions that only have static cells, and this table has none
copy({ from: old, into: flat });
const texts = table('texts', { columns: { id: t.uuid(), price: t.int() }, partitionKey: ['id'] });
// @ts-expect-error price is a decimal, which does not fit into an int
copy({ from: old, into: texts });
copy({ from: old, into: texts, columns: { price: (row) => Number(row.price) } });
// @ts-expect-error a table of another cluster is not written
copy({ from: movies, into: old });
// @ts-expect-error a backfill fills the table that it reads
backfill({ from: old, into: movies, columns: { price: 'price' } });
// @ts-expect-error it is not this migration's to make
migration({ description: 'x', schema: [old] });
// @ts-expect-error a connection has to be named
cassandra.table('movies', { columns: { id: t.uuid() }, partitionKey: ['id'] });
// @ts-expect-error no such column
cassandra.table('movies', { connection: 'legacy', columns: { id: t.uuid() }, partitionKey: ['ida'] });
// @ts-expect-error a static column cannot stand in the key
cassandra.table('movies', { connection: 'legacy', columns: { id: t.static(t.uuid()) }, partitionKey: ['id'] });
