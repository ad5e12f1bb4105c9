import { match } from '../kernel/match.ts';
import { own } from '../kernel/own.ts';
import { quotedType } from '../model/identifier.ts';
import type { Aggregate, Index, Schema, SchemaObject, UserType, View } from '../model/schema.ts';
import { argumentText } from '../model/signature.ts';
import { type CqlType, typesWithin } from '../model/type.ts';

/** The types that an object states, outermost first. */
export function typesStated(object: SchemaObject): readonly CqlType[] {
  return match(object, {
    table: ({ columns }) => columns.map((column) => column.type),
    type: ({ fields }) => fields.map((field) => field.type),
    index: () => [],
    view: () => [],
    function: (fn) => [...fn.arguments.map((argument) => argument.type), fn.returns],
    aggregate: (aggregate) => [...aggregate.arguments, aggregate.stateType],
  });
}

/** Every user-defined type that an object needs, also through other types. */
export function typesNeeded(object: SchemaObject, schema: Pick<Schema, 'types'>): readonly string[] {
  const found = new Set<string>();
  const visit = (type: CqlType): void => {
    for (const name of typesWithin(type)) {
      if (found.has(name)) continue;
      found.add(name);
      for (const field of own(schema.types, name)?.fields ?? []) visit(field.type);
    }
  };
  for (const type of typesStated(object)) visit(type);
  return [...found];
}

/** All types, each after the types of its fields. */
export function typesInOrder({ types }: Pick<Schema, 'types'>): readonly UserType[] {
  const placed = new Set<string>();
  const order: UserType[] = [];
  const place = (name: string): void => {
    const type = own(types, name);
    if (type === undefined || placed.has(name)) return;
    placed.add(name);
    for (const field of type.fields) for (const used of typesWithin(field.type)) place(used);
    order.push(type);
  };
  for (const name of Object.keys(types).sort()) place(name);
  return order;
}

/** Those that objects need, in that order. */
export function typesBehind(objects: readonly SchemaObject[], schema: Pick<Schema, 'types'>): readonly UserType[] {
  const needed = new Set(objects.flatMap((object) => typesNeeded(object, schema)));
  return typesInOrder(schema).filter(({ name }) => needed.has(name));
}

/** What uses a user-defined type directly, in words: `column users.home`, `field person.home`, `function f(home)`. */
export function usersOfType(schema: Schema, name: string): readonly string[] {
  const uses = (type: CqlType): boolean => typesWithin(type).includes(name);
  return [
    ...Object.values(schema.tables).flatMap((table) =>
      table.columns.filter((column) => uses(column.type)).map((column) => `column ${table.name}.${column.name}`),
    ),
    ...Object.values(schema.types).flatMap((type) =>
      type.fields.filter((field) => uses(field.type)).map((field) => `field ${type.name}.${field.name}`),
    ),
    ...Object.entries(schema.functions)
      .filter(([, fn]) => typesStated(fn).some(uses))
      .map(([key]) => `function ${key}`),
    ...Object.entries(schema.aggregates)
      .filter(([, aggregate]) => typesStated(aggregate).some(uses))
      .map(([key]) => `aggregate ${key}`),
  ];
}

/** `table.column` of every partition key column that holds the type, also inside other types. */
export function partitionKeysWithType(schema: Schema, name: string): readonly string[] {
  return Object.values(schema.tables).flatMap((table) =>
    table.columns
      .filter((column) => table.partitionKey.includes(column.name))
      .filter((column) => typesNeeded({ ...table, columns: [column] }, schema).includes(name))
      .map((column) => `${table.name}.${column.name}`),
  );
}

export function indexesOn(schema: Schema, table: string): readonly Index[] {
  return Object.values(schema.indexes).filter((index) => index.table === table);
}

export function viewsOn(schema: Schema, table: string): readonly View[] {
  return Object.values(schema.views).filter((view) => view.table === table);
}

/** The keys of an aggregate's state and final function. */
export function functionsOf(aggregate: Aggregate): readonly string[] {
  const state = functionKey(aggregate.stateFunction, [aggregate.stateType, ...aggregate.arguments]);
  return aggregate.finalFunction === null
    ? [state]
    : [state, functionKey(aggregate.finalFunction, [aggregate.stateType])];
}

function functionKey(name: string, types: readonly CqlType[]): string {
  return `${quotedType(name)}(${types.map(argumentText).join(', ')})`;
}

export function aggregatesUsing(schema: Schema, functionKey: string): readonly Aggregate[] {
  return Object.values(schema.aggregates).filter((aggregate) => functionsOf(aggregate).includes(functionKey));
}

/** Types so that each comes after those that it is made of. */
export function inTypeOrder(types: readonly UserType[]): readonly UserType[] {
  const byName = new Map(types.map((type) => [type.name, type]));
  const ordered = new Set<UserType>();
  const visit = (type: UserType): void => {
    if (ordered.has(type)) return;
    for (const field of type.fields) {
      for (const name of typesWithin(field.type)) {
        const needed = byName.get(name);
        if (needed !== undefined && needed !== type) visit(needed);
      }
    }
    ordered.add(type);
  };
  for (const type of types) visit(type);
  return [...ordered];
}

/** The type with user-defined types as tuples of their fields. */
export function spelledOut(type: CqlType, schema: Schema): CqlType {
  const inner = (part: CqlType): CqlType => spelledOut(part, schema);
  return match(type, {
    scalar: (scalar): CqlType => scalar,
    custom: (custom) => custom,
    udt: (udt) => {
      const fields = own(schema.types, udt.name)?.fields;
      return fields === undefined ? udt : { kind: 'tuple', elements: fields.map((field) => inner(field.type)) };
    },
    list: (list) => ({ ...list, element: inner(list.element) }),
    set: (set) => ({ ...set, element: inner(set.element) }),
    vector: (vector) => ({ ...vector, element: inner(vector.element) }),
    map: (map) => ({ ...map, key: inner(map.key), value: inner(map.value) }),
    tuple: (tuple) => ({ ...tuple, elements: tuple.elements.map(inner) }),
  });
}
