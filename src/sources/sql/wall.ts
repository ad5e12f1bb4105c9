import { offsetOf } from '../../model/local-time.ts';

/*
 * Times that a column keeps as the clocks of its zone show them go back when these are moved, while time goes on. Bounds
 * are taken so that no row is on the wrong side of them; some rows more are on the right side.
 */

const quarterMs = 900_000;
/** No clock was ever moved by more. */
const quarters = 12;

/** Microseconds of a moment as clocks in the zone show them: the least that a later moment has, or the greatest of an earlier one. */
export function wallMicros(zone: string, moment: bigint, side: 'from' | 'upTo'): bigint {
  const offset = offsetOf(zone);
  if (offset === null) return moment;
  const shown = (at: bigint): bigint => at + BigInt(offset(Number(at / 1000n))) * 1000n;
  const step = BigInt(quarterMs) * (side === 'from' ? 1000n : -1000n);
  let found = shown(moment);
  for (let count = 1; count <= quarters; count += 1) {
    const near = shown(moment + step * BigInt(count));
    if (side === 'from' ? near < found : near > found) found = near;
  }
  return found;
}

/** The moment that clocks in the zone show as this; where they show it twice, the first. Microseconds. */
export function momentOf(zone: string, wall: bigint): bigint {
  const offset = offsetOf(zone);
  if (offset === null) return wall;
  const at = Number(wall / 1000n);
  const dayMs = 86_400_000;
  return wall - BigInt(Math.max(offset(at - dayMs), offset(at + dayMs), offset(at))) * 1000n;
}

/** `2026-11-22 09:30:00.123456`, as databases write times without a zone. */
export function timeText(micros: bigint): string {
  const millis = micros >= 0n ? micros / 1000n : (micros - 999n) / 1000n;
  const rest = String(micros - millis * 1000n).padStart(3, '0');
  return new Date(Number(millis)).toISOString().replace('T', ' ').replace('Z', rest);
}
