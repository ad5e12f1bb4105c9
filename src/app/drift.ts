import type { DriftItem } from '../model/change.ts';
import { standingOf } from '../runner/standing.ts';
import type { Session } from './session.ts';
import { driftNow } from './status.ts';

export async function drift(session: Session): Promise<readonly DriftItem[]> {
  const [live, entries] = await Promise.all([
    session.cluster.describe(session.project.keyspace),
    session.journal.entries(),
  ]);
  return driftNow(session, standingOf(entries), live);
}
