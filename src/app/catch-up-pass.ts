import type { CopyAccounts, OpenPass, StepEntry, WatermarkEntry } from '../model/journal.ts';
import { type Since, type SourceMark, watermarkOf } from '../model/since.ts';
import type { WorkContext } from '../ports/engines.ts';
import type { Checkpoint } from '../ports/journal.ts';
import { rejectsName } from '../runner/rejects-name.ts';
import { newestAttempt, type Standing } from '../runner/standing.ts';
import type { CatchUpTools, Following } from './catch-up.ts';
import type { LagContext } from './catch-up-lag.ts';
import { unrecorded } from './unrecorded.ts';

/** Numbers tell no time, so what commits late is looked for this long after the last change was seen. Microseconds. */
const numbersSettle = 60_000_000n;

export interface Passed {
  readonly watermark: WatermarkEntry;
  /** Null: there was nothing that a pass could have found. */
  readonly accounts: CopyAccounts | null;
}

/**
 * One pass: what changed since the watermark, less the overlap, through the copy's own functions. The watermark moves on
 * when every row of it is acknowledged. A pass that died is taken up: its finished pieces are not read again.
 */
export async function runPass(
  one: Following,
  tools: CatchUpTools,
  options: LagContext & { readonly standing: Standing },
): Promise<Passed> {
  const { copied, watermark, since, request } = one;
  const { session, engines } = tools;
  const entry = copied.entry as StepEntry;
  const context = contextOf(one, options);
  const attempt = nextAttempt(options.standing, entry);
  const open = watermark.open ?? (await toOpen(one, tools, { context, attempt }));
  if (open === null) return { watermark, accounts: null };
  const begun: WatermarkEntry = { ...watermark, open, attempt };
  await session.journal.write(begun);
  const finished = watermark.open === null ? [] : await session.journal.checkpoints(open.id, entry.step);
  const { accounts } = await engines.copier.copy(
    {
      ...request,
      timestamp: BigInt(open.time),
      rejectsFile: rejectsName(session.project.stateFolder, { run: open.id, step: entry.step }),
      pass: {
        since,
        from: BigInt(watermark.value) - BigInt(since.overlap),
        now: BigInt(open.now),
        without: BigInt(watermark.without),
        earlier: { value: BigInt(watermark.value), time: BigInt(watermark.time) },
        deletes: true,
      },
    },
    {
      ...context,
      attempt,
      finished,
      checkpoint: onceSeveral((range, state, more) =>
        session.journal.writeCheckpoint({
          run: open.id,
          step: entry.step,
          attempt,
          range,
          state,
          ...more,
        }),
      ),
    },
  );
  const ended: WatermarkEntry = {
    ...watermark,
    value: open.value,
    now: open.now,
    moved: open.value === watermark.value ? watermark.moved : open.now,
    time: open.time,
    // A pass that read nothing has written nothing, so the next one need not be later.
    attempt: accounts.read === 0 ? watermark.attempt : attempt,
    passes: watermark.passes + 1,
    accounts,
    at: session.clock.now().toISOString(),
    open: null,
  };
  await session.journal.write(ended);
  return { watermark: ended, accounts };
}

type PassContext = Pick<WorkContext, 'keyspace' | 'types' | 'onProgress' | 'assertHeld'>;

/** Null: there is nothing that a pass could find. */
async function toOpen(
  { watermark, since, request }: Following,
  { session, engines }: CatchUpTools,
  { context, attempt }: { readonly context: PassContext; readonly attempt: number },
): Promise<OpenPass | null> {
  const mark = await engines.copier.mark({ spec: request.spec, from: request.from }, { ...context, ...unrecorded });
  if (isSettled(watermark, mark, since)) return null;
  return opened(watermark, { mark, since, attempt, clock: session.clock.micros() });
}

function contextOf({ copied }: Following, { live, assertHeld, onProgress }: LagContext): PassContext {
  return {
    keyspace: live.name,
    types: live.schema.types,
    onProgress: (progress) => onProgress(copied.step.title, progress),
    assertHeld,
  };
}

/** The attempt between two passes is left to repairs, which are later than the pass before and earlier than the next. */
function nextAttempt(standing: Standing, entry: StepEntry): number {
  return newestAttempt(standing, entry) + 2;
}

function opened(
  { run, value, time }: WatermarkEntry,
  {
    mark,
    since,
    attempt,
    clock,
  }: { readonly mark: SourceMark; readonly since: Since; readonly attempt: number; readonly clock: bigint },
): OpenPass {
  const reached = watermarkOf(since, mark);
  const [before, earlier] = [BigInt(value), BigInt(time)];
  return {
    id: `${run}.${attempt}`,
    // Rows may be deleted and clocks set back; what was copied stays copied.
    value: String(reached > before ? reached : before),
    now: String(mark.now),
    time: String(clock > earlier ? clock : earlier + 1n),
  };
}

/** Nothing is newer than the watermark, and a pass has looked for what commits late, long enough after the newest change. */
function isSettled(watermark: WatermarkEntry, { newest }: SourceMark, since: Since): boolean {
  if (since.by === 'writetime' || watermark.passes === 0) return false;
  if (newest !== null && newest > BigInt(watermark.value)) return false;
  const settles = since.by === 'time' ? BigInt(since.overlap) : numbersSettle;
  return BigInt(watermark.now) >= BigInt(watermark.moved) + settles;
}

/** Records pieces only where there are several: a pass of one piece is begun again, and leaves nothing behind. */
function onceSeveral(write: WorkContext['checkpoint']): WorkContext['checkpoint'] {
  type Call = [string, Checkpoint['state'], Parameters<WorkContext['checkpoint']>[2]];
  const held: Call[] = [];
  let several = false;
  return async (...call) => {
    if (!several && held.every(([range]) => range === call[0])) {
      held.push(call);
      return;
    }
    several = true;
    for (const earlier of held.splice(0)) await write(...earlier);
    await write(...call);
  };
}
