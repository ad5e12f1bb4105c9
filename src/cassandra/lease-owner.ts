import { readFileSync, readlinkSync } from 'node:fs';

/**
 * Names this process for others of the same machine: boot, process namespace, pid and start time, none of which
 * another process ever has together. Null where the system does not tell (it does on Linux).
 */
export function processMark(): string | null {
  const started = stateOf(process.pid)?.started;
  const machine = machineMark();
  return started === undefined || machine === null ? null : `${machine}/${process.pid}/${started}`;
}

/** True when the process that is named so is dead for certain; false for one of another machine, or in doubt. */
export function isDead(mark: string): boolean {
  const [, machine, pid, started] = /^(.+)\/(\d+)\/(\d+)$/.exec(mark) ?? [];
  if (machine === undefined || machine !== machineMark()) return false;
  if (!exists(Number(pid))) return true;
  const state = stateOf(Number(pid));
  return state !== null && (state.started !== started || state.ended);
}

function machineMark(): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot}/${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return null;
  }
}

/** Asked by signal, since /proc may hide the processes of others. */
function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (thrown) {
    return !(thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH');
  }
}

function stateOf(pid: number): { readonly started: string; readonly ended: boolean } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name before it, in parentheses, may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, started] = [fields[0], fields[19]];
    return started === undefined ? null : { started, ended: state === 'Z' || state === 'X' };
  } catch {
    return null;
  }
}
