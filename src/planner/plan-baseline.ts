import type { LiveKeyspace } from '../model/live.ts';
import type { Migration } from '../model/migration.ts';
import { type Plan, planFormat, type Section } from '../model/plan.ts';
import { emptySchema } from '../model/schema.ts';
import { compose } from './compose.ts';
import { dataTitle } from './data-steps.ts';
import { fingerprintOf } from './fingerprint.ts';
import { sealPlan } from './plan-hash.ts';
import { summaryOf } from './summary.ts';

export interface BaselineInput {
  readonly toolVersion: string;
  readonly planId: string;
  readonly environment: string | null;
  readonly live: LiveKeyspace;
  readonly ledgerHead: string;
  readonly gitCommit: string | null;
  readonly sumHead: string | null;
  /** In order, the first on an empty keyspace. */
  readonly migrations: readonly Migration[];
}

/**
 * What a baseline records: no steps, every object that the migrations leave becomes managed. It is kept to be shown;
 * it can neither be applied nor taken back. Throws what `compose` throws.
 */
export function planBaseline(input: BaselineInput): Plan {
  const { live } = input;
  const sections = sectionsOf(input.migrations);
  return sealPlan({
    format: planFormat,
    tool: input.toolVersion,
    kind: 'apply',
    id: input.planId,
    target: { cluster: live.cluster, keyspace: live.name, version: live.version.text, environment: input.environment },
    fingerprint: fingerprintOf([], live, input.ledgerHead),
    source: { gitCommit: input.gitCommit, sumHead: input.sumHead },
    sections,
    drift: [],
    notices: [],
    backups: {},
    summary: summaryOf(sections, 'apply'),
    applyable: true,
  });
}

function sectionsOf(migrations: readonly Migration[]): readonly Section[] {
  let schema = emptySchema;
  return migrations.map((migration) => {
    const { id, description, schemaHash, codeHash } = migration;
    const { changes, schema: after } = compose(schema, migration);
    schema = after;
    const adopted = changes.flatMap((change) =>
      change.kind === 'object' && change.after !== null ? [{ ...change, adopted: true }] : [],
    );
    const skippedData = migration.data.map(dataTitle);
    const packages = migration.packages === undefined ? {} : { packages: migration.packages };
    const source = migration.sourceHash === undefined ? {} : { sourceHash: migration.sourceHash };
    const about = { migration: id, description, schemaHash, codeHash, ...packages, ...source };
    return { ...about, changes: adopted, steps: [], skippedData, late: null };
  });
}
