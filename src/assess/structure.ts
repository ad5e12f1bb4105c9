import type { UserType } from '../model/schema.ts';
import type { CqlType } from '../model/type.ts';
import { freeName } from '../planner/names.ts';
import type { ReadType } from '../ports/survey.ts';
import { targetOf } from './columns.ts';
import { snakeName } from './names.ts';

/** Makes types of the keyspace for structures, no two of one name. */
export class StructureTypes {
  readonly #taken: Set<string>;
  readonly #made: UserType[] = [];

  /** `taken`: names that a type must not have. */
  constructor(taken: Set<string>) {
    this.#taken = taken;
  }

  /** Those made, each after the ones in its fields. */
  get made(): readonly UserType[] {
    return this.#made;
  }

  /** The type that holds what is read so; `name` is for the structure in it. */
  targetOf(read: ReadType, name: string): CqlType {
    const { element, key, fields } = read;
    if (fields !== undefined) return this.#structure(fields, name);
    if (element === undefined) return targetOf(read.type);
    const inner = this.targetOf(element, name);
    if (key !== undefined) return { kind: 'map', key: this.targetOf(key, `${name}_key`), value: inner, frozen: true };
    if (read.type.endsWith('.map')) {
      return { kind: 'map', key: { kind: 'scalar', name: 'text' }, value: inner, frozen: true };
    }
    return { kind: 'list', element: inner, frozen: true };
  }

  #structure(fields: NonNullable<ReadType['fields']>, name: string): CqlType {
    const made: UserType = {
      kind: 'type',
      name: freeName(snakeName(name) ?? 'structure', (wanted) => this.#taken.has(wanted)),
      fields: Object.entries(fields).map(([field, read]) => ({
        name: field,
        type: this.targetOf(read, `${name}_${field}`),
      })),
    };
    this.#taken.add(made.name);
    this.#made.push(made);
    return { kind: 'udt', name: made.name, frozen: true };
  }
}
