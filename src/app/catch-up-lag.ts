import type { Progress } from '../model/event.ts';
import type { LiveKeyspace } from '../model/live.ts';
import type { SourceLag } from '../model/since.ts';
import type { WorkContext } from '../ports/engines.ts';
import type { CatchUpTools, Following } from './catch-up.ts';
import { unrecorded } from './unrecorded.ts';

/** How far a target is behind its source. */
export interface Lag {
  /** From the watermark to the newest change; of numbers, from the beginning of the newest pass until now. 0: nothing is pending. */
  readonly milliseconds: number;
  /** Changed rows above the watermark. */
  readonly pending: number;
  /** Rows without a watermark, which no pass reads. */
  readonly without: number;
  /** Rows dated ahead of the source's clock, which every pass reads. */
  readonly ahead: number;
  /** The newest change: microseconds of a time, else a number, as digits; null: no row tells one. */
  readonly newest: string | null;
}

export interface LagContext {
  readonly live: LiveKeyspace;
  readonly assertHeld: () => void;
  readonly onProgress: (title: string, progress: Progress) => void;
}

export async function lagBetween(
  { copied, watermark, request, since }: Following,
  { session, engines }: CatchUpTools,
  { live, assertHeld, onProgress }: LagContext,
): Promise<Lag> {
  const context: WorkContext = {
    keyspace: live.name,
    types: live.schema.types,
    onProgress: (progress) => onProgress(copied.step.title, progress),
    assertHeld,
    ...unrecorded,
  };
  const { spec, from } = request;
  const found = await engines.copier.lag({ spec, from, after: BigInt(watermark.value) }, context);
  const { pending, without, ahead, newest } = found;
  const numbersSince = session.clock.micros() - BigInt(watermark.time);
  return {
    milliseconds:
      since.by === 'number' ? late(found, numbersSince) : late(found, (newest ?? 0n) - BigInt(watermark.value)),
    pending,
    without,
    ahead,
    newest: newest === null ? null : String(newest),
  };
}

function late({ pending }: SourceLag, micros: bigint): number {
  return pending === 0 || micros < 0n ? 0 : Number(micros) / 1000;
}
