import { cassandra } from '../../src/cassandra.ts';
import { csv } from '../../src/files.ts';
import { backfill, copy, existing, t, table, transform } from '../../src/index.ts';
import { mongo } from '../../src/mongodb.ts';
import { mysql } from '../../src/mysql.ts';

const film = mysql.table('film', {
  connection: 'sakila',
  columns: { id: mysql.int(), title: mysql.varchar(), changed: mysql.timestamp(), version: mysql.bigint() },
  key: ['id'],
});
const films = table('films', { columns: { id: t.int(), title: t.text() }, partitionKey: ['id'] });

copy({ from: film, into: films, since: 'changed' });
copy({ from: film, into: films, since: 'version' });
copy({ from: film, into: films, since: { column: 'changed', overlap: '5m' } });
copy({ from: film, into: films, since: { column: 'version', overlap: 100 } });
transform({ from: film, into: films, since: 'changed', rows: ({ id }, out) => out.emit({ id }) });
// @ts-expect-error misspelt
copy({ from: film, into: films, since: 'chnaged' });
// @ts-expect-error a text does not tell when a row changed
copy({ from: film, into: films, since: 'title' });
// @ts-expect-error times are a span apart
copy({ from: film, into: films, since: { column: 'changed', overlap: 100 } });
// @ts-expect-error numbers are a number apart
copy({ from: film, into: films, since: { column: 'version', overlap: '5m' } });
// @ts-expect-error no such unit
copy({ from: film, into: films, since: { column: 'changed', overlap: '5 weeks' } });
// @ts-expect-error a database does not keep the write times of cells
copy({ from: film, into: films, since: 'writetime' });

const orders = mongo.collection('orders', {
  connection: 'shop',
  columns: { id: mongo.int(), at: mongo.date() },
  key: ['id'],
});
copy({ from: orders, into: films, since: 'at' });

const file = csv.file('films.csv', { columns: { id: csv.int(), at: csv.timestamp() }, key: ['id'] });
// @ts-expect-error files do not tell what changed
copy({ from: file, into: films, since: 'at' });

const old = existing('old', { columns: { id: t.int(), title: t.text(), at: t.timestamp() }, partitionKey: ['id'] });
copy({ from: old, into: films, since: 'writetime' });
copy({ from: old, into: films, since: { by: 'writetime', overlap: '10s' } });
// @ts-expect-error cells tell themselves when they were written
copy({ from: old, into: films, since: 'at' });
const far = cassandra.table('old', { connection: 'far', columns: { id: t.int() }, partitionKey: ['id'] });
copy({ from: far, into: films, since: 'writetime' });
// @ts-expect-error a table into itself has nothing to catch up with
backfill({ from: old, into: old, columns: { title: () => 'x' }, since: 'writetime' });
