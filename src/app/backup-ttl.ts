import { columnsOfScope } from '../backup/scope-rows.ts';
import type { LiveKeyspace } from '../model/live.ts';
import type { StoredRow } from '../model/row.ts';
import { defaultTtlOf } from '../model/schema.ts';
import type { TableScope } from '../model/step.ts';
import type { Rows, ScanRequest } from '../ports/cluster.ts';
import type { Session } from './session.ts';

/** What tells that cells of a table end by themselves: its definition, or some of the rows that were looked at. */
export type TtlUse = 'default' | 'found';

const samples = 8;
const rowsPerSample = 64;

/** By table. */
export async function ttlsOf(
  { rows }: Pick<Session, 'rows'>,
  live: LiveKeyspace,
  scopes: readonly TableScope[],
): Promise<ReadonlyMap<string, TtlUse | null>> {
  const found = new Map<string, TtlUse | null>();
  const of = { keyspace: live.name, types: live.schema.types };
  for (const scope of scopes) found.set(scope.table.name, await ttlUse(rows, scope, of));
  return found;
}

/** Null: neither the definition nor a sample of the rows tells of a TTL, which is no proof that there is none. */
async function ttlUse(
  rows: Pick<Rows, 'scan' | 'splitFor'>,
  { table, columns }: TableScope,
  of: Pick<ScanRequest, 'keyspace' | 'types'>,
): Promise<TtlUse | null> {
  if (defaultTtlOf(table) > 0) return 'default';
  const read = columnsOfScope(table, columns);
  for (const range of await rows.splitFor(of.keyspace, table, samples)) {
    const request = { ...of, table, columns: read, range, times: true, consistency: 'LOCAL_ONE' } as const;
    for await (const page of rows.scan({ ...request, pageRows: rowsPerSample })) {
      if (page.some(ends)) return 'found';
      break;
    }
  }
  return null;
}

function ends({ cells }: StoredRow): boolean {
  return cells.some((cell) => {
    if (cell === null || cell.kind === 'counter') return false;
    return cell.kind === 'value' ? cell.expiresAt !== null : cell.elements.some(({ expiresAt }) => expiresAt !== null);
  });
}
