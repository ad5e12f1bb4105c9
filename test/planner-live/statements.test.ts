import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openCluster } from '../../src/cassandra/open.ts';
import { emitDdl } from '../../src/cql/ddl.ts';
import type { LiveKeyspace } from '../../src/model/live.ts';
import type { Plan } from '../../src/model/plan.ts';
import type { Schema, SchemaObject } from '../../src/model/schema.ts';
import { driftOf } from '../../src/planner/drift.ts';
import { holds } from '../../src/planner/holds.ts';
import type { ApplyInput } from '../../src/planner/input.ts';
import { planApply } from '../../src/planner/plan-apply.ts';
import { planRollback } from '../../src/planner/plan-rollback.ts';
import { inTypeOrder } from '../../src/planner/references.ts';
import type { Cluster } from '../../src/ports/cluster.ts';
import { applyInput, create, migration, outline, recorded, rollbackInput } from '../planner/build.ts';
import { diceOf, randomMigration, randomSchema } from '../planner/random.ts';
import { cassandraAddress } from '../support/cassandra.ts';

const [firstSeed, seeds] = [
  Number(process.env['CQLFORM_TEST_SEED'] ?? 1),
  Number(process.env['CQLFORM_TEST_SEEDS'] ?? 8),
];

/** Runs the schema statements of a plan; the tables are empty, so its rows need no moving. */
async function run(planned: Plan, cluster: Cluster): Promise<void> {
  for (const step of planned.sections.flatMap((section) => section.steps)) {
    const { work } = step;
    if (work.kind !== 'ddl') continue;
    const dropTimestamp = work.ddl.kind === 'drop-columns' ? String(Date.now() * 1000) : null;
    const tableId = work.ddl.kind === 'create-table' ? randomUUID() : null;
    const statement = emitDdl(work.ddl, { keyspace: planned.target.keyspace, tableId, dropTimestamp });
    const before = await cluster.describe(planned.target.keyspace);
    const broken = work.pre.map((condition) => holds(condition, before)).filter((words) => words !== null);
    expect(broken, `before ${step.id}\n${outline(planned)}`).toEqual([]);
    const outcome = await cluster.execute(statement).catch((thrown: unknown) => thrown);
    expect(outcome, `${step.id}: ${statement}\n${outline(planned)}`).toMatchObject({ kind: 'done' });
    const after = await cluster.describe(planned.target.keyspace);
    const left = work.post.map((condition) => holds(condition, after)).filter((words) => words !== null);
    expect(left, `after ${step.id}\n${outline(planned)}`).toEqual([]);
  }
}

function inputFor(live: LiveKeyspace, state: Schema, pending: ApplyInput['pending']): ApplyInput {
  const tableIds = Object.fromEntries(Object.entries(live.facts).map(([name, { id }]) => [name, id]));
  return {
    ...applyInput(null, pending),
    live,
    recorded: { ...recorded(state), tableIds },
    emptyTables: Object.keys(live.schema.tables),
  };
}

function inOrder(state: Schema): readonly SchemaObject[] {
  const { types, tables, indexes, views } = state;
  return [
    ...inTypeOrder(Object.values(types)),
    ...Object.values(tables),
    ...Object.values(indexes),
    ...Object.values(views),
  ];
}

describe('random plans on a server', () => {
  it.each(Array.from({ length: seeds }, (_, at) => firstSeed + at))(
    'are accepted statement by statement: seed %i',
    async (seed) => {
      const { host, port, localDataCenter } = cassandraAddress();
      const keyspace = `planner_${seed}_${process.pid}`;
      const opened = await openCluster({
        contactPoints: [`${host}:${port}`],
        localDataCenter,
        credentials: null,
        tls: null,
        keyspace,
        ledgerKeyspace: 'planner_ledger',
      });
      const { cluster } = opened;
      try {
        const dice = diceOf(seed);
        const base = randomSchema(dice);
        const fresh = {
          ...applyInput(null, [migration('0_base', inOrder(base).map(create))]),
          live: await cluster.describe(keyspace),
        };
        await run(planApply(fresh), cluster);

        const there = await cluster.describe(keyspace);
        const adopting = planApply({
          ...applyInput(null, [migration('0_base', inOrder(there.schema).map(create))]),
          live: there,
        });
        expect(adopting.sections[0]?.steps, outline(adopting)).toEqual([]);
        expect(adopting.summary.adopt).toBe(inOrder(there.schema).length);

        const first = randomMigration(dice, base, '1_first');
        const second = randomMigration(dice, first.after, '2_second');
        const before = await cluster.describe(keyspace);
        expect(driftOf(recorded(base), before).filter((one) => one.kind !== 'recreated')).toEqual([]);
        const planned = planApply(inputFor(before, base, [first.migration, second.migration]));
        if (!planned.applyable) return;
        await run(planned, cluster);
        const after = await cluster.describe(keyspace);
        expect(driftOf({ schema: second.after, tableIds: {} }, after), outline(planned)).toEqual([]);

        const back = planRollback({ ...rollbackInput(planned, after) });
        if (!back.applyable) return;
        await run(back, cluster);
        const end = await cluster.describe(keyspace);
        expect(driftOf({ schema: base, tableIds: {} }, end), outline(back)).toEqual([]);

        const again = planApply(inputFor(end, base, [first.migration, second.migration]));
        // A counter that was dropped by the rollback cannot come back; anything else can be applied again.
        if (again.notices.some((one) => one.code === 'COLUMN_NAME_SPENT' && one.message.includes('counter'))) return;
        expect(again.applyable, outline(again)).toBe(true);
        await run(again, cluster);
        expect(driftOf({ schema: second.after, tableIds: {} }, await cluster.describe(keyspace))).toEqual([]);
      } finally {
        await cluster.execute(`DROP KEYSPACE IF EXISTS ${keyspace}`);
        await opened.close();
      }
    },
    120_000,
  );
});
