/**
 * What the values of a column are, whatever its system calls their type. The conversion table has a line for each; a
 * type of CQL or of a source belongs to one domain, so that the compiler, the plan, the rows and docs/conversions.md
 * read one table.
 */
export interface Conversions {
  /** The same set of values. */
  readonly exact: readonly ScalarKind[];
  /** Every value has its place there; made by itself and listed in the plan. */
  readonly lossless: readonly ScalarKind[];
  /** A function of the row has to say how; values that have no place are rejected. */
  readonly function: readonly ScalarKind[];
  /** Possible with a function, but digits, zones or days get lost. */
  readonly lossy: readonly ScalarKind[];
}
export type Verdict = keyof Conversions | 'impossible';

/** The scalars of CQL that a value can be copied into; a counter takes what a bigint does. */
export const scalarKinds = [
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
  'timestamp',
  'timeuuid',
  'tinyint',
  'uuid',
  'varint',
] as const;
export type ScalarKind = (typeof scalarKinds)[number];

/** By domain, where its values can go; what is named nowhere is impossible. */
export const conversions = {
  int8: {
    exact: ['tinyint'],
    lossless: ['smallint', 'int', 'bigint', 'varint', 'decimal', 'float', 'double'],
    function: ['text', 'ascii', 'boolean', 'timestamp'],
    lossy: [],
  },
  uint8: {
    exact: [],
    lossless: ['smallint', 'int', 'bigint', 'varint', 'decimal', 'float', 'double'],
    function: ['tinyint', 'text', 'ascii', 'boolean', 'timestamp'],
    lossy: [],
  },
  int16: {
    exact: ['smallint'],
    lossless: ['int', 'bigint', 'varint', 'decimal', 'float', 'double'],
    function: ['tinyint', 'text', 'ascii', 'boolean', 'timestamp'],
    lossy: [],
  },
  uint16: {
    exact: [],
    lossless: ['int', 'bigint', 'varint', 'decimal', 'float', 'double'],
    function: ['tinyint', 'smallint', 'text', 'ascii', 'boolean', 'timestamp'],
    lossy: [],
  },
  int24: {
    exact: [],
    lossless: ['int', 'bigint', 'varint', 'decimal', 'float', 'double'],
    function: ['tinyint', 'smallint', 'text', 'ascii', 'boolean', 'timestamp'],
    lossy: [],
  },
  int32: {
    exact: ['int'],
    lossless: ['bigint', 'varint', 'decimal', 'double'],
    function: ['tinyint', 'smallint', 'text', 'ascii', 'boolean', 'timestamp'],
    lossy: ['float'],
  },
  uint32: {
    exact: [],
    lossless: ['bigint', 'varint', 'decimal', 'double'],
    function: ['tinyint', 'smallint', 'int', 'text', 'ascii', 'boolean', 'timestamp'],
    lossy: ['float'],
  },
  /** A whole number in a file, which declares no size: each value is checked, and one that is too large is rejected. */
  whole: {
    exact: ['int'],
    lossless: ['tinyint', 'smallint', 'bigint', 'varint', 'decimal', 'double'],
    function: ['text', 'ascii', 'boolean', 'timestamp'],
    lossy: ['float'],
  },
  int64: {
    exact: ['bigint'],
    lossless: ['varint', 'decimal'],
    function: ['tinyint', 'smallint', 'int', 'text', 'ascii', 'boolean', 'timestamp'],
    lossy: ['float', 'double'],
  },
  uint64: {
    exact: [],
    lossless: ['varint', 'decimal'],
    function: ['tinyint', 'smallint', 'int', 'bigint', 'text', 'ascii', 'boolean', 'timestamp'],
    lossy: ['float', 'double'],
  },
  /** A whole number of any length; as `whole`, each value is checked. */
  integer: {
    exact: ['varint'],
    lossless: ['bigint', 'decimal'],
    function: ['tinyint', 'smallint', 'int', 'text', 'ascii', 'boolean', 'timestamp'],
    lossy: ['float', 'double'],
  },
  float32: {
    exact: ['float'],
    lossless: ['double'],
    function: ['decimal', 'text', 'ascii'],
    lossy: ['tinyint', 'smallint', 'int', 'bigint', 'varint'],
  },
  float64: {
    exact: ['double'],
    lossless: [],
    function: ['decimal', 'text', 'ascii'],
    lossy: ['float', 'tinyint', 'smallint', 'int', 'bigint', 'varint', 'timestamp'],
  },
  decimal: {
    exact: ['decimal'],
    lossless: ['text', 'ascii'],
    function: ['tinyint', 'smallint', 'int', 'bigint', 'varint'],
    lossy: ['float', 'double'],
  },
  boolean: {
    exact: ['boolean'],
    lossless: [],
    function: ['tinyint', 'smallint', 'int', 'bigint', 'varint', 'text', 'ascii'],
    lossy: [],
  },
  text: {
    exact: ['text'],
    /** Each value is checked: one with other characters is rejected. */
    lossless: ['ascii'],
    function: [
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
      'time',
      'timestamp',
      'timeuuid',
      'tinyint',
      'uuid',
      'varint',
    ],
    lossy: [],
  },
  bytes: { exact: ['blob'], lossless: [], function: ['text', 'ascii', 'uuid', 'inet', 'varint'], lossy: [] },
  uuid: { exact: ['uuid'], lossless: ['text', 'ascii'], function: ['timeuuid', 'blob'], lossy: [] },
  timeuuid: { exact: ['timeuuid'], lossless: ['uuid', 'text', 'ascii'], function: ['blob'], lossy: ['timestamp'] },
  date: { exact: ['date'], lossless: ['text', 'ascii'], function: ['timestamp'], lossy: [] },
  time: { exact: ['time'], lossless: ['text', 'ascii'], function: ['duration', 'bigint'], lossy: [] },
  /** A moment, in milliseconds. */
  timestamp: {
    exact: ['timestamp'],
    lossless: [],
    function: ['text', 'ascii', 'bigint'],
    lossy: ['date', 'time'],
  },
  /** A day and a time of day that become a moment by the zone that the source declares, UTC unless said otherwise. */
  localTimestamp: {
    exact: [],
    lossless: ['timestamp'],
    function: ['text', 'ascii', 'bigint'],
    lossy: ['date', 'time'],
  },
  duration: { exact: ['duration'], lossless: ['text', 'ascii'], function: ['bigint'], lossy: ['time'] },
  inet: { exact: ['inet'], lossless: ['text', 'ascii'], function: ['blob'], lossy: [] },
  /** A field of mixed types: only a function knows. */
  any: {
    exact: [],
    lossless: [],
    function: [
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
      'timestamp',
      'timeuuid',
      'tinyint',
      'uuid',
      'varint',
    ],
    lossy: [],
  },
} as const satisfies Readonly<Record<string, Conversions>>;
export type Domain = keyof typeof conversions;

