import type {
  Decimal,
  Duration,
  Inet,
  InsertOf,
  LocalDate,
  LocalTime,
  RowOf,
  TimeUuid,
  Uuid,
} from '../../src/index.ts';
import { t, table, to, udt } from '../../src/index.ts';
import { same } from './same.ts';

const everything = table('everything', {
  columns: {
    id: t.uuid(),
    ascii: t.ascii(),
    bigint: t.bigint(),
    blob: t.blob(),
    boolean: t.boolean(),
    date: t.date(),
    decimal: t.decimal(),
    double: t.double(),
    duration: t.duration(),
    float: t.float(),
    inet: t.inet(),
    int: t.int(),
    smallint: t.smallint(),
    text: t.text(),
    time: t.time(),
    timestamp: t.timestamp(),
    timeuuid: t.timeuuid(),
    tinyint: t.tinyint(),
    varint: t.varint(),
    list: t.list(t.int()),
    set: t.set(t.text()),
    map: t.map(t.text(), t.bigint()),
    byNumber: t.map(t.int(), t.text()),
    frozenSet: t.frozen(t.set(t.text())),
    tuple: t.tuple(t.int(), t.text()),
    vector: t.vector(3),
    vectorOfText: t.vector(2, t.text()),
    json: t.json<{ readonly imdb: string }>(),
    anyJson: t.json(),
    masked: t.masked(t.text(), 'mask_default()'),
    nested: t.list(t.map(t.text(), t.set(t.decimal()))),
  },
  partitionKey: ['id'],
});
type Row = RowOf<typeof everything>;
same<Row['id'], Uuid>(true);
same<Row['ascii'], string | null>(true);
same<Row['bigint'], bigint | null>(true);
same<Row['blob'], Uint8Array | null>(true);
same<Row['boolean'], boolean | null>(true);
same<Row['date'], LocalDate | null>(true);
same<Row['decimal'], Decimal | null>(true);
same<Row['double'], number | null>(true);
same<Row['duration'], Duration | null>(true);
same<Row['float'], number | null>(true);
same<Row['inet'], Inet | null>(true);
same<Row['int'], number | null>(true);
same<Row['smallint'], number | null>(true);
same<Row['text'], string | null>(true);
same<Row['time'], LocalTime | null>(true);
same<Row['timestamp'], Date | null>(true);
same<Row['timeuuid'], TimeUuid | null>(true);
same<Row['tinyint'], number | null>(true);
same<Row['varint'], bigint | null>(true);
same<Row['list'], readonly number[]>(true);
same<Row['set'], ReadonlySet<string>>(true);
same<Row['map'], ReadonlyMap<string, bigint>>(true);
same<Row['frozenSet'], ReadonlySet<string> | null>(true);
same<Row['tuple'], readonly [number | null, string | null] | null>(true);
same<Row['vector'], Float32Array | null>(true);
same<Row['vectorOfText'], readonly string[] | null>(true);
same<Row['json'], { readonly imdb: string } | null>(true);
same<Row['anyJson'], unknown>(true);
same<Row['masked'], string | null>(true);
same<Row['nested'], readonly ReadonlyMap<string, ReadonlySet<Decimal>>[]>(true);

const id = to.uuid('x');
export const written: InsertOf<typeof everything>[] = [
  {
    id,
    bigint: 3,
    varint: 3n,
    set: ['a'],
    map: { a: 1 },
    vector: [1, 2, 3],
    tuple: [1, null],
    text: null,
    int: undefined,
  },
  {
    id: to.timeuuid('x'),
    set: new Set(['a']),
    map: new Map([['a', 1n]]),
    vector: new Float32Array(3),
    json: { imdb: 'x' },
  },
  // @ts-expect-error the key is missing
  { text: 'x' },
  // @ts-expect-error a key is not null
  { id: null },
  // @ts-expect-error a plain string is not a uuid
  { id: 'x' },
  // @ts-expect-error a day is not a uuid
  { id: to.date('x') },
  // @ts-expect-error a uuid of any version is not a timeuuid
  { id, timeuuid: id },
  // @ts-expect-error a plain string is not a time
  { id, time: '10:00:00' },
  // @ts-expect-error a plain string is not an address
  { id, inet: '127.0.0.1' },
  // @ts-expect-error a plain string is not a duration
  { id, duration: '1h' },
  // @ts-expect-error a number may not be exact
  { id, decimal: 1.5 },
  // @ts-expect-error a text is not a number
  { id, int: '1' },
  // @ts-expect-error a bigint does not fit an int
  { id, int: 1n },
  // @ts-expect-error a text is not a point in time
  { id, timestamp: '2026-11-22T00:00:00Z' },
  // @ts-expect-error bytes are not text
  { id, blob: 'x' },
  // @ts-expect-error elements of another type
  { id, set: [1] },
  // @ts-expect-error values of another type
  { id, map: { a: 'x' } },
  // @ts-expect-error an object's keys are strings, the map's are numbers
  { id, byNumber: { 1: 'x' } },
  // @ts-expect-error a tuple of three
  { id, tuple: [1, 'a', 2] },
  // @ts-expect-error a tuple in another order
  { id, tuple: ['a', 1] },
  // @ts-expect-error texts in a vector of floats
  { id, vector: ['a'] },
  // @ts-expect-error another shape of JSON
  { id, json: { imbd: 'x' } },
  // @ts-expect-error no such column
  { id, txet: 'x' },
];

// Types inside types.
// @ts-expect-error static stands around a column's whole type
t.set(t.static(t.text()));
// @ts-expect-error a counter stands alone
t.list(t.counter());
// @ts-expect-error a mask stands around a column's whole type
t.tuple(t.masked(t.text(), 'mask_null()'));
// @ts-expect-error a tuple has elements
t.tuple();
// @ts-expect-error nothing to freeze in a scalar
t.frozen(t.text());
// @ts-expect-error static of static
t.static(t.static(t.text()));
// @ts-expect-error the element of a vector is a type
t.vector(3, 'float');
// @ts-expect-error a vector has a dimension
t.vector();
// @ts-expect-error a mask needs its function
t.masked(t.text());
// @ts-expect-error not called
table('x', { columns: { a: t.text }, partitionKey: ['a'] });

// User-defined types.
const address = udt('address', { street: t.text(), zips: t.list(t.int()) });
const customers = table('customers', {
  columns: { id: t.uuid(), home: t.frozen(address), past: t.list(address), open: udt('name', { first: t.text() }) },
  partitionKey: ['id'],
});
same<RowOf<typeof customers>['home'], { street: string | null; zips: readonly number[] | null } | null>(false);
export const homes: InsertOf<typeof customers>[] = [
  { id, home: { street: 'a' }, past: [{ zips: [1] }], open: { first: null } },
  // @ts-expect-error no such field
  { id, home: { stret: 'a' } },
  // @ts-expect-error a field of another type
  { id, home: { zips: ['a'] } },
  // @ts-expect-error a field of another type, inside a list
  { id, past: [{ street: 1 }] },
];
// @ts-expect-error a field cannot be a counter
udt('x', { a: t.counter() });
// @ts-expect-error a field cannot be static
udt('x', { a: t.static(t.int()) });
// @ts-expect-error a field has a type
udt('x', { a: 'text' });
