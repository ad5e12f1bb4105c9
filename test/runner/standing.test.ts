import { describe, expect, it } from 'vitest';
import { newRunId } from '../../src/app/actor.ts';
import { systemClock } from '../../src/cassandra/system-clock.ts';
import type { JournalEntry, MigrationEntry, RunEntry } from '../../src/model/journal.ts';
import { standingOf } from '../../src/runner/standing.ts';

function run(id: string, status: RunEntry['status'], more: Partial<RunEntry> = {}): RunEntry {
  const times = { startedAt: '2026-01-01T00:00:00.000Z', finishedAt: null };
  const what = { planHash: 'p', migrations: ['m'], actor: 'a', error: null };
  return { kind: 'run', id, direction: 'apply', ...what, ...times, status, ...more };
}

function migration(of: string, status: MigrationEntry['status']): MigrationEntry {
  const hashes = { schemaHash: 's', codeHash: null, stateBefore: 'none', stateAfter: 'none', planHash: 'p' };
  return { kind: 'migration', id: 'm', description: '', status, ...hashes, run: of, at: '2026-01-01T00:00:00.000Z' };
}

/** Of a machine whose clock was ahead, and what came after it elsewhere. */
const ahead = '1900000000000-aaaaaaaa';
const after = '1800000000000-bbbbbbbb';
const last = '1800000000001-cccccccc';

describe('where a keyspace stands', () => {
  it.each<[string, readonly JournalEntry[], string | null]>([
    ['a run that was killed', [run(ahead, 'done'), run(after, 'running')], after],
    ['one that failed', [run(ahead, 'done'), migration(after, 'partial'), run(after, 'failed')], after],
    ['one that was replaced', [run(ahead, 'done'), run(after, 'superseded'), run(last, 'done')], null],
    [
      'one that an older version passed over',
      [run(ahead, 'done'), run(after, 'running'), migration(after, 'partial'), run(last, 'done')],
      after,
    ],
    [
      'one whose migration another has finished since',
      [run(ahead, 'done'), run(after, 'running'), migration(last, 'applied'), run(last, 'done')],
      null,
    ],
  ])('sees %s in the order of the journal, whatever a clock said', (_what, entries, expected) => {
    const { runs, unfinished } = standingOf(entries);
    expect(unfinished?.id ?? null).toBe(expected);
    expect(runs.map(({ id }) => id)).toEqual(
      entries.filter(({ kind }) => kind === 'run').map((entry) => 'id' in entry && entry.id),
    );
  });

  it('gives a run an id after those of all runs there were', () => {
    const standing = standingOf([run(ahead, 'done'), run(after, 'done')]);
    expect(newRunId(systemClock, standing)).toMatch(/^1900000000001-[0-9a-f]{8}$/);
    expect(newRunId(systemClock, standingOf([])) < after).toBe(true);
  });
});
