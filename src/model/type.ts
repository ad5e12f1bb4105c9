/** Every scalar of CQL, by the name that Cassandra states (`varchar` is `text`). */
export const scalarNames = [
  'ascii',
  'bigint',
  'blob',
  'boolean',
  'counter',
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
export type ScalarName = (typeof scalarNames)[number];

export interface ScalarType {
  readonly kind: 'scalar';
  readonly name: ScalarName;
}
export interface ListType {
  readonly kind: 'list';
  readonly element: CqlType;
  readonly frozen: boolean;
}
export interface SetType {
  readonly kind: 'set';
  readonly element: CqlType;
  readonly frozen: boolean;
}
export interface MapType {
  readonly kind: 'map';
  readonly key: CqlType;
  readonly value: CqlType;
  readonly frozen: boolean;
}
/** Tuples are always frozen. */
export interface TupleType {
  readonly kind: 'tuple';
  readonly elements: readonly CqlType[];
}
/** A user-defined type of the same keyspace, by name; its fields stand in the schema. */
export interface UdtType {
  readonly kind: 'udt';
  readonly name: string;
  readonly frozen: boolean;
}
/** Vectors are always frozen. */
export interface VectorType {
  readonly kind: 'vector';
  readonly element: CqlType;
  readonly dimension: number;
}
/** A Java class that has no CQL name; only met when introspecting. */
export interface CustomType {
  readonly kind: 'custom';
  readonly className: string;
}

/**
 * A column's type in canonical form: whatever stands inside a frozen type, a collection, a tuple, a vector or a key is
 * itself frozen and says so, so that equal types are equal values.
 */
export type CqlType = ScalarType | ListType | SetType | MapType | TupleType | UdtType | VectorType | CustomType;

/** The types that stand directly inside of one; what a user-defined type is made of stands in the schema. */
export function partsOf(type: CqlType): readonly CqlType[] {
  switch (type.kind) {
    case 'list':
    case 'set':
    case 'vector':
      return [type.element];
    case 'map':
      return [type.key, type.value];
    case 'tuple':
      return type.elements;
    case 'scalar':
    case 'custom':
    case 'udt':
      return [];
  }
}

/** Names of the user-defined types that a type is made of. */
export function typesWithin(type: CqlType): readonly string[] {
  return type.kind === 'udt' ? [type.name] : partsOf(type).flatMap(typesWithin);
}
