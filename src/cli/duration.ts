import { CqlformError, exitCodes } from '../kernel/errors.ts';

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `500ms`, `5s`, `2m`, `1h` in milliseconds. Throws `USAGE`. */
export function millisOf(option: string, text: string): number {
  const parts = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  const millis = Number(parts?.[1]) * (units[parts?.[2] ?? ''] ?? Number.NaN);
  if (Number.isFinite(millis)) return millis;
  throw new CqlformError('USAGE', `--${option} ${text} is no span of time`, {
    next: 'Give a number and its unit: 500ms, 5s, 2m or 1h.',
    fields: { option },
    exitCode: exitCodes.usage,
  });
}
