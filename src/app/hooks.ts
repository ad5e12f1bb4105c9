import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { CqlformError, exitCodes, reasonOf } from '../kernel/errors.ts';
import type { Hooks } from './schedule-settings.ts';

export type HookName = 'before' | 'after' | 'failed';

/** What any program may need to run at all; whatever else is in the environment may be secret. */
const usual = /^(?:PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ|TMPDIR|TEMP|TMP|SYSTEMROOT|PATHEXT|COMSPEC|XDG_\w+)$/;
const killAfterMs = 5000;
/** What a command that has ended has printed is read so long; what it has left running may hold its output for ever. */
const lastLinesMs = 1000;

export interface HookRun {
  readonly folder: string;
  /** About the run, as `CQLFORM_…`; nothing secret. */
  readonly facts: Readonly<Record<string, string>>;
  readonly onLine: (hook: HookName, line: string) => void;
  /** Ends the command, too. */
  readonly signal: AbortSignal;
}

/** Runs one of a schedule's commands, if it has it. Throws `HOOK_FAILED`. */
export async function runHook(hooks: Hooks, hook: HookName, run: HookRun): Promise<void> {
  const words = hooks[hook];
  if (words === null) return;
  const problem = await problemOf(words, { hooks, hook, run });
  if (problem === null) return;
  throw new CqlformError('HOOK_FAILED', `the command ${words[0] ?? ''}, to be run ${placeOf(hook)}, ${problem}`, {
    next:
      hook === 'before'
        ? 'Nothing was begun. Run the command by hand to see why, or take it out of `hooks`.'
        : 'What the schedule itself had to do is done or told apart from this. Run the command by hand to see why.',
    fields: { hook, command: words[0] ?? '' },
    exitCode: hook === 'before' ? exitCodes.error : exitCodes.partlyApplied,
  });
}

function placeOf(hook: HookName): string {
  return hook === 'failed' ? 'after a failure' : hook;
}

interface Asked {
  readonly hooks: Hooks;
  readonly hook: HookName;
  readonly run: HookRun;
}

/** Null: it ended well. */
function problemOf([program = '', ...words]: readonly string[], { hooks, hook, run }: Asked): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn(program, words, {
      cwd: run.folder,
      env: { ...environmentOf(hooks), ...run.facts, CQLFORM_HOOK: hook },
      stdio: ['ignore', 'pipe', 'pipe'],
      // a group of its own, so that what it has started is stopped with it
      detached: true,
    });
    let ended: string | null = null;
    const stop = (why: string): void => {
      ended = why;
      stopGroup(child, 'SIGTERM');
      setTimeout(() => stopGroup(child, 'SIGKILL'), killAfterMs).unref();
    };
    const onAbort = (): void => stop('was stopped');
    const timer = setTimeout(() => stop(`took longer than ${hooks.timeoutMs / 1000} seconds`), hooks.timeoutMs);
    run.signal.addEventListener('abort', onAbort);
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => run.onLine(hook, line));
    const finish = (problem: string | null): void => {
      clearTimeout(timer);
      run.signal.removeEventListener('abort', onAbort);
      resolve(problem);
    };
    child.once('error', (thrown) => finish(`could not be started: ${reasonOf(thrown)}`));
    child.once('exit', (code, signal) => {
      const problem = (): string | null =>
        ended ?? (code === 0 ? null : signal === null ? `ended with ${code}` : `was ended by ${signal}`);
      const last = setTimeout(() => {
        for (const stream of [child.stdout, child.stderr]) stream.destroy();
        finish(problem());
      }, lastLinesMs);
      child.once('close', () => {
        clearTimeout(last);
        finish(problem());
      });
    });
    if (run.signal.aborted) onAbort();
  });
}

function stopGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // All of it has ended.
  }
}

function environmentOf({ environment }: Hooks): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => usual.test(name.toUpperCase()) || environment.includes(name)),
  );
}
