import { parseType } from '../../src/cql/type-text.ts';
import type { Ddl, DdlContext } from '../../src/model/ddl.ts';
import type { Aggregate, Column, Index, Table, UserFunction, View } from '../../src/model/schema.ts';
import { signatureOf } from '../../src/model/signature.ts';

export const emptyContext: DdlContext = { keyspace: 'shop', tableId: null, dropTimestamp: null };

export function column(name: string, type: string, more: Partial<Column> = {}): Column {
  return { name, type: parseType(type), static: false, ...more };
}

/** Every type there is, a quoted name, two partition key columns, a mixed clustering order, a static, a mask, options. */
export const mainTable: Table = {
  kind: 'table',
  name: 'MainTable',
  columns: [
    column('id', 'uuid'),
    column('Part 2', 'frozen<list<int>>'),
    column('at', 'timestamp'),
    column('token', 'tuple<int, text>'),
    column('shared', 'text', { static: true }),
    ...[
      'ascii',
      'bigint',
      'blob',
      'boolean',
      'date',
      'decimal',
      'double',
      'duration',
      'float',
      'inet',
      'int',
      'smallint',
      'text',
      'time',
      'timeuuid',
      'tinyint',
      'varint',
    ].map((type) => column(`c_${type}`, type)),
    column('cc_list', 'list<frozen<address>>'),
    column('cc_map', 'map<text, frozen<list<int>>>'),
    column('cc_set', 'set<tuple<int, frozen<set<text>>>>'),
    column('ce_frozen', 'frozen<map<int, set<address>>>'),
    column('cf_udt', 'address'),
    column('cg_udt', 'frozen<address>'),
    column('ch_vector', 'vector<float, 3>'),
    column('ci_vectors', 'vector<vector<text, 2>, 2>'),
    column('cj_custom', "'org.apache.cassandra.db.marshal.CompositeType(org.apache.cassandra.db.marshal.Int32Type)'"),
    column('masked', 'text', { mask: 'system.mask_inner(1, 1)' }),
  ],
  partitionKey: ['id', 'Part 2'],
  clusteringKey: [
    { column: 'at', order: 'desc' },
    { column: 'token', order: 'asc' },
  ],
  options: {
    comment: "people's",
    compaction: { class: 'LeveledCompactionStrategy' },
    gc_grace_seconds: 3600,
    bloom_filter_fp_chance: 0.1,
    cdc: false,
  },
};

const counters: Table = {
  kind: 'table',
  name: 'counters',
  columns: [column('id', 'int'), column('hits', 'counter'), column('misses', 'counter')],
  partitionKey: ['id'],
  clusteringKey: [],
  options: {},
};

/** Views and most indexes do not go together with everything above. */
const plain: Table = {
  kind: 'table',
  name: 'plain',
  columns: ['a', 'b', 'c']
    .map((name) => column(name, 'int'))
    .concat([
      column('Text', 'text'),
      column('l', 'list<int>'),
      column('m', 'map<text, int>'),
      column('f', 'frozen<set<int>>'),
      column('v', 'vector<float, 2>'),
      column('other', 'int'),
      column('third', 'text'),
    ]),
  partitionKey: ['a'],
  clusteringKey: [{ column: 'b', order: 'asc' }],
  options: {},
};

function index(name: string, of: string, more: Partial<Index> = {}): Ddl {
  return {
    kind: 'create-index',
    index: {
      kind: 'index',
      name,
      table: 'plain',
      column: of,
      form: 'values',
      using: 'secondary',
      options: {},
      ...more,
    },
  };
}

const view: View = {
  kind: 'view',
  name: 'ByText',
  table: 'plain',
  columns: ['a', 'b', 'Text', 'c'],
  partitionKey: ['Text'],
  clusteringKey: [
    { column: 'b', order: 'desc' },
    { column: 'a', order: 'asc' },
  ],
  where: '"Text" is not null AND a IN (1,2,-3) AND b>=1 AND b < 10',
  options: { comment: 'by text' },
};

function fn(name: string, more: Partial<UserFunction>): UserFunction {
  return {
    kind: 'function',
    name,
    arguments: [],
    returns: parseType('int'),
    language: 'java',
    calledOnNull: true,
    body: 'return null;',
    ...more,
  };
}

const functions = {
  add: fn('add', {
    arguments: [
      { name: 'State', type: parseType('int') },
      { name: 'token', type: parseType('int') },
    ],
    body: 'return State + token;',
    calledOnNull: false,
  }),
  rich: fn('Rich Fn', {
    arguments: [
      { name: 'a', type: parseType('list<int>') },
      { name: 'b', type: parseType('tuple<int, text>') },
      { name: 'c', type: parseType('frozen<address>') },
      { name: 'd', type: parseType('map<text, frozen<list<int>>>') },
    ],
    returns: parseType('frozen<list<int>>'),
    body: 'String s = "$$ it\'s"; return a;',
  }),
  none: fn('none', { body: 'return 1;' }),
  pair: fn('pair', {
    arguments: [
      { name: 's', type: parseType('tuple<int, bigint>') },
      { name: 'v', type: parseType('int') },
    ],
    returns: parseType('tuple<int, bigint>'),
    body: ' return s; ',
  }),
  last: fn('last', { arguments: [{ name: 's', type: parseType('tuple<int, bigint>') }], body: 'return s.getInt(0);' }),
};

