import type { Estimate } from '../model/live.ts';
import type { Step, Work } from '../model/step.ts';

/** Rows per second that one runner moves, for a first guess; see docs/benchmarks.md. */
const rowsPerSecond = { backup: 30_000, restore: 8_000, data: 8_000, 'copy-table': 8_000, compare: 15_000 } as const;

/** What a step will go through, from the cluster's own estimate of its table; null where that is unknown. */
export function estimateOf(work: Work, known: Estimate | undefined): Step['estimate'] {
  const rows = known?.rows ?? null;
  const rate = work.kind === 'ddl' || work.kind === 'wait' ? null : rowsPerSecond[work.kind];
  const seconds = rows === null || rate === null ? null : Math.ceil(rows / rate);
  return { rows, bytes: known?.bytes ?? null, seconds };
}
