import type { CopyAccounts } from '../model/journal.ts';
import type { ReplayRequest, WorkContext } from '../ports/engines.ts';
import { assertAddUp } from './accounts.ts';
import { countRepeated } from './collisions.ts';
import type { CopyDependencies } from './copy-data.ts';
import type { InputRow, Outcome, Piece } from './input.ts';
import { assertReadsInTheClear } from './masked-source.ts';
import { foreignRejects, gone, storedRejects } from './rejects-piece.ts';
import { rowWork, tableRead } from './row-work.ts';
import { Spool } from './spool.ts';
import { assertNoCounters } from './target-row.ts';
import { WriteEngine } from './write-engine.ts';

/** Takes the rows of a rejects file through their data spec again. What is rejected once more goes to a file of its own. */
export async function replayRejects(
  request: ReplayRequest,
  context: WorkContext,
  { rows, clock }: Pick<CopyDependencies, 'rows' | 'clock'>,
): Promise<CopyAccounts> {
  const { spec, from, into, rejectsFile } = request;
  assertNoCounters(into);
  if (from !== null) await assertReadsInTheClear(rows, context.keyspace, from);
  const spool = new Spool(rejectsFile);
  const piece = pieceOf(request, context, rows);
  const engine = new WriteEngine({
    rows,
    clock,
    context,
    into,
    spool,
    onReject: () => undefined,
    work: rowWork({ request, context, clock, tracked: true }),
    problemOf: ({ problem }: InputRow): Outcome<never> | null =>
      problem === gone ? { kind: 'skip', reason: gone } : null,
    totalRows: null,
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

function pieceOf(request: ReplayRequest, { keyspace, types }: WorkContext, rows: CopyDependencies['rows']): Piece {
  const { spec, replayed } = request;
  if (spec.from.kind === 'foreign') return foreignRejects(replayed, spec.from);
  const { table, columns } = tableRead(request);
  return storedRejects(replayed, { rows, keyspace, table, types, columns });
}
