import type { DataSpec } from '../../model/data.ts';
import type { StepDecisions, WatermarkEntry } from '../../model/journal.ts';
import type { Table } from '../../model/schema.ts';
import { type Since, watermarkOf } from '../../model/since.ts';
import type { CopyPass } from '../../ports/engines.ts';
import type { WorkInput } from '../deps.ts';
import { standingOf, watermarkOfStep } from '../standing.ts';

/**
 * The pass of a first copy; null where its changes are not told. Its watermark is taken before anything is read, and
 * recorded: an attempt that goes on keeps it, because pieces that are done were read by then.
 */
export async function firstPass(
  input: WorkInput<'data'>,
  spec: DataSpec,
  from: Table | null,
): Promise<CopyPass | null> {
  const { since } = spec;
  if (since === undefined) return null;
  const { deps, request, step, section, decisions, context } = input;
  const of = { run: request.run, step: step.id };
  const known = watermarkOfStep(standingOf(await deps.journal.entries()), of);
  if (known !== undefined) return firstOf(since, known);
  const mark = await deps.copier.mark({ spec, from }, context);
  const time = decisions.writeTimestamp ?? '0';
  const entry: WatermarkEntry = {
    kind: 'watermark',
    ...of,
    migration: section.migration,
    by: since.by,
    column: since.by === 'writetime' ? null : since.column,
    value: String(watermarkOf(since, mark)),
    now: String(mark.now),
    moved: String(mark.now),
    time,
    // Whatever a pass brings later is newer than this.
    without: since.by === 'time' ? String(watermarkOf(since, mark) - BigInt(since.overlap)) : time,
    attempt: decisions.attempt,
    passes: 0,
    accounts: null,
    at: decisions.startedAt,
    open: null,
  };
  await deps.journal.write(entry);
  return firstOf(since, entry);
}

function firstOf(since: Since, { now, without }: WatermarkEntry): CopyPass {
  return { since, from: null, now: BigInt(now), without: BigInt(without), earlier: null, deletes: false };
}

/** All of a source once more, after however many passes: each row at the time that the newest of them gave it, or would. */
export function passAgain(since: Since, { without }: WatermarkEntry, now: bigint): CopyPass {
  return { since, from: null, now, without: BigInt(without), earlier: null, deletes: true };
}

/** When a row is written that tells no time, by the newest pass. */
export function timestampOf(decisions: StepDecisions, watermark: WatermarkEntry | undefined): bigint {
  return BigInt(watermark?.time ?? decisions.writeTimestamp ?? '0');
}
