import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, readdir, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A process that can be told apart from a later one with the same pid. */
export interface ProcessRecord {
  readonly pid: number;
  /** When it started, in a form only good for comparing (`startMarkOf`). */
  readonly startMark: string;
}

export interface Ran {
  /** Exit code; 127 when the program could not be run, 128 when a signal or the time limit ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Environment;
  readonly cwd?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Runs a program to its end without a shell and without a terminal; never rejects. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(
      command,
      [...args],
      {
        env: { ...(options.env ?? process.env) },
        maxBuffer: 64 * 1024 * 1024,
        timeout: options.timeoutMs ?? 0,
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : error.killed ? 128 : 127;
        resolve({ code, stdout, stderr: stderr === '' && code === 127 ? String(error?.message) : stderr });
      },
    );
    child.stdin?.end();
  });
}

/** The absolute path of a program on the PATH of `env`, or undefined. */
export async function which(program: string, env: Environment): Promise<string | undefined> {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    if (folder !== '' && (await isExecutable(join(folder, program)))) return join(folder, program);
  }
  return undefined;
}

export async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** When the process with this pid started, comparable across reboots; undefined when there is none (or only its corpse). */
export async function startMarkOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    // The program's name is in parentheses and may hold spaces, so fields are counted after the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, started] = [fields[0], fields[19]];
    if (started === undefined || state === 'X') return undefined;
    // A killed process shows as a zombie while its threads still close its files and ports.
    if (state === 'Z' && (await readdir(`/proc/${pid}/task`).catch(() => [])).length <= 1) return undefined;
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
    return `${boot.trim()}/${started}`;
  }
  const listed = await run('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { env: { ...process.env, LC_ALL: 'C' } });
  const line = listed.stdout.trim();
  return listed.code !== 0 || line === '' || line.startsWith('Z') ? undefined : line.replace(/^\S+\s+/, '');
}

async function commandLineOf(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ');
  }
  return (await run('ps', ['-ww', '-o', 'command=', '-p', String(pid)])).stdout;
}

/** True when the recorded process still runs: same pid, same start, and `marker` in its command line. */
export async function isRunning(record: ProcessRecord, marker?: string): Promise<boolean> {
  if ((await startMarkOf(record.pid)) !== record.startMark) return false;
  return marker === undefined || (await commandLineOf(record.pid)).includes(marker);
}

/** The record of the process that runs this code. */
export async function thisProcess(): Promise<ProcessRecord> {
  return { pid: process.pid, startMark: (await startMarkOf(process.pid)) ?? 'unknown' };
}

/** Sends a signal to a recorded process if it is still that process; false when it is gone. */
export async function signalProcess(record: ProcessRecord, marker: string, signal: NodeJS.Signals): Promise<boolean> {
  if (!(await isRunning(record, marker))) return false;
  try {
    process.kill(record.pid, signal);
    return true;
  } catch {
    return false;
  }
}

/**
 * Ends a recorded process: SIGTERM, and SIGKILL when it has not gone after `graceMs` (0: SIGKILL at once). Waits for the exit.
 * Tells how it went; a process that is not the recorded one is never touched.
 */
export async function endProcess(
  record: ProcessRecord,
  marker: string,
  graceMs: number,
): Promise<'gone' | 'ended' | 'killed'> {
  if (!(await signalProcess(record, marker, graceMs > 0 ? 'SIGTERM' : 'SIGKILL'))) return 'gone';
  // A stopped (paused) process would sit on SIGTERM for ever.
  await signalProcess(record, marker, 'SIGCONT');
  if (await exitsWithin(record, Math.max(graceMs, 5_000))) return 'ended';
  await signalProcess(record, marker, 'SIGKILL');
  await exitsWithin(record, 10_000);
  return 'killed';
}

async function exitsWithin(record: ProcessRecord, milliseconds: number): Promise<boolean> {
  const deadline = Date.now() + milliseconds;
  while (await isRunning(record)) {
    if (Date.now() >= deadline) return false;
    await sleep(50);
  }
  return true;
}
