import { own } from '../kernel/own.ts';
import type { TypeDelta } from '../model/migration.ts';
import type { UserType } from '../model/schema.ts';
import { type Altered, type NoColumns, type Only, type Renames, renamedOf, type Texts } from './alter.ts';
import { modelFields } from './column.ts';
import type { Fields, Udt } from './cql-type.ts';
import { mistake, objectOf, propertiesOf, shown } from './mistake.ts';
import { memberNameOf } from './name.ts';
import { originOf, type TypeOrigin, withOrigin } from './origin.ts';

/**
 * A user-defined type. It stands in columns like any other type; it is created when it stands in `schema`.
 *
 * @example
 * import { migration, t, table, udt } from 'cqlform';
 *
 * const address = udt('address', { street: t.text(), zip: t.text() });
 * const customers = table('customers', {
 *   columns: { id: t.uuid(), home: t.frozen(address) },
 *   partitionKey: ['id'],
 * });
 *
 * export default migration({ description: 'Customers live somewhere', schema: [address, customers] });
 */
export function udt<const N extends string, F extends Fields>(name: N, fields: F): Udt<N, F> {
  const subject = `type ${memberNameOf('a type', name)}`;
  const type: UserType = { kind: 'type', name, fields: modelFields(subject, fields) };
  if (type.fields.length === 0) {
    throw mistake('TYPE_WITHOUT_FIELDS', { message: `${subject} has no field`, next: 'Give it at least one.' });
  }
  return withOrigin({ kind: 'udt', name, fields: Object.freeze({ ...fields }) }, { kind: 'type', type, alters: null });
}

/**
 * A user-defined type with a change. Tables whose rows this migration reads or writes say so:
 * `alter(customers, { retype: { home: t.frozen(address2) } })`. Fields are renamed in a migration that moves no
 * rows with values of the type (`FIELD_RENAME_WITH_DATA`).
 *
 * @example
 * import { alterType, migration, t, udt } from 'cqlform';
 *
 * const address = udt('address', { street: t.text(), zip: t.text() });
 *
 * export default migration({
 *   description: 'Addresses have a country',
 *   schema: [alterType(address, { add: { country: t.text() } })],
 * });
 */
export function alterType<
  N extends string,
  F extends Fields,
  A extends Fields = NoColumns,
  const R extends Renames<F> = NoColumns,
>(
  base: Udt<N, F>,
  change: {
    readonly add?: A & { readonly [X in keyof A & keyof F]: 'there is a field of this name already' };
    readonly rename?: R & Renames<F> & Texts<R> & Only<R, keyof F>;
  },
): Udt<N, Altered<F, never, R, A, NoColumns>> {
  return altered(base, change) as never;
}

function altered(base: unknown, given: unknown): Udt {
  const origin = originOf(base);
  if (origin?.kind !== 'type') {
    throw mistake('ALTER_OF_NO_TYPE', {
      message: `alterType was given ${shown(base)}, not a user-defined type`,
      next: 'Declare the type with `udt(name, …)` and give that.',
    });
  }
  const { name, fields } = origin.type;
  const subject = `type ${name}`;
  const change = propertiesOf(`the change of ${subject}`, given, ['add', 'rename']);
  const rename = renamedOf(
    subject,
    fields.map((field) => field.name),
    change['rename'],
  );
  const add = modelFields(subject, change['add'] ?? {});
  if (add.length === 0 && Object.keys(rename).length === 0) {
    throw mistake('ALTER_EMPTY', { message: `the change of ${subject} is empty`, next: 'Give `add` or `rename`.' });
  }
  const after = [...fields.map((field) => ({ ...field, name: own(rename, field.name) ?? field.name })), ...add];
  const clash = after.find((field, index) => after.findIndex((other) => other.name === field.name) !== index);
  if (clash !== undefined) {
    throw mistake('FIELD_TWICE', {
      message: `${subject} would have two fields ${clash.name}`,
      next: 'Choose another name.',
    });
  }
  const delta: TypeDelta = { kind: 'alter-type', type: name, add, rename };
  const users = objectOf(subject, (base as Udt).fields);
  const renamed = Object.entries(users).map(([field, type]) => [own(rename, field) ?? field, type] as const);
  const shape = {
    kind: 'udt',
    name,
    fields: Object.freeze(
      Object.fromEntries([...renamed, ...Object.entries(objectOf('add', change['add'] ?? {}))]),
    ) as Fields,
  } as const;
  const type: TypeOrigin = {
    kind: 'type',
    type: { kind: 'type', name, fields: after },
    alters: { base: origin, delta },
  };
  return withOrigin(shape, type);
}
