import type { Change } from '../model/change.ts';
import type { KeyspaceSettings, Schema } from '../model/schema.ts';
import { withObject, withoutObject } from './schema-objects.ts';

/** The schema after the changes; an object that goes away need not be there. */
export function applyChanges(schema: Schema, changes: readonly Change[]): Schema {
  return changes.reduce(applyChange, schema);
}

function applyChange(schema: Schema, change: Change): Schema {
  if (change.kind === 'keyspace') return { ...schema, keyspace: change.after };
  return change.after === null ? withoutObject(schema, change.of, change.name) : withObject(schema, change.after);
}

export function mergedSettings(before: KeyspaceSettings, after: KeyspaceSettings): KeyspaceSettings {
  return { ...before, ...after };
}

/** The changes that lead back: applied to the state after `changes` they give the state before. */
export function reversedChanges(changes: readonly Change[]): readonly Change[] {
  return changes.toReversed().map((change): Change => {
    if (change.kind === 'keyspace')
      return { kind: 'keyspace', before: change.after, after: change.before ?? { kind: 'keyspace' } };
    return {
      ...change,
      before: change.after,
      after: change.before,
      renamed: Object.fromEntries(Object.entries(change.renamed).map(([from, to]) => [to, from])),
    };
  });
}
