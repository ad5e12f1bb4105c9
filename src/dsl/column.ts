import { type Field, keyColumns, type Column as ModelColumn, type Table } from '../model/schema.ts';
import { type CqlType as ModelType, type ScalarName, scalarNames } from '../model/type.ts';
import type { Columns, CqlType } from './cql-type.ts';
import { mistake, objectOf, type Properties, shown, textOf } from './mistake.ts';
import { memberNameOf, refuseMoved } from './name.ts';
import { originOf } from './origin.ts';

const scalars: ReadonlySet<string> = new Set(scalarNames);

function typeMistake(code: string, message: string, next: string): Error {
  return mistake(code, { message, next });
}

/** The type in the model's canonical form; `frozen`: it stands inside another type or in a key. */
export function modelType(subject: string, type: unknown, frozen = false): ModelType {
  const { kind, ...rest }: Properties = typeOf(subject, type);
  const inner = (part: unknown, name: string): ModelType => modelType(`${name} of ${subject}`, part, true);
  switch (kind) {
    case 'json':
      return { kind: 'scalar', name: 'text' };
    case 'list':
    case 'set':
      return { kind, element: inner(rest['element'], 'element'), frozen };
    case 'map':
      return { kind, key: inner(rest['key'], 'key'), value: inner(rest['value'], 'value'), frozen };
    case 'tuple':
      return {
        kind,
        elements: (rest['elements'] as unknown[]).map((element, index) => inner(element, `element ${index + 1}`)),
      };
    case 'vector': {
      const element = rest['element'] === undefined ? { kind: 'float' } : rest['element'];
      return { kind, element: inner(element, 'element'), dimension: rest['dimension'] as number };
    }
    case 'udt':
      return { kind, name: rest['name'] as string, frozen };
    case 'custom':
      return { kind, className: textOf(`the class of ${subject}`, rest['className']) };
    case 'frozen':
      return frozenType(subject, rest['of']);
    case 'counter':
      if (frozen)
        throw typeMistake(
          'COUNTER_INSIDE',
          `${subject} is a counter inside a type or key`,
          'Give the counter a column of its own.',
        );
      return { kind: 'scalar', name: kind };
    case 'pii':
      throw typeMistake(
        'PII_INSIDE',
        `${subject} is marked as personal inside another type`,
        "Mark the whole column: write `t.pii(…, 'kind')` around its type.",
      );
    case 'static':
    case 'masked':
      throw typeMistake(
        kind === 'static' ? 'STATIC_INSIDE' : 'MASKED_INSIDE',
        `${subject} is ${kind} inside another type or key`,
        `Only a column outside the key can be ${kind}: write \`t.${kind}(…)\` around the column's whole type.`,
      );
    default:
      return { kind: 'scalar', name: kind as ScalarName };
  }
}

const compound: ReadonlySet<unknown> = new Set([
  'json',
  'list',
  'set',
  'map',
  'tuple',
  'vector',
  'udt',
  'frozen',
  'custom',
  'static',
  'masked',
  'pii',
]);

function typeOf(subject: string, type: unknown): Properties {
  if (typeof type === 'function') {
    throw typeMistake(
      'TYPE_NOT_CALLED',
      `${subject} has a function for its type`,
      'Call it: `t.text()`, not `t.text`.',
    );
  }
  if (typeof type !== 'object' || type === null || !('kind' in type)) {
    throw typeMistake(
      'TYPE_INVALID',
      `${subject} has ${shown(type)} for its type`,
      'Give a type of `t`, e.g. `t.text()`, or a `udt`.',
    );
  }
  const { kind } = type;
  if (typeof kind === 'string' && /^(?:json|csv|ndjson)\./.test(kind)) {
    throw typeMistake(
      'TYPE_OF_SOURCE',
      `${subject} has ${kind}(), the type of a source's column`,
      `Use a type of \`t\` here, e.g. \`t.text()\`.`,
    );
  }
  if (!scalars.has(kind as string) && !compound.has(kind)) {
    throw typeMistake(
      'TYPE_INVALID',
      `${subject} has ${shown(type)} for its type`,
      'Give a type of `t`, e.g. `t.text()`, or a `udt`.',
    );
  }
  return type as unknown as Properties;
}

function frozenType(subject: string, of: unknown): ModelType {
  const type = modelType(subject, of, true);
  if (type.kind !== 'scalar') return type;
  throw typeMistake(
    'FROZEN_SCALAR',
    `${subject} is a frozen ${type.name}`,
    'Only collections, tuples, vectors and user-defined types are frozen: leave `t.frozen` out.',
  );
}

