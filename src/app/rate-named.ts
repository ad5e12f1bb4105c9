import type { Rate } from '../copy/rate.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { own } from '../kernel/own.ts';

const byteUnits: Readonly<Record<string, number>> = { B: 1, KB: 1000, MB: 1_000_000, GB: 1_000_000_000 };

/** `5000` rows or `2MB` a second; null: nobody said any. Throws `USAGE`. */
export function rateNamed(text: string | undefined): Rate | null {
  if (text === undefined) return null;
  const [, digits, unit] = /^(\d+(?:\.\d+)?)([KMG]?B)?$/i.exec(text) ?? [];
  const amount = Number(digits);
  if (!(amount > 0)) {
    throw new CqlformError('USAGE', `--rate ${text} is neither rows (5000) nor bytes (2MB) a second`, {
      next: 'Say a number of rows, or of bytes with B, KB, MB or GB behind it.',
      fields: { option: 'rate' },
      exitCode: exitCodes.usage,
    });
  }
  if (unit === undefined) return { unit: 'rows', perSecond: amount };
  return { unit: 'bytes', perSecond: amount * (own(byteUnits, unit.toUpperCase()) ?? 1) };
}
