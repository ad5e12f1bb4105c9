import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/model/plan.ts';
import type { Schema } from '../../src/model/schema.ts';
import { planRollback } from '../../src/planner/plan-rollback.ts';
import { live, outline, plan, rollbackInput, worldAfter } from './build.ts';
import { Keyspace } from './interpret.ts';
import { diceOf, randomMigration, randomSchema } from './random.ts';

const seeds = 250;

function run(planned: Plan, keyspace: Keyspace): void {
  for (const step of planned.sections.flatMap((section) => section.steps)) {
    if (step.work.kind !== 'ddl') continue;
    try {
      keyspace.run(step.work.ddl);
    } catch (thrown) {
      throw new Error(`${step.id}: ${(thrown as Error).message}\n${outline(planned)}`);
    }
  }
}

/** Building the message is dear, so it is built only when there is something to say. */
function expectSame(keyspace: Keyspace, wanted: Schema, message: () => string): void {
  const [found, expected] = [keyspace.content(), new Keyspace(wanted).content()];
  if (JSON.stringify(found) !== JSON.stringify(expected)) expect(found, message()).toEqual(expected);
}

/** What a plan of a random migration may be refused for; anything else would be a statement that was planned wrongly. */
const refusals = [
  'REBUILD_NEEDS_COPY',
  'FIELD_RENAME_WITH_DATA',
  'SOURCE_COLUMNS',
  'TARGET_COLUMNS',
  'COPY_INTO_ITSELF',
  'COLUMN_NAME_SPENT',
  'COUNTER_REBUILD',
  'COUNTER_RENAME',
  'COUNTER_TARGET',
  'NOT_PLANNED',
];

describe('random migrations', () => {
  it('reach what they declare, and their rollback reaches what was there', () => {
    let [undone, steps] = [0, 0];
    for (let seed = 1; seed <= seeds; seed += 1) {
      const dice = diceOf(seed);
      const base = randomSchema(dice);
      const first = randomMigration(dice, base, '1_first');
      const second = randomMigration(dice, first.after, '2_second');
      const planned = plan(base, [first.migration, second.migration]);
      if (!planned.applyable) {
        for (const one of planned.notices) expect(refusals, `seed ${seed}: ${one.message}`).toContain(one.code);
        continue;
      }
      const keyspace = new Keyspace(base);
      run(planned, keyspace);
      expectSame(keyspace, second.after, () => `seed ${seed}\n${outline(planned)}`);

      const back = planRollback(rollbackInput(planned, live(worldAfter(planned, live(base)).schema)));
      if (!back.applyable) {
        for (const one of back.notices) expect(one.code, `seed ${seed}: ${one.message}`).toBe('IRREVERSIBLE');
        continue;
      }
      run(back, keyspace);
      expectSame(keyspace, base, () => `seed ${seed}\n${outline(planned)}\n${outline(back)}`);
      undone += 1;
      steps += planned.sections.flatMap((section) => section.steps).length;
    }
    expect(undone).toBeGreaterThan(seeds * 0.8);
    expect(steps).toBeGreaterThan(seeds * 2);
  });

  it('are planned the same each time', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const once = (): Plan => {
        const dice = diceOf(seed);
        const base = randomSchema(dice);
        return plan(base, [randomMigration(dice, base, '1_first').migration]);
      };
      expect(once().hash).toBe(once().hash);
    }
  });
});
