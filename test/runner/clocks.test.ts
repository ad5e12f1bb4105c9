import { expect, it } from 'vitest';
import type { NodeClock } from '../../src/model/live.ts';
import { clockEvents, spreadOf } from '../../src/runner/preflight-clocks.ts';

const clocks = (...aheadMs: readonly number[]): readonly NodeClock[] =>
  aheadMs.map((one, index) => ({ address: `n${index}`, aheadMs: one }));

it.each<[string, readonly NodeClock[], readonly (readonly string[])[]]>([
  ['clocks that are right', clocks(0, 0, 12), [['nodes within 12 ms, this machine with them']]],
  ['no answer', [], [['nodes within 0 ms, this machine with them']]],
  [
    'this machine ahead of all',
    clocks(-60_000, -60_300),
    [
      ['nodes within 300 ms, this machine 60.0 s ahead of them'],
      ['CLOCK_SKEWED', "this machine is 60.0 s ahead of the cluster's"],
    ],
  ],
  [
    'a node that is behind',
    clocks(0, -12_000, 0),
    [['nodes within 12.0 s, this machine with them'], ['CLOCKS_APART', '12.0 s apart (n1 is behind n2)']],
  ],
  [
    'a node that is ahead',
    clocks(0, 9_000),
    [
      ['nodes within 9.0 s, this machine 9.0 s behind them'],
      ['CLOCK_SKEWED', "9.0 s behind the cluster's"],
      ['CLOCKS_APART', '9.0 s apart (n0 is behind n1)'],
    ],
  ],
])('tells of %s', (_what, given, expected) => {
  const events = clockEvents(given);
  const told = events.map((event) => JSON.stringify(event));
  expect(events).toHaveLength(expected.length);
  for (const [index, words] of expected.entries()) for (const word of words) expect(told[index]).toContain(word);
});

it('knows how far clocks are apart', () => {
  expect([spreadOf([]), spreadOf(clocks(5)), spreadOf(clocks(-5, 3, 0))]).toEqual([0, 0, 8]);
});
