import { errors } from 'cassandra-driver';
import { expect, it } from 'vitest';
import { reasonOf } from '../../src/kernel/errors.ts';

it('tells the reason of an error without the stacks that a driver puts into its message', () => {
  const inner = new Error('Not enough replicas');
  const thrown = new errors.NoHostAvailableError({ '127.0.0.1:9042': inner });
  expect(thrown.message).toContain('\n    at ');
  expect(reasonOf(thrown)).toMatch(/^All host.* tried.*Not enough replicas\. See innerErrors\.$/);
  expect(reasonOf('at home: 3:4')).toBe('at home: 3:4');
});
