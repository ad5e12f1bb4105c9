import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Ended, ended } from '../support/project.ts';

export const program: string = fileURLToPath(new URL('../../dist/bin.js', import.meta.url));

export interface RunIn {
  readonly folder: string;
  /** Over the environment of the tests; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Runs the built program in a folder with an environment of its own. */
export function runIn({ folder, env = {} }: RunIn, ...words: readonly string[]): Promise<Ended> {
  const { CI: _, ...rest } = process.env;
  const merged = { ...rest, NO_COLOR: '1', ...env };
  const given = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined));
  return ended(
    spawn(process.execPath, [program, ...words], { cwd: folder, env: given, stdio: ['ignore', 'pipe', 'pipe'] }),
  );
}

/** The error that a command printed with `--json`: the last line of stdout, and nothing but JSON before it. */
export function errorOf({ stdout }: Ended): Readonly<Record<string, unknown>> {
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return lines.at(-1) ?? {};
}

/** What every refusal looks like: no stack trace, a code, a next step. */
export function refusal({ stderr }: Ended): { readonly code: string; readonly text: string; readonly next: string } {
  const found = /error\[([A-Z_]+)\] (.+)\n(?: {2}at .+\n)?(?: {4}.*\n)* {2}→ (.+)/.exec(stderr);
  if (found === null || /\n\s+at .*\(.*:\d+:\d+\)|node:internal/.test(stderr))
    throw new Error(`no refusal:\n${stderr}`);
  return { code: found[1] ?? '', text: found[2] ?? '', next: found[3] ?? '' };
}