/** A column as the model has it; `key`: it stands in the primary key. */
export function modelColumn(
  subject: string,
  name: string,
  given: { readonly type: unknown; readonly key: boolean },
): ModelColumn {
  const where = `column ${name} of ${subject}`;
  memberNameOf(`a column of ${subject}`, name);
  let { type } = given;
  let isStatic = false;
  let mask: string | undefined;
  for (;;) {
    const { kind, ...rest } = typeOf(where, type);
    if (kind === 'static' && !isStatic) isStatic = true;
    else if (kind === 'masked' && mask === undefined) mask = maskOf(where, rest['mask']);
    else if (kind === 'pii') textOf(`the kind of personal data of ${where}`, rest['pii']);
    else break;
    type = rest['of'];
  }
  if (given.key) refuseInKey(where, { type, isStatic });
  if (!given.key) refuseUnfrozenFields(where, type);
  const column = { name, type: modelType(where, type, given.key), static: isStatic };
  return mask === undefined ? column : { ...column, mask };
}

/** Which columns are marked as personal, and of what kind. */
export function piiOf(types: Properties): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(types).flatMap(([name, type]) => {
      const pii = piiOfType(type);
      return pii === null ? [] : [[name, pii] as const];
    }),
  );
}

function piiOfType(type: unknown): string | null {
  if (typeof type !== 'object' || type === null || !('kind' in type)) return null;
  if (type.kind === 'pii' && 'pii' in type) return String(type.pii);
  return type.kind === 'static' && 'of' in type ? piiOfType(type.of) : null;
}

/** As the server states it: with the function's keyspace, and one space after each comma. */
function maskOf(where: string, mask: unknown): string {
  const text = mask === 'default' ? 'mask_default()' : mask;
  if (typeof text !== 'string' || !/^[\w."]+\(.*\)$/s.test(text.trim())) {
    throw typeMistake(
      'MASK_INVALID',
      `${where} is masked by ${shown(mask)}`,
      'Give the function with its arguments, e.g. `mask_inner(1, 1)`, or `default`.',
    );
  }
  const spaced = text.trim().replaceAll(/('(?:[^']|'')*')|\s*,\s*/g, (_, quoted?: string) => quoted ?? ', ');
  return /^mask_\w+\(/.test(spaced) ? `system.${spaced}` : spaced;
}

function refuseInKey(where: string, { type, isStatic }: { readonly type: unknown; readonly isStatic: boolean }): void {
  const { kind } = typeOf(where, type);
  if (isStatic)
    throw typeMistake(
      'KEY_STATIC',
      `${where} is static and stands in the key`,
      'Take it out of the key, or `t.static` off.',
    );
  if (kind === 'counter' || kind === 'duration' || kind === 'json') {
    throw typeMistake(
      'KEY_TYPE',
      `${where} is a ${kind} and stands in the key`,
      `Choose another column for the key: Cassandra cannot order or compare a ${kind} there.`,
    );
  }
}

/** A UDT that is not frozen cannot hold a collection that is not frozen. */
function refuseUnfrozenFields(where: string, type: unknown): void {
  const origin = originOf(type);
  if (origin?.kind !== 'type') return;
  const open = origin.type.fields.find(({ type: field }) => 'frozen' in field && !field.frozen);
  if (open === undefined) return;
  throw typeMistake(
    'UDT_NOT_FROZEN',
    `${where} is the type ${origin.type.name}, whose field ${open.name} is a collection that is not frozen`,
    `Write \`t.frozen(…)\` around the column's type, or around the field's.`,
  );
}

/** A type's fields as the model has them. Collections stay as they are written, other types inside are frozen. */
export function modelFields(subject: string, given: unknown): readonly Field[] {
  const fields = objectOf(`the fields of ${subject}`, given);
  refuseMoved(subject, Object.keys(fields));
  return Object.entries(fields).map(([name, type]) => {
    memberNameOf(`a field of ${subject}`, name);
    const where = `field ${name} of ${subject}`;
    const { kind } = typeOf(where, type);
    if (kind === 'counter')
      throw typeMistake('COUNTER_INSIDE', `${where} is a counter`, 'Give the counter a column of its own.');
    return { name, type: modelType(where, type, kind === 'udt') };
  });
}

const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : 0;

/** Partition key, clustering key, static columns, regular columns; the last two sorted by name. */
export function inOrder(
  columns: readonly ModelColumn[],
  key: Pick<Table, 'partitionKey' | 'clusteringKey'>,
): readonly ModelColumn[] {
  const keys = keyColumns(key);
  const others = columns.filter(({ name }) => !keys.includes(name));
  return [
    ...keys.flatMap((name) => columns.filter((column) => column.name === name)),
    ...others.filter((column) => column.static).sort(byName),
    ...others.filter((column) => !column.static).sort(byName),
  ];
}

/** A frozen copy of the columns that a user gave; throws `MIGRATION_NOT_AN_OBJECT`. */
export function columnsOf(subject: string, given: unknown): Columns {
  return Object.freeze({ ...objectOf(`the columns of ${subject}`, given) }) as unknown as Readonly<
    Record<string, CqlType>
  >;
}