/** Types of CQL and of sources, by their kind. A kind that is not here holds others, or is JSON: its structure decides. */
export const domainOfKind = {
  ascii: 'text',
  bigint: 'int64',
  blob: 'bytes',
  boolean: 'boolean',
  counter: 'int64',
  custom: 'bytes',
  date: 'date',
  decimal: 'decimal',
  double: 'float64',
  duration: 'duration',
  float: 'float32',
  inet: 'inet',
  int: 'int32',
  smallint: 'int16',
  text: 'text',
  time: 'time',
  timestamp: 'timestamp',
  timeuuid: 'timeuuid',
  tinyint: 'int8',
  uuid: 'uuid',
  varint: 'integer',
  'csv.text': 'text',
  'csv.int': 'whole',
  'csv.bigint': 'integer',
  'csv.double': 'float64',
  'csv.decimal': 'decimal',
  'csv.boolean': 'boolean',
  'csv.uuid': 'uuid',
  'csv.date': 'date',
  'csv.timestamp': 'timestamp',
  'json.text': 'text',
  'json.int': 'whole',
  'json.bigint': 'integer',
  'json.double': 'float64',
  'json.decimal': 'decimal',
  'json.boolean': 'boolean',
  'json.uuid': 'uuid',
  'json.date': 'date',
  'json.timestamp': 'timestamp',
  'json.any': 'any',
  'mongo.int': 'int32',
  'mongo.long': 'int64',
  'mongo.double': 'float64',
  'mongo.decimal': 'decimal',
  'mongo.boolean': 'boolean',
  'mongo.string': 'text',
  'mongo.objectId': 'text',
  'mongo.objectIdBytes': 'bytes',
  'mongo.uuid': 'uuid',
  'mongo.binary': 'bytes',
  'mongo.date': 'timestamp',
  'mongo.any': 'any',
  'mysql.tinyint': 'int8',
  'mysql.tinyint unsigned': 'uint8',
  'mysql.smallint': 'int16',
  'mysql.smallint unsigned': 'uint16',
  'mysql.mediumint': 'int24',
  'mysql.mediumint unsigned': 'int24',
  'mysql.int': 'int32',
  'mysql.int unsigned': 'uint32',
  'mysql.bigint': 'int64',
  'mysql.bigint unsigned': 'uint64',
  'mysql.bit': 'uint64',
  'mysql.boolean': 'boolean',
  'mysql.decimal': 'decimal',
  'mysql.float': 'float32',
  'mysql.double': 'float64',
  'mysql.char': 'text',
  'mysql.varchar': 'text',
  'mysql.text': 'text',
  'mysql.enum': 'text',
  'mysql.date': 'date',
  'mysql.time': 'time',
  'mysql.duration': 'duration',
  'mysql.datetime': 'localTimestamp',
  'mysql.timestamp': 'timestamp',
  'mysql.year': 'int16',
  'mysql.binary': 'bytes',
  'mysql.varbinary': 'bytes',
  'mysql.blob': 'bytes',
  'mysql.uuid': 'uuid',
  'mysql.inet': 'inet',
  'parquet.int8': 'int8',
  'parquet.int16': 'int16',
  'parquet.int32': 'int32',
  'parquet.int64': 'int64',
  'parquet.uint8': 'uint8',
  'parquet.uint16': 'uint16',
  'parquet.uint32': 'uint32',
  'parquet.uint64': 'uint64',
  'parquet.float': 'float32',
  'parquet.double': 'float64',
  'parquet.decimal': 'decimal',
  'parquet.boolean': 'boolean',
  'parquet.string': 'text',
  'parquet.enum': 'text',
  'parquet.binary': 'bytes',
  'parquet.fixed': 'bytes',
  'parquet.uuid': 'uuid',
  'parquet.date': 'date',
  'parquet.time': 'time',
  'parquet.timestamp': 'timestamp',
  'parquet.localTimestamp': 'localTimestamp',
  'postgres.smallint': 'int16',
  'postgres.int': 'int32',
  'postgres.bigint': 'int64',
  'postgres.numeric': 'decimal',
  'postgres.real': 'float32',
  'postgres.double': 'float64',
  'postgres.boolean': 'boolean',
  'postgres.char': 'text',
  'postgres.varchar': 'text',
  'postgres.text': 'text',
  'postgres.enum': 'text',
  'postgres.bytea': 'bytes',
  'postgres.uuid': 'uuid',
  'postgres.date': 'date',
  'postgres.time': 'time',
  'postgres.timestamp': 'localTimestamp',
  'postgres.timestamptz': 'timestamp',
  'postgres.interval': 'duration',
  'postgres.inet': 'inet',
  'postgres.cidr': 'text',
  'postgres.macaddr': 'text',
  'sqlite.int': 'whole',
  'sqlite.integer': 'int64',
  'sqlite.real': 'float64',
  'sqlite.numeric': 'decimal',
  'sqlite.text': 'text',
  'sqlite.blob': 'bytes',
  'sqlite.boolean': 'boolean',
  'sqlite.uuid': 'uuid',
  'sqlite.date': 'date',
  'sqlite.time': 'time',
  'sqlite.timestamp': 'localTimestamp',
  'sqlite.unixepoch': 'timestamp',
  'sqlite.any': 'any',
} as const satisfies Readonly<Record<string, Domain>>;
export type DomainKind = keyof typeof domainOfKind;

