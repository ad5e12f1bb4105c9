import { join } from 'node:path';
import type { Diagnostic } from '../analysis/diagnostic.ts';
import { wholeMigrationSource } from '../analysis/source/migration.ts';
import { createFile } from '../analysis/write-file.ts';
import { withChosenOptions } from '../cql/default-options.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { LiveKeyspace } from '../model/live.ts';
import type { Schema } from '../model/schema.ts';
import { objectKinds, objectOf, objectsOf, withoutObject } from '../planner/schema-objects.ts';
import { writeGenerated } from './check.ts';
import { inspect } from './inspect.ts';
import { type LeftOut, unsupportedIn, without } from './introspect-unsupported.ts';
import { nextId } from './migration-id.ts';
import { notComposable } from './new.ts';
import type { Session } from './session.ts';

export interface IntrospectReport {
  /** The file that was written; null when every object has its migration already. */
  readonly path: string | null;
  readonly objects: number;
  /** Objects that cqlform cannot manage, and why; they stay unmanaged. */
  readonly left: readonly LeftOut[];
  /** What `check` finds in the file: names that JavaScript cannot hold, and the like. */
  readonly problems: readonly Diagnostic[];
}

/** Writes what is live, and no migration makes, as one migration; `plan` right after it has no steps. */
export async function introspect(
  { project, cluster, clock }: Session,
  options: { readonly name: string },
): Promise<IntrospectReport> {
  const before = await inspect(project);
  if (before.schema === null) throw notComposable(before.diagnostics.map((one) => `${one.code}: ${one.reason}`));
  const live = await cluster.describe(project.keyspace);
  if (!live.exists) throw noKeyspace(live);
  const left = unsupportedIn(live);
  const schema = withChosenOptions(unmanaged(without(live.schema, left), before.schema));
  const objects = objectKinds.reduce((sum, of) => sum + objectsOf(schema, of).length, 0);
  if (objects === 0) return { path: null, objects, left, problems: [] };
  const id = nextId(
    options.name,
    before.files.map((file) => file.id),
    clock.now(),
  );
  const path = join(project.migrationsFolder, `${id}.ts`);
  const description = `${project.keyspace} as it was found`;
  await createFile(path, wholeMigrationSource(schema, { description, base: before.schema }));
  const after = await inspect(project);
  await writeGenerated(project, after);
  return { path, objects, left, problems: after.diagnostics.filter((one) => one.path === path) };
}

/** What live has and the migrations do not make. */
function unmanaged(live: Schema, managed: Schema): Schema {
  const all = objectKinds.flatMap((of) => objectsOf(live, of).map(([name]) => ({ of, name })));
  const known = all.filter(({ of, name }) => objectOf(managed, of, name) !== null);
  const rest = known.reduce((so, { of, name }) => withoutObject(so, of, name), live);
  const { durableWrites } = managed.keyspace;
  return durableWrites === undefined ? rest : { ...rest, keyspace: { kind: 'keyspace' } };
}

function noKeyspace({ name, cluster }: LiveKeyspace): CqlformError {
  return new CqlformError('KEYSPACE_MISSING', `${cluster} has no keyspace ${name}`, {
    next: 'Correct the keyspace in the configuration or --keyspace; for a new one begin with `cqlform new`.',
    fields: { keyspace: name },
    exitCode: exitCodes.usage,
  });
}
