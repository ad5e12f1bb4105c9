import type { SourceLag, SourceMark } from '../model/since.ts';
import type { CopyRequest, WorkContext } from '../ports/engines.ts';
import type { SourceChanges } from '../ports/source.ts';
import type { CopyDependencies } from './copy-data.ts';
import { timesOf } from './joined-row.ts';
import { type OpenedInput, withInput } from './opened-input.ts';
import { tablePieces } from './table-pieces.ts';

type Asked = Pick<CopyRequest, 'spec' | 'from'>;

/** Cells tell their times only when they are read, so of a table of Cassandra the mark is the clock of now. */
export function markOf(asked: Asked, context: WorkContext, dependencies: CopyDependencies): Promise<SourceMark> {
  return withInput(asked, { context, dependencies }, async (input) => {
    if (input.kind === 'table') return { now: dependencies.clock.micros(), newest: null };
    return changesOf(asked, input).mark();
  });
}

export function lagOf(
  asked: Asked & { readonly after: bigint },
  context: WorkContext,
  dependencies: CopyDependencies,
): Promise<SourceLag> {
  return withInput(asked, { context, dependencies }, async (input) => {
    if (input.kind === 'source') return changesOf(asked, input).lag(asked.after);
    const now = dependencies.clock.micros();
    let newest: bigint | null = null;
    const counts = { pending: 0, without: 0, ahead: 0 };
    let read = 0;
    for (const piece of await tablePieces({ ...input.table, columns: input.columns, times: true }, [])) {
      for await (const page of piece.rows()) {
        context.assertHeld();
        for (const { stored } of page) {
          const time = stored === null ? null : timesOf(stored).newest;
          if (time === null) counts.without += 1;
          else if (time > now) counts.ahead += 1;
          else {
            if (newest === null || time > newest) newest = time;
            if (time > asked.after) counts.pending += 1;
          }
        }
        read += page.length;
        context.onProgress({ unit: 'rows', done: read, total: null });
      }
    }
    return { now, newest, ...counts };
  });
}

function changesOf({ spec }: Asked, { source }: Extract<OpenedInput, { kind: 'source' }>): SourceChanges {
  const { since } = spec;
  if (since === undefined || since.by === 'writetime' || source.changes === undefined) {
    throw new TypeError('the source of this copy tells no changes');
  }
  return source.changes(since.column);
}
