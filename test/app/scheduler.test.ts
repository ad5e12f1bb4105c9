import { describe, expect, it } from 'vitest';
import { type CronSchedule, cronNamed } from '../../src/app/cron.ts';
import type { MissedPolicy, ScheduledJob } from '../../src/app/schedule-settings.ts';
import { followSchedules, type SchedulerEvent } from '../../src/app/scheduler.ts';
import { decideStrategy } from '../../src/backup/strategy.ts';
import type { Clock } from '../../src/ports/clock.ts';

/** A clock that moves when somebody sleeps, or is told to. */
class ToldClock implements Clock {
  #now: number;
  constructor(iso: string) {
    this.#now = Date.parse(iso);
  }
  now(): Date {
    return new Date(this.#now);
  }
  micros(): bigint {
    return BigInt(this.#now) * 1000n;
  }
  monotonic(): number {
    return this.#now;
  }
  pass(milliseconds: number): void {
    this.#now += milliseconds;
  }
  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.pass(milliseconds);
  }
}

function cronOf(text: string, zone = 'UTC'): CronSchedule {
  const cron = cronNamed(text, zone);
  if (typeof cron === 'string') throw new Error(cron);
  return cron;
}

function job(
  name: string,
  cron: string,
  more: { missed?: MissedPolicy; jitterMs?: number; zone?: string } = {},
): ScheduledJob {
  return {
    name,
    cron: cronOf(cron, more.zone),
    jitterMs: more.jitterMs ?? 0,
    missed: more.missed ?? null,
    hooks: { before: null, after: null, failed: null, environment: [], timeoutMs: 1000 },
    store: undefined,
    work: { kind: 'verify', share: 100 },
  };
}

interface Played {
  readonly runs: readonly string[];
  readonly events: readonly SchedulerEvent[];
}

/** Follows schedules for so many runs; each takes as long as it is told. */
async function play(
  jobs: readonly ScheduledJob[],
  how: { from: string; runs: number; last?: string; takesMs?: number; chance?: number; failing?: boolean },
): Promise<Played> {
  const clock = new ToldClock(how.from);
  const controller = new AbortController();
  const runs: string[] = [];
  const events: SchedulerEvent[] = [];
  await followSchedules({
    jobs,
    clock,
    chance: () => how.chance ?? 0,
    lastDue: async () => (how.last === undefined ? null : new Date(how.last)),
    run: async ({ name }, due) => {
      runs.push(`${name} ${due.toISOString()} at ${clock.now().toISOString()}`);
      clock.pass(how.takesMs ?? 1000);
      if (runs.length === how.runs) controller.abort();
      else if (how.failing) throw new Error('it failed');
    },
    onEvent: (event) => events.push(event),
    signal: controller.signal,
  });
  return { runs, events };
}

describe('schedules', () => {
  it('run at their times in their zones, the clock put forward in between', async () => {
    const nightly = job('nightly', '30 2 * * *', { zone: 'Europe/Berlin' });
    const { runs } = await play([nightly], { from: '2026-10-24T12:00:00.000Z', runs: 3 });
    // the clocks go back on the 25th, where half past two comes twice
    expect(runs).toEqual([
      'nightly 2026-10-25T00:30:00.000Z at 2026-10-25T00:30:00.000Z',
      'nightly 2026-10-26T01:30:00.000Z at 2026-10-26T01:30:00.000Z',
      'nightly 2026-10-27T01:30:00.000Z at 2026-10-27T01:30:00.000Z',
    ]);
  });

  it('run one after another, those that fail left behind, and begin later by chance', async () => {
    const both = [
      job('a', '0 * * * *', { missed: 'skip' }),
      job('b', '0 * * * *', { missed: 'skip', jitterMs: 60_000 }),
    ];
    const { runs, events } = await play(both, {
      ...{ from: '2026-11-23T00:59:00.000Z', runs: 3, takesMs: 600_000, chance: 0.5, failing: true },
    });
    expect(runs).toEqual([
      'a 2026-11-23T01:00:00.000Z at 2026-11-23T01:00:00.000Z',
      'b 2026-11-23T01:00:00.000Z at 2026-11-23T01:10:00.000Z',
      'a 2026-11-23T02:00:00.000Z at 2026-11-23T02:00:00.000Z',
    ]);
    expect(events.filter(({ kind }) => kind === 'failed')).toHaveLength(2);
  });

  it('make up for one missed run, or for none, by what the repository says', async () => {
    const away = { from: '2026-11-23T10:30:00.000Z', last: '2026-11-23T07:00:00.000Z', runs: 2 };
    const made = await play([job('a', '0 * * * *')], away);
    expect(made.runs).toEqual([
      'a 2026-11-23T10:00:00.000Z at 2026-11-23T10:30:00.000Z',
      'a 2026-11-23T11:00:00.000Z at 2026-11-23T11:00:00.000Z',
    ]);
    expect(made.events[0]).toMatchObject({ kind: 'missed', isMadeUpFor: true });
    const skipped = await play([job('a', '0 * * * *', { missed: 'skip' })], away);
    expect(skipped.runs[0]).toBe('a 2026-11-23T11:00:00.000Z at 2026-11-23T11:00:00.000Z');
    expect(skipped.events[0]).toMatchObject({ kind: 'missed', isMadeUpFor: false });
    const never = await play([job('a', '0 * * * *')], { ...away, last: '2026-11-23T10:00:00.000Z' });
    expect(never.runs[0]).toBe('a 2026-11-23T11:00:00.000Z at 2026-11-23T11:00:00.000Z');
  });

  it('count times that pass while a run is at work as one', async () => {
    const { runs } = await play([job('a', '* * * * *')], {
      from: '2026-11-23T00:00:30.000Z',
      runs: 2,
      takesMs: 300_000,
    });
    expect(runs).toEqual([
      'a 2026-11-23T00:01:00.000Z at 2026-11-23T00:01:00.000Z',
      'a 2026-11-23T00:06:00.000Z at 2026-11-23T00:06:00.000Z',
    ]);
  });

  it('end when no time is to come, and refuse what is no time', async () => {
    const { runs } = await play([job('a', '0 0 0 1 1 * 2027')], { from: '2026-11-23T00:00:00.000Z', runs: 99 });
    expect(runs).toEqual(['a 2027-01-01T00:00:00.000Z at 2027-01-01T00:00:00.000Z']);
    expect(cronNamed('61 * * * *', 'UTC')).toContain('61');
    expect(cronNamed('* * * * *', 'Mars/Base')).toContain('Mars/Base is no time zone');
    expect(cronNamed('0 0 31 2 *', 'UTC')).toContain('never comes');
  });
});

describe('a mix of strategies', () => {
  const now = new Date('2026-11-23T12:00:00Z');
  const made = (id: string, days: number, strategy: 'full' | 'incremental' | null) => ({
    ...{ id, strategy },
    createdAt: new Date(now.getTime() - days * 86_400_000).toISOString(),
  });
  const mixed = (fullEvery: { days?: number; backups?: number }) => ({ kind: 'mixed', fullEvery }) as const;

  it('is full at first, by age and by number, and says why', () => {
    expect(decideStrategy(mixed({ days: 7 }), [made('x', 1, null)], now)).toEqual({
      strategy: 'full',
      why: 'there is no full one of these tables yet',
    });
    const three = [made('f', 3, 'full'), made('i', 2, 'incremental'), made('j', 1, 'incremental')];
    expect(decideStrategy(mixed({ days: 7 }), three, now)).toEqual({
      strategy: 'incremental',
      why: 'the last full one, f, is 3.0 days old, and the next is due after 7',
    });
    expect(decideStrategy(mixed({ days: 3 }), three, now).strategy).toBe('full');
    expect(decideStrategy(mixed({ backups: 3 }), three, now).strategy).toBe('full');
    expect(decideStrategy(mixed({ days: 9, backups: 4 }), three, now)).toMatchObject({
      strategy: 'incremental',
      why: expect.stringContaining('backup 4 of 4 since f'),
    });
    expect(decideStrategy('full', three, now)).toEqual({ strategy: 'full', why: null });
  });
});
