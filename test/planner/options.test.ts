import { describe, expect, it } from 'vitest';
import { optionHolds } from '../../src/planner/options.ts';

describe('optionHolds', () => {
  it.each([
    ['speculative_retry', '99PERCENTILE', '99p'],
    ['speculative_retry', '99.0PERCENTILE', '99p'],
    ['speculative_retry', 'NONE', 'NEVER'],
    ['speculative_retry', 'always', 'ALWAYS'],
    ['speculative_retry', '50MS', '50ms'],
    ['additional_write_policy', 'max(99percentile, 50ms)', 'MAX(99p,50ms)'],
    ['read_repair', 'blocking', 'BLOCKING'],
    ['bloom_filter_fp_chance', 0.01, '0.010'],
    ['comment', '99PERCENTILE', '99PERCENTILE'],
  ])('takes %s = %s for what the server states as %s', (name, wanted, live) => {
    expect(optionHolds(name, wanted, live)).toBe(true);
  });

  it.each([
    ['speculative_retry', 'NONE', 'ALWAYS'],
    ['speculative_retry', '99p', '90p'],
    ['comment', 'people ', 'people'],
    ['comment', '1.0', '1'],
    ['gc_grace_seconds', 10, 100],
  ])('tells %s = %s from %s', (name, wanted, live) => {
    expect(optionHolds(name, wanted, live)).toBe(false);
  });
});
