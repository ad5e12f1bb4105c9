import { expect, it } from 'vitest';
import { paintFor } from '../../src/cli/view/paint.ts';
import { verificationText } from '../../src/cli/view/verify.ts';

const report = {
  ...{ read: 9, skipped: 0, rejected: 0, expected: 9, actual: 9, missing: 1, extra: 0, different: 2, newer: 0 },
  ...{ uncertain: 0, unexamined: 0, repaired: 4, differences: [] },
};

it('says how many rows a repair could not mend, and why', () => {
  const step = { migration: 'm', step: 's', title: 't', kind: 'rows', ok: false, report } as const;
  const text = verificationText([step], paintFor(false));
  expect(text).toContain('4 rows written again');
  expect(text).toContain('3 rows differ still, because a deletion or a greater value');
});

it('says that more rows are there than were written', () => {
  const step = { migration: 'm', step: 's', title: 't', kind: 'count', ok: true, written: 3, there: 5 } as const;
  expect(verificationText([step], paintFor(false))).toContain('2 more than were written');
});