const total: Aggregate = {
  kind: 'aggregate',
  name: 'total',
  arguments: [parseType('int')],
  stateFunction: 'add',
  stateType: parseType('int'),
  finalFunction: null,
  initialState: '0',
};
const pairs: Aggregate = {
  kind: 'aggregate',
  name: 'Pairs',
  arguments: [parseType('int')],
  stateFunction: 'pair',
  stateType: parseType('tuple<int, bigint>'),
  finalFunction: 'last',
  initialState: '(0, 0)',
};

/** Every kind of statement, in an order in which a server takes them one after another. */
export const everyStatement: readonly Ddl[] = [
  { kind: 'alter-keyspace', settings: { kind: 'keyspace', durableWrites: false } },
  {
    kind: 'alter-keyspace',
    settings: {
      kind: 'keyspace',
      replication: { class: 'SimpleStrategy', replication_factor: '1' },
      durableWrites: true,
    },
  },
  {
    kind: 'create-type',
    type: {
      kind: 'type',
      name: 'address',
      fields: [
        { name: 'street', type: parseType('text') },
        { name: 'No', type: parseType('int') },
        { name: 'tags', type: parseType('frozen<set<text>>') },
      ],
    },
  },
  { kind: 'add-field', type: 'address', field: { name: 'geo', type: parseType('tuple<double, double>') } },
  { kind: 'rename-fields', type: 'address', renames: { No: 'number', geo: 'Geo' } },
  {
    kind: 'create-type',
    type: { kind: 'type', name: 'Nested Type', fields: [{ name: 'a', type: parseType('frozen<address>') }] },
  },
  { kind: 'drop-type', name: 'Nested Type' },
  { kind: 'create-table', table: mainTable },
  { kind: 'create-table', table: counters },
  { kind: 'create-table', table: plain },
  { kind: 'add-columns', table: 'MainTable', columns: [column('new_one', 'int')] },
  {
    kind: 'add-columns',
    table: 'MainTable',
    columns: [
      column('new_two', 'text', { mask: 'system.mask_default()' }),
      column('New Three', 'map<text, int>', { static: true }),
    ],
  },
  { kind: 'drop-columns', table: 'MainTable', columns: [column('new_one', 'int')] },
  {
    kind: 'drop-columns',
    table: 'MainTable',
    columns: [column('new_two', 'text'), column('New Three', 'map<text, int>', { static: true })],
  },
  { kind: 'rename-columns', table: 'counters', renames: { id: 'Key Name' } },
  {
    kind: 'alter-options',
    of: 'table',
    name: 'MainTable',
    options: { comment: '', caching: { keys: 'ALL' }, gc_grace_seconds: 1 },
  },
  index('by_c', 'c'),
  index('ByValues', 'l'),
  index('by_keys', 'm', { form: 'keys' }),
  index('by_entries', 'm', { form: 'entries' }),
  index('by_full', 'f', { form: 'full' }),
  index('by_text', 'Text', { using: 'sai', options: { case_sensitive: 'false', normalize: 'true' } }),
  index('by_vector', 'v', { using: 'sai', options: { similarity_function: 'EUCLIDEAN' } }),
  index('by_map', 'm', { using: 'sai', form: 'values' }),
  index('by_other', 'other', { using: 'sai' }),
  index('by_third', 'third', {
    using: { className: 'org.apache.cassandra.index.sasi.SASIIndex' },
    options: { mode: 'PREFIX' },
  }),
  { kind: 'drop-index', name: 'ByValues' },
  { kind: 'create-view', view },
  {
    kind: 'create-view',
    view: {
      ...view,
      name: 'all_of_it',
      columns: '*',
      partitionKey: ['c', 'a'],
      clusteringKey: [{ column: 'b', order: 'asc' }],
      where: 'c IS NOT NULL AND a IS NOT NULL AND b IS NOT NULL',
      options: {},
    },
  },
  { kind: 'alter-options', of: 'view', name: 'ByText', options: { comment: 'again' } },
  { kind: 'drop-view', name: 'all_of_it' },
  ...Object.values(functions).map((each): Ddl => ({ kind: 'create-function', function: each, replace: false })),
  { kind: 'create-function', function: { ...functions.none, body: 'return 2;' }, replace: true },
  { kind: 'create-aggregate', aggregate: total, replace: false },
  { kind: 'create-aggregate', aggregate: pairs, replace: false },
  { kind: 'create-aggregate', aggregate: { ...total, initialState: '1' }, replace: true },
  { kind: 'drop-aggregate', signature: signatureOf(total) },
  { kind: 'drop-aggregate', signature: signatureOf(pairs) },
  { kind: 'drop-function', signature: signatureOf(functions.rich) },
  { kind: 'drop-function', signature: signatureOf(functions.none) },
  { kind: 'drop-table', name: 'counters' },
];
