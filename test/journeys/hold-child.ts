import { once } from 'node:events';
import { applyPlan } from '../../src/app/apply.ts';
import { openProject } from '../../src/app/config.ts';
import { planOrUnfinished } from '../../src/app/plan.ts';
import { type Session, withSession } from '../../src/app/session.ts';
import { CqlformError } from '../../src/kernel/errors.ts';
import type { RunEvent } from '../../src/model/event.ts';
import { consentsOf } from '../../src/model/plan.ts';

/**
 * A run that stands still at a step: `hold-child.ts FOLDER MOMENT STEP LEASE_TIMEOUT_MS`. MOMENT is `between` (the step
 * has begun, nothing of it is recorded or sent), `sending` (its statement is about to be sent) or `never`. Goes on when
 * something comes on standard input. Prints what happens as lines of JSON.
 */
const [, , folder = '', moment = 'never', number = '0', leaseTimeout = '0'] = process.argv;

function say(what: object): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

let current = 0;
let held = false;

async function hold(at: string): Promise<void> {
  if (held || moment !== at || current !== Number(number)) return;
  held = true;
  say({ kind: 'held' });
  await once(process.stdin, 'data');
}

function onEvent(event: RunEvent): void {
  if (event.kind === 'step-start') current = event.number;
  if (event.kind === 'lease') say(event);
}

function holding(session: Session): Session {
  const { cluster } = session;
  return {
    ...session,
    cluster: {
      ...cluster,
      describe: async (keyspace) => {
        await hold('between');
        return cluster.describe(keyspace);
      },
      execute: async (statement) => {
        await hold('sending');
        say({ kind: 'sent' });
        return cluster.execute(statement);
      },
    },
  };
}

try {
  await withSession(await openProject({}, folder), async (given) => {
    const session = holding(given);
    const plan = await planOrUnfinished(session, { to: null, schemaOnly: false, noBackup: [], check: false });
    await applyPlan(plan, session, {
      allowDestructive: consentsOf(plan),
      allowDown: [],
      allowStillWritten: false,
      backupConsistency: 'ALL',
      leaseTimeoutMs: Number(leaseTimeout),
      agreementTimeoutMs: 60_000,
      signal: new AbortController().signal,
      emit: onEvent,
    });
  });
  say({ kind: 'ended', code: null, exitCode: 0 });
} catch (thrown) {
  if (!(thrown instanceof CqlformError)) throw thrown;
  say({ kind: 'ended', code: thrown.code, exitCode: thrown.exitCode });
}
process.stdin.destroy();
