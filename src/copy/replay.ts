import type { CopyAccounts } from '../model/journal.ts';
import type { ReplayRequest, WorkContext } from '../ports/engines.ts';
import { assertAddUp } from './accounts.ts';
import { countRepeated } from './collisions.ts';
import type { CopyDependencies } from './copy-data.ts';
import type { InputRow, Outcome, Piece } from './input.ts';
import { withInput } from './opened-input.ts';
import { foreignRejects, gone, storedRejects } from './rejects-piece.ts';
import { encodingWork, type RowWorkOptions, rowWork } from './row-work.ts';
import { Spool } from './spool.ts';
import { assertNoCounters } from './target-row.ts';
import { WriteEngine } from './write-engine.ts';

/** Takes the rows of a rejects file through their data spec again. What is rejected once more goes to a file of its own. */
export async function replayRejects(
  request: ReplayRequest,
  context: WorkContext,
  dependencies: CopyDependencies,
): Promise<CopyAccounts> {
  const { spec, into, replayed } = request;
  assertNoCounters(into);
  if (spec.from.kind === 'foreign') {
    const piece = foreignRejects(replayed, spec.from);
    return replay(piece, { request, context, input: { kind: 'source' } }, dependencies);
  }
  return withInput(request, { context, dependencies }, (input) => {
    if (input.kind === 'source') throw new TypeError('a table was opened as something else');
    const piece = storedRejects(replayed, { ...input.table, columns: input.columns });
    return replay(piece, { request, context, input }, dependencies);
  });
}

type Replaying = Pick<RowWorkOptions, 'input'> & { readonly request: ReplayRequest; readonly context: WorkContext };

async function replay(
  piece: Piece,
  { request, context, input }: Replaying,
  { rows, clock, limit = null }: Pick<CopyDependencies, 'rows' | 'clock' | 'limit'>,
): Promise<CopyAccounts> {
  const { spec, into, rejectsFile } = request;
  const spool = new Spool(rejectsFile);
  const working = { request, context, input, clock, tracked: true };
  const engine = new WriteEngine({
    rows,
    clock,
    context,
    into,
    spool,
    onReject: () => undefined,
    work: rowWork(working),
    encoding: encodingWork(working),
    problemOf: ({ problem }: InputRow): Outcome<never> | null =>
      problem === gone ? { kind: 'skip', reason: gone } : null,
    totalRows: null,
    limit,
    withheld: spec.privacy?.withheld === true,
  });
  await engine.run([piece]);
  await spool.joinRejects([piece.id]);
  const keyFiles = await spool.keyFiles([piece.id]);
  const total = {
    ...engine.total,
    collisions: await countRepeated(keyFiles, { scratch: (n) => spool.scratch(`part-${n}`) }),
  };
  assertAddUp(total, `replay of ${spec.kind} into ${into.name}`);
  await spool.remove();
  return { ...total, rejectsFile: total.rejected > 0 ? rejectsFile : null };
}
