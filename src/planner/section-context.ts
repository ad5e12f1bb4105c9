import type { Change, ObjectChange } from '../model/change.ts';
import type { Migration } from '../model/migration.ts';
import type { ObjectKind, Schema, SchemaObject } from '../model/schema.ts';
import type { SectionWriter } from './writer.ts';

/** What the steps of one section are made from. */
export interface SectionContext {
  readonly writer: SectionWriter;
  readonly migration: Migration;
  /** Those that are not there already. */
  readonly changes: readonly Change[];
  /** The managed objects after the migration. */
  readonly after: Schema;
}

type ObjectOf<K extends ObjectKind> = Extract<SchemaObject, { readonly kind: K }>;
export interface ChangeOf<K extends ObjectKind> {
  readonly name: string;
  readonly before: ObjectOf<K> | null;
  readonly after: ObjectOf<K> | null;
  readonly renamed: Readonly<Record<string, string>>;
}

/** The changes of one kind of object, with their objects as that kind. */
export function changesOf<K extends ObjectKind>(changes: readonly Change[], kind: K): readonly ChangeOf<K>[] {
  const isKind = (object: SchemaObject): object is ObjectOf<K> => object.kind === kind;
  const narrow = (object: SchemaObject | null): ObjectOf<K> | null =>
    object !== null && isKind(object) ? object : null;
  return changes
    .filter((change): change is ObjectChange => change.kind === 'object' && change.of === kind && !change.adopted)
    .map(({ name, before, after, renamed }) => ({ name, before: narrow(before), after: narrow(after), renamed }));
}
