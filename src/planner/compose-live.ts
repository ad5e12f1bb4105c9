import { CqlformError } from '../kernel/errors.ts';
import { canonicalJson } from '../kernel/hash.ts';
import { own } from '../kernel/own.ts';
import type { Change } from '../model/change.ts';
import type { Migration } from '../model/migration.ts';
import type { ObjectKind, Schema } from '../model/schema.ts';
import { foundLive, withTouched } from './base.ts';
import { composeWith } from './compose.ts';
import type { PassOver } from './compose-table.ts';
import { ledgerTableProblem } from './ledger-names.ts';
import { keyOf, nounOf } from './names.ts';
import { renamedFieldProblem } from './renamed-fields.ts';
import { columnOf, objectKinds, objectOf } from './schema-objects.ts';
import type { World } from './world.ts';
import type { SectionWriter } from './writer.ts';

/** What a migration is composed onto. */
export interface LiveStates {
  /** As the ledger will have it by then. */
  readonly recorded: Schema;
  /** The managed objects as they are in the cluster by then. */
  readonly managed: Schema;
  readonly world: World;
}

/** Composes onto what is live. What is so already is noted and needs no step; what is otherwise is an error. */
export function composeLive(
  writer: SectionWriter,
  migration: Migration,
  { recorded, managed, world }: LiveStates,
): { readonly changes: readonly Change[]; readonly schema: Schema } | null {
  const reserved = writer.scope.input.ledgerInside === true ? ledgerTableProblem(migration) : null;
  if (reserved !== null) {
    refuseMistake(writer, reserved, reserved);
    return null;
  }
  const base = withTouched(managed, world.schema, migration);
  const adopted = adoptable(writer, migration, { base, live: world.schema });
  if (adopted === null) return null;
  const passed = new Set<string>();
  const passOver: PassOver = ({ object, fact, error }) => {
    if (isRecorded(recorded, object, error.code)) throw error;
    passed.add(objectKinds.some((of) => objectOf(recorded, of, object) !== null) ? object : ownerOf(object));
    writer.notice(
      { code: 'ALREADY_SO', severity: 'info', object },
      { message: `${fact}: nothing to do`, next: 'Look at `cqlform drift` if you did not expect it.' },
    );
  };
  try {
    const { changes, schema } = composeWith(base, migration, passOver);
    const renamed = renamedFieldProblem(migration, { types: { ...base.types, ...schema.types } });
    if (renamed !== null) {
      refuseMistake(writer, renamed, renamed);
      return null;
    }
    const marked = changes.map((change) => markAdopted(change, adopted));
    return { schema, changes: [...marked, ...caughtUp(passed, marked, { recorded, schema })] };
  } catch (thrown) {
    if (!(thrown instanceof CqlformError)) throw thrown;
    const words = composesOn(recorded, migration)
      ? changedByHand(thrown)
      : { message: thrown.message, next: thrown.next };
    refuseMistake(writer, thrown, words);
    return null;
  }
}

function refuseMistake(
  writer: SectionWriter,
  { code, fields: { object } }: CqlformError,
  words: { readonly message: string; readonly next: string },
): void {
  writer.refuse(code, typeof object === 'string' ? object : '', words);
}

/** The migration fits what the ledger recorded, so it is the cluster that is not as it should be. */
function composesOn(recorded: Schema, migration: Migration): boolean {
  try {
    composeWith(recorded, migration, ({ error }) => {
      throw error;
    });
    return true;
  } catch (thrown) {
    if (thrown instanceof CqlformError) return false;
    throw thrown;
  }
}

function changedByHand({ message }: CqlformError): { readonly message: string; readonly next: string } {
  return {
    message: `${message}; it fits what the ledger recorded, so the cluster was changed by hand`,
    next: 'See `cqlform drift`; undo the change by hand, or write it into a migration of its own before this one.',
  };
}

/** What was done by hand already: nothing runs, but the ledger has to learn it. */
function caughtUp(
  passed: ReadonlySet<string>,
  changes: readonly Change[],
  { recorded, schema }: { readonly recorded: Schema; readonly schema: Schema },
): readonly Change[] {
  const changed = (of: ObjectKind, name: string): boolean =>
    changes.some((change) => change.kind === 'object' && change.of === of && change.name === name);
  return objectKinds.flatMap((of) =>
    [...passed].flatMap((name): readonly Change[] => {
      const [before, after] = [objectOf(recorded, of, name), objectOf(schema, of, name)];
      if (changed(of, name) || canonicalJson(before) === canonicalJson(after)) return [];
      return [{ kind: 'object', of, name, before, after, renamed: {}, adopted: true }];
    }),
  );
}

function ownerOf(object: string): string {
  return object.split('.')[0] ?? object;
}

/** The ledger says the same as the cluster, so the migration itself is wrong: it adds what is there or drops what is not. */
function isRecorded(recorded: Schema, object: string, code: string): boolean {
  const [table, column] = object.split('.');
  const isThere = objectKinds.some((of) => objectOf(recorded, of, object) !== null) || hasPart(recorded, table, column);
  return code.endsWith('_EXISTS') ? isThere : !isThere;
}

function hasPart(schema: Schema, owner = '', part = ''): boolean {
  const table = own(schema.tables, owner);
  if (table !== undefined) return columnOf(table, part) !== undefined;
  return own(schema.types, owner)?.fields.some((field) => field.name === part) ?? false;
}

/** Keys of created objects that are there as wanted; null when one is there otherwise. */
function adoptable(
  writer: SectionWriter,
  migration: Migration,
  { base, live }: { readonly base: Schema; readonly live: Schema },
): ReadonlySet<string> | null {
  const adopted = new Set<string>();
  let conflict = false;
  for (const { object, difference } of foundLive(base, live, migration)) {
    const name = `${nounOf(object.kind)} ${keyOf(object)}`;
    if (difference === null) {
      adopted.add(`${object.kind} ${keyOf(object)}`);
      writer.notice(
        { code: 'ADOPTED', severity: 'info', object: keyOf(object) },
        { message: `${name} is in the cluster as wanted: it becomes managed`, next: 'Nothing to do.' },
      );
      continue;
    }
    conflict = true;
    writer.refuse('LIVE_CONFLICT', keyOf(object), {
      message: `${name} is recorded nowhere, but in the cluster, and not as wanted: ${difference}`,
      next: 'Write the declaration as it is in the cluster (cqlform introspect shows it) and change it in a later migration, or rename one of the two.',
    });
  }
  return conflict ? null : adopted;
}

function markAdopted(change: Change, adopted: ReadonlySet<string>): Change {
  return change.kind === 'object' && adopted.has(`${change.of} ${change.name}`) ? { ...change, adopted: true } : change;
}
