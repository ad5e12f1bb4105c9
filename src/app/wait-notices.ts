import type { LiveKeyspace } from '../model/live.ts';
import type { Notice, Plan } from '../model/plan.ts';
import { sealPlan } from '../planner/plan-hash.ts';
import type { Clock } from '../ports/clock.ts';
import { newestDrop } from '../runner/decide.ts';

/** Says which columns a rollback cannot bring back at once, because the time as of which they were dropped is still to come. */
export function withWaitNotices(plan: Plan, live: LiveKeyspace, clock: Clock): Plan {
  const now = clock.micros();
  const notices = plan.sections.flatMap(({ steps }) =>
    steps.flatMap(({ address, work }): readonly Notice[] => {
      if (work.kind !== 'ddl' || work.ddl.kind !== 'add-columns') return [];
      const { table, columns } = work.ddl;
      const names = columns.map(({ name }) => name);
      const until = newestDrop(names, live, table);
      return until > now ? [waits(address, names, until)] : [];
    }),
  );
  return notices.length === 0 ? plan : sealPlan({ ...plan, notices: [...plan.notices, ...notices] });
}

function waits(address: string, names: readonly string[], until: bigint): Notice {
  const time = new Date(Number(until / 1000n)).toISOString();
  return {
    code: 'WAITS_FOR_DROP_TIME',
    severity: 'info',
    address,
    message: `${names.join(', ')} was dropped as of ${time}, so that writes under way could not outlive the drop; the rollback waits until then`,
    next: 'Nothing to do: it goes on by itself, and can be stopped and run again.',
  };
}
