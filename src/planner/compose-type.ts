import { own } from '../kernel/own.ts';
import type { TypeDelta } from '../model/migration.ts';
import type { Schema, UserType } from '../model/schema.ts';
import { typeText } from '../model/type-text.ts';
import type { DeltaContext } from './compose-table.ts';
import { mistake } from './mistakes.ts';
import { withObject } from './schema-objects.ts';

/** The schema after a delta to a user-defined type that is in it. Throws CqlformError. */
export function composeType(schema: Schema, delta: TypeDelta, context: DeltaContext): Schema {
  const type = own(schema.types, delta.type);
  if (type === undefined) return schema;
  const renames = renamesOf(type, delta, context);
  const fields = type.fields.map((field) => ({ ...field, name: own(renames, field.name) ?? field.name }));
  const renamed: UserType = { ...type, fields };
  return withObject(schema, { ...renamed, fields: [...fields, ...addsOf(renamed, delta, context)] });
}

function renamesOf(
  type: UserType,
  delta: TypeDelta,
  { migration, passOver }: DeltaContext,
): Readonly<Record<string, string>> {
  const has = (name: string): boolean => type.fields.some((field) => field.name === name);
  const wanted = Object.entries(delta.rename).filter(([from, to]) => {
    const object = `${type.name}.${from}`;
    if (has(from)) {
      if (!has(to) || own(delta.rename, to) !== undefined) return true;
      throw mistake(
        'FIELD_EXISTS',
        { migration, object },
        {
          message: `field ${object} cannot be renamed to ${to}, which is there already`,
          next: 'Choose another name.',
        },
      );
    }
    const error = mistake(
      'FIELD_MISSING',
      { migration, object },
      {
        message: `there is no field ${object} to rename`,
        next: 'Look at migrations/schema.ts for what is there before this migration.',
      },
    );
    if (!has(to)) throw error;
    passOver({ object: `${type.name}.${to}`, fact: `${object} is already called ${to}`, error });
    return false;
  });
  return Object.fromEntries(wanted);
}

function addsOf(type: UserType, delta: TypeDelta, { migration, passOver }: DeltaContext): UserType['fields'] {
  return delta.add.filter((field) => {
    const there = type.fields.find((one) => one.name === field.name);
    if (there === undefined) return true;
    const object = `${type.name}.${field.name}`;
    const error = mistake(
      'FIELD_EXISTS',
      { migration, object },
      {
        message: `field ${object} is there already, as ${typeText(there.type)}`,
        next: 'Take it out of `add`, or choose another name: a field cannot change its type.',
      },
    );
    if (typeText(there.type) !== typeText(field.type)) throw error;
    passOver({ object, fact: `field ${object} ${typeText(there.type)} is there already`, error });
    return false;
  });
}
