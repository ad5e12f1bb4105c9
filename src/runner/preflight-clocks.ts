import type { Emit, RunEvent } from '../model/event.ts';
import type { NodeClock } from '../model/live.ts';
import type { Cluster } from '../ports/cluster.ts';

/** More than network and scheduling make of clocks that are kept by NTP. */
const tolerableMs = 2_000;

/**
 * Sets the run's clock by the nodes', and says where clocks are wrong. No reason to refuse: times are the cluster's, a
 * drop is dated after the node furthest ahead, and what waits for a time waits for the node furthest behind.
 */
export async function preflightClocks(cluster: Cluster, emit: Emit): Promise<void> {
  for (const event of clockEvents(await cluster.clocks())) emit(event);
}

/** What is to be said of these clocks. */
export function clockEvents(clocks: readonly NodeClock[]): readonly RunEvent[] {
  const spread = spreadOf(clocks);
  const ahead = clocks.length === 0 ? 0 : Math.max(...clocks.map(({ aheadMs }) => aheadMs));
  const apart = spread > tolerableMs;
  const skewed = Math.abs(ahead) > tolerableMs;
  const detail = `nodes within ${secondsText(spread)}, this machine ${skewed ? `${besides(-ahead)} them` : 'with them'}`;
  const events: RunEvent[] = [{ kind: 'preflight', check: 'clocks', ok: !apart && !skewed, detail }];
  if (skewed) {
    events.push({
      kind: 'warning',
      code: 'CLOCK_SKEWED',
      message: `the clock of this machine is ${besides(-ahead)} the cluster's: the run goes by the cluster's; set this one right (NTP)`,
      step: null,
    });
  }
  if (apart) {
    const ordered = clocks.toSorted((a, b) => a.aheadMs - b.aheadMs);
    const [slowest, fastest] = [ordered.at(0)?.address, ordered.at(-1)?.address];
    events.push({
      kind: 'warning',
      code: 'CLOCKS_APART',
      message: `the clocks of the nodes are ${secondsText(spread)} apart (${slowest} is behind ${fastest}): of two writes the older may win; set them right (NTP)`,
      step: null,
    });
  }
  return events;
}

/** Milliseconds between the node furthest behind and the one furthest ahead. */
export function spreadOf(clocks: readonly NodeClock[]): number {
  if (clocks.length === 0) return 0;
  const ahead = clocks.map(({ aheadMs }) => aheadMs);
  return Math.max(...ahead) - Math.min(...ahead);
}

function besides(aheadMs: number): string {
  return aheadMs > 0 ? `${secondsText(aheadMs)} ahead of` : `${secondsText(-aheadMs)} behind`;
}

function secondsText(milliseconds: number): string {
  return milliseconds < 1_000 ? `${Math.ceil(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}
