import { applyPlan } from '../../src/app/apply.ts';
import { openProject } from '../../src/app/config.ts';
import { planOrUnfinished } from '../../src/app/plan.ts';
import { planRollbackOrUnfinished } from '../../src/app/rollback.ts';
import { type Session, withSession } from '../../src/app/session.ts';
import type { RunEvent } from '../../src/model/event.ts';
import { consentsOf, type Plan } from '../../src/model/plan.ts';

/**
 * A run that kills itself: `kill-child.ts FOLDER apply|rollback MOMENT STEP`. MOMENT is `before`, `during` or `after`
 * the step of that number, counted from 1 in the plan; `restoring`: when rows were restored, in whatever step; `never`
 * lets it end. Prints the number of steps first.
 */
const [, , folder = '', direction = 'apply', moment = 'never', number = '0'] = process.argv;

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  // The signal ends the process before this returns to the event loop.
  for (;;);
}

let current = 0;
let restoring = false;

function onEvent(event: RunEvent): void {
  if (event.kind === 'step-start') {
    current = event.number;
    restoring = event.step.work.kind === 'restore';
    if (moment === 'before' && current === Number(number)) die();
  }
  if (event.kind === 'step-done' && moment === 'after' && current === Number(number)) die();
  // A step that waits has not begun.
  if (event.kind === 'progress' && event.progress.unit !== 'milliseconds') dieDuring();
  if (event.kind === 'progress' && moment === 'restoring' && restoring && event.progress.done > 0) die();
}

function dieDuring(): void {
  if (moment === 'during' && current === Number(number)) die();
}

/** A session in which schema statements and checkpoints are the moments in the middle of a step. */
function deadly(session: Session): Session {
  const { cluster, journal } = session;
  return {
    ...session,
    cluster: {
      ...cluster,
      execute: async (statement) => {
        const outcome = await cluster.execute(statement);
        dieDuring();
        return outcome;
      },
      indexQueryable: async (keyspace, index) => {
        dieDuring();
        return cluster.indexQueryable(keyspace, index);
      },
    },
    journal: {
      ...journal,
      writeCheckpoint: async (checkpoint) => {
        await journal.writeCheckpoint(checkpoint);
        dieDuring();
      },
    },
  };
}

async function planFor(session: Session): Promise<Plan> {
  if (direction === 'rollback') return planRollbackOrUnfinished(session, { to: null, leave: [] });
  return planOrUnfinished(session, { to: null, schemaOnly: false, noBackup: [], check: false });
}

const project = await openProject({}, folder);
await withSession(project, async (given) => {
  const session = deadly(given);
  await session.journal.prepare();
  await session.journal.forceRelease();
  const plan = await planFor(session);
  process.stdout.write(`${plan.sections.reduce((sum, section) => sum + section.steps.length, 0)}\n`);
  if (plan.sections.length === 0) return;
  await applyPlan(plan, session, {
    allowDestructive: consentsOf(plan),
    allowDown: [],
    allowStillWritten: false,
    backupConsistency: 'ALL',
    leaseTimeoutMs: 30_000,
    agreementTimeoutMs: 60_000,
    signal: new AbortController().signal,
    emit: onEvent,
  });
});
