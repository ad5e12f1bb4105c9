import { describe, expect, it } from 'vitest';
import { footprintOf, overlap } from '../../src/planner/footprint.ts';
import { alter, copy, create, index, migration, plan, schema, table, userType } from './build.ts';

const users = table('users', { columns: { id: 'uuid', name: 'text' }, key: 'id' });
const orders = table('orders', { columns: { id: 'uuid', name: 'text' }, key: 'id' });

describe('a late file', () => {
  const late = migration('1_late', [alter('users', { add: { rating: 'int' } })]);

  it('may run when what came after is about other objects', () => {
    const newer = migration('2_newer', [create(index('by_name', 'orders.name'))]);
    const planned = plan(schema(users, orders), [late], {
      appliedAfter: { '1_late': [{ migration: newer.id, footprint: footprintOf(newer) }] },
    });
    expect(planned.applyable).toBe(true);
    expect(planned.sections[0]?.late).toBe('it is late: 2_newer is applied already, but about other objects');
    expect(planned.sections[0]?.steps[0]?.hazards.map((one) => one.code)).toEqual(['OUT_OF_ORDER']);
  });

  it('may not when both are about one object', () => {
    const newer = migration('2_newer', [create(index('by_name', 'users.name'))]);
    const planned = plan(schema(users), [late], {
      appliedAfter: { '1_late': [{ migration: newer.id, footprint: footprintOf(newer) }] },
    });
    expect(planned.notices).toMatchObject([{ code: 'LATE_CONFLICT', severity: 'error' }]);
    expect(planned.notices[0]?.message).toContain('about table users too');
    expect(planned.notices[0]?.next).toContain('cqlform rebase 1_late');
  });
});

describe('footprintOf', () => {
  it('names what is written and what is stood on', () => {
    const address = userType('address', { street: 'text' });
    const people = table('people', { columns: { id: 'uuid', home: 'frozen<address>' }, key: 'id' });
    expect(footprintOf(migration('1', [create(people)], { data: [copy(users, people)] }))).toEqual({
      writes: ['table people'],
      reads: ['table users', 'user-defined type address'],
    });
    expect(footprintOf(migration('2', [create(address)])).writes).toEqual(['user-defined type address']);
  });

  it('lets two read the same', () => {
    const one = { writes: ['table a'], reads: ['table users'] };
    const other = { writes: ['table b'], reads: ['table users'] };
    expect(overlap(one, other)).toEqual([]);
    expect(overlap(one, { writes: ['table users'], reads: [] })).toEqual(['table users']);
  });
});
