import { CqlformError } from '../kernel/errors.ts';
import type { ForeignSource } from '../model/data.ts';
import type { Migration } from '../model/migration.ts';
import type { ApplyInput, SourceFinding } from '../planner/input.ts';
import { createOpenSource } from '../sources/open.ts';
import type { Project } from './project.ts';

/** Looks at every foreign source of the migrations: is it there, how large, does it have the declared columns? */
export async function sourceFindings(
  project: Project,
  pending: readonly Migration[],
): Promise<NonNullable<ApplyInput['sources']>> {
  const foreign = pending.flatMap(({ id, data }) =>
    data.flatMap((spec) => (spec.from.kind === 'foreign' ? [{ key: `${id}/${spec.index}`, source: spec.from }] : [])),
  );
  const found = await Promise.all(
    foreign.map(async ({ key, source }) => [key, await findingOf(project, source)] as const),
  );
  return Object.fromEntries(found);
}

async function findingOf({ folder }: Project, source: ForeignSource): Promise<SourceFinding> {
  try {
    const opened = await createOpenSource({ projectFolder: folder })(source);
    try {
      const { rows, bytes, missing } = await opened.facts();
      return { rows, bytes, missing, problem: null };
    } finally {
      await opened.close();
    }
  } catch (thrown) {
    if (!(thrown instanceof CqlformError)) throw thrown;
    const { code, message, next } = thrown;
    return { rows: null, bytes: null, missing: [], problem: { code, message, next } };
  }
}
