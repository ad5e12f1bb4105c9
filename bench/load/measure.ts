import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';

/** What one process cost, from its start to its end. */
export interface Cost {
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Peak of resident memory. */
  readonly megabytes: number;
  readonly stdout: string;
}

const pollMs = 50;

/** Runs a command and measures it; on Linux, where /proc tells. Throws with its output when it fails. */
export async function measured(command: string, words: readonly string[], cwd: string): Promise<Cost> {
  const begun = performance.now();
  // the shell's own `time` counts what a process used to its very end
  const script = 'TIMEFORMAT="cpu %U %S"; time "$@"';
  const child = spawn('bash', ['-c', script, 'measured', command, ...words], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr, peak] = ['', '', 0];
  child.stdout.on('data', (chunk) => {
    stdout += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk);
  });
  const timer = setInterval(() => {
    void peakOf(child.pid ?? 0).then((kilobytes) => {
      peak = Math.max(peak, kilobytes);
    });
  }, pollMs);
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  clearInterval(timer);
  if (code !== 0) throw new Error(`${command} ${words.join(' ')} ended with ${code}: ${stdout}${stderr}`);
  const [, user = 'NaN', system = 'NaN'] = /cpu ([\d.]+) ([\d.]+)/.exec(stderr) ?? [];
  return {
    seconds: (performance.now() - begun) / 1000,
    cpuSeconds: Number(user) + Number(system),
    megabytes: Math.round(peak / 1024),
    stdout,
  };
}

/** Of the shell's child, in kilobytes; 0 when it is gone. */
async function peakOf(shell: number): Promise<number> {
  const read = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
  const [child] = (await read(`/proc/${shell}/task/${shell}/children`)).trim().split(' ');
  const status = child === undefined || child === '' ? '' : await read(`/proc/${child}/status`);
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0);
}
