import { type Paint, paintFor } from './view/paint.ts';

/** Where a command's words go: data to `out`, everything for people's eyes to `err`. */
export interface Output {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly paint: Paint;
  /** True when `err` is a terminal that can be drawn on. */
  readonly live: boolean;
  /** True when a person can be asked. */
  readonly interactive: boolean;
  readonly json: boolean;
  readonly width: number;
  /** Why work is slower than it could be, as the line of progress shows it; null: it is not. */
  readonly status: { text: string | null };
}

export interface OutputFlags {
  readonly json?: boolean | undefined;
  readonly color?: boolean | undefined;
  readonly interactive?: boolean | undefined;
}

export function outputFor(flags: OutputFlags): Output {
  const { stdout, stderr, stdin, env } = process;
  const inCi = env['CI'] !== undefined && env['CI'] !== '' && env['CI'] !== 'false';
  const live = stderr.isTTY === true && !inCi;
  return {
    out: (text) => void stdout.write(text.endsWith('\n') ? text : `${text}\n`),
    err: (text) => void stderr.write(text.endsWith('\n') ? text : `${text}\n`),
    paint: paintFor(wantsColour(flags)),
    live,
    interactive: flags.interactive !== false && flags.json !== true && stdin.isTTY === true && live,
    json: flags.json === true,
    // A pseudo-terminal without a size says 0.
    width: stderr.columns || 100,
    status: { text: null },
  };
}

/** The flags go first, then NO_COLOR, then FORCE_COLOR; else it follows the terminal. */
function wantsColour(flags: OutputFlags): boolean {
  const { env, stdout } = process;
  if (flags.color !== undefined) return flags.color;
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  if ((env['FORCE_COLOR'] ?? '0') !== '0') return true;
  return stdout.isTTY === true && env['TERM'] !== 'dumb';
}
