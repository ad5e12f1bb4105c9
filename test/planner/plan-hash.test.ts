import { describe, expect, it } from 'vitest';
import { planHash } from '../../src/planner/plan-hash.ts';
import { alter, copy, create, drop, migration, plan, schema, table } from './build.ts';

const users = table('users', { columns: { id: 'uuid', name: 'text', nickname: 'text' }, key: 'id' });
const names = table('names', { columns: { name: 'text', id: 'uuid' }, key: 'name, id' });
const planned = plan(schema(users), [
  migration('1_names', [create(names), alter('users', { drop: ['nickname'] })], { data: [copy(users, names)] }),
  migration('2_drop', [drop('users')]),
]);

describe('a sealed plan', () => {
  it('keeps its hash through JSON', () => {
    expect(planHash(JSON.parse(JSON.stringify(planned)))).toBe(planned.hash);
  });

  it('has another hash once anything in it is another', () => {
    expect(planHash({ ...planned, source: { ...planned.source, gitCommit: 'abc' } })).not.toBe(planned.hash);
    expect(planHash({ ...planned, id: 'another' })).toBe(planned.hash);
  });

  it('is frozen, and leaves what it was made from as it was', () => {
    expect(Object.isFrozen(planned.sections[0]?.steps[0]?.work)).toBe(true);
    expect(Object.isFrozen(users.columns)).toBe(false);
  });

  it('counts a table that also gains a column as changed, and a lost column as destroyed alone', () => {
    const both = plan(schema(users), [migration('1', [alter('users', { drop: ['nickname'], add: { age: 'int' } })])]);
    expect(both.summary).toMatchObject({ add: 0, change: 1, rebuild: 0, destroy: 1 });
    const lost = plan(schema(users), [migration('1', [alter('users', { drop: ['nickname'] })])]);
    expect(lost.summary).toMatchObject({ add: 0, change: 0, rebuild: 0, destroy: 1 });
  });

  it('counts what it comes to', () => {
    expect(planned.summary).toEqual({
      add: 1,
      change: 0,
      rebuild: 0,
      destroy: 2,
      adopt: 0,
      data: 1,
      backups: 2,
      backupBytes: null,
    });
  });
});
