import { describe, expect, it } from 'vitest';
import { momentOf, timeText, wallMicros } from '../../src/sources/sql/wall.ts';
import { micros } from './changes.ts';

describe('what the clocks of a zone show', () => {
  const shown = (moment: string, side: 'from' | 'upTo', zone = 'Europe/Oslo'): string =>
    timeText(wallMicros(zone, micros(moment), side)).slice(0, 19);

  it('is that of the zone, and back', () => {
    expect(shown('2026-07-01T10:00:00Z', 'from')).toBe('2026-07-01 12:00:00');
    expect(shown('2026-01-01T10:00:00Z', 'upTo')).toBe('2026-01-01 11:00:00');
    expect(shown('2026-01-01T10:00:00Z', 'from', '+05:30')).toBe('2026-01-01 15:30:00');
    expect(shown('2026-01-01T10:00:00Z', 'from', 'UTC')).toBe('2026-01-01 10:00:00');
    expect(momentOf('Europe/Oslo', micros('2026-07-01T12:00:00Z'))).toBe(micros('2026-07-01T10:00:00Z'));
    expect(timeText(micros('1969-12-31T23:59:59.999Z') + 7n)).toBe('1969-12-31 23:59:59.999007');
    expect(timeText(-1n)).toBe('1969-12-31 23:59:59.999999');
  });

  it('leaves no later row out when the clocks are set back, and no earlier one', () => {
    // In the night to 2026-10-25 Oslo has 02:00 to 03:00 twice: what comes after 02:45 shows 02:00 again.
    expect(shown('2026-10-25T00:45:00Z', 'from')).toBe('2026-10-25 02:00:00');
    expect(shown('2026-10-25T01:10:00Z', 'from')).toBe('2026-10-25 02:10:00');
    expect(shown('2026-10-25T01:10:00Z', 'upTo') >= '2026-10-25 02:45:00').toBe(true);
    expect(momentOf('Europe/Oslo', micros('2026-10-25T02:30:00Z'))).toBe(micros('2026-10-25T00:30:00Z'));
  });
});