/** The domain of a kind; null for kinds whose structure decides. */
export function domainOf(kind: string): Domain | null {
  return Object.hasOwn(domainOfKind, kind) ? domainOfKind[kind as DomainKind] : null;
}

export function isScalarKind(kind: string): kind is ScalarKind {
  return (scalarKinds as readonly string[]).includes(kind);
}

export function verdictOf(domain: Domain, target: ScalarKind): Verdict {
  const line: Conversions = conversions[domain];
  if (line.exact.includes(target)) return 'exact';
  if (line.lossless.includes(target)) return 'lossless';
  if (line.function.includes(target)) return 'function';
  return line.lossy.includes(target) ? 'lossy' : 'impossible';
}

/** Whether values go there by themselves, unlike ones to unlike places. */
export function isKept(from: string, into: string): boolean {
  const domain = domainOf(from);
  const target = into === 'varchar' ? 'text' : into;
  return domain !== null && isScalarKind(target) && ['exact', 'lossless'].includes(verdictOf(domain, target));
}

/** What has to be done to a value on its way; null: it can be written as it is read. */
export function converterOf(domain: Domain, target: ScalarKind): ((value: unknown) => unknown) | null {
  const whole = ['int', 'uint', 'whole', 'integer'].some((name) => domain.startsWith(name));
  return target === 'decimal' && whole ? String : null;
}
