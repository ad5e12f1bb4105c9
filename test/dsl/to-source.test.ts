import { describe, expect, it } from 'vitest';
import { to } from '../../src/index.ts';
import { RowRejected } from '../../src/model/data.ts';

function reason(call: () => unknown): string {
  try {
    call();
  } catch (thrown) {
    if (thrown instanceof RowRejected) return thrown.reason;
    throw thrown;
  }
  return 'nothing was rejected';
}

describe('conversions of what other systems keep', () => {
  it('count from 1970', () => {
    const moment = new Date('2026-11-22T10:00:00.250Z');
    expect(to.epoch('1795341600.25', 's')).toEqual(moment);
    expect(to.epoch(1795341600250, 'ms')).toEqual(moment);
    expect(to.epoch(1795341600250000n, 'us')).toEqual(moment);
    expect(to.epoch('1795341600250000000', 'ns')).toEqual(moment);
    expect(to.epoch(-1, 's')).toEqual(new Date(-1000));
    expect(reason(() => to.epoch(1, 'us'))).toBe('1 is not a count of whole milliseconds since 1970');
    expect(reason(() => to.epoch('soon', 's'))).toBe('"soon" is not a count since 1970');
    expect(reason(() => to.epoch(Number.NaN, 's'))).toContain('is not a count since 1970');
    expect(reason(() => to.epoch(10n ** 20n, 's'))).toContain('that a timestamp can hold');
  });

  it('have a zone', () => {
    expect(to.localTimestamp('2026-07-01 12:00:00', 'Europe/Oslo')).toEqual(new Date('2026-07-01T10:00:00Z'));
    expect(to.localTimestamp('2026-07-01T12:00:00.5', '+02:00')).toEqual(new Date('2026-07-01T10:00:00.5Z'));
    expect(to.localTimestamp('2000-02-29 23:59:59.12', 'UTC')).toEqual(new Date('2000-02-29T23:59:59.120Z'));
    expect(to.localTimestamp('0044-03-15 12:00:00', 'UTC').getUTCFullYear()).toBe(44);
    for (const none of ['1900-02-29 00:00:00', '2026-02-30 00:00:00', '2026-01-01 24:00:00', '2026-00-01 00:00:00']) {
      expect(() => to.localTimestamp(none, 'UTC')).toThrow('there is no such day or time');
    }
    expect(reason(() => to.localTimestamp('2026-03-29 02:30:00', 'Europe/Oslo'))).toContain('its clocks were moved');
    expect(reason(() => to.localTimestamp('2026-02-29 02:30:00', 'UTC'))).toContain('there is no such day');
    expect(() => to.localTimestamp('2026-07-01 12:00:00', 'Oslo')).toThrow(/no time zone/);
  });

  it('stand for no day', () => {
    expect(to.dateOrNull('2026-11-22')).toBe('2026-11-22');
    expect(['0000-00-00', '2026-00-00', '2026-02-00'].map((text) => to.dateOrNull(text))).toEqual([null, null, null]);
    expect(reason(() => to.dateOrNull('2026-02-30'))).toBe('"2026-02-30" is not a day (YYYY-MM-DD)');
  });

  it('have another scale', () => {
    expect([to.scaled('1.5', 3), to.scaled(2n, 0), to.scaled('1.50', 1), to.scaled('-0.10', 1)]).toEqual([
      '1.500',
      '2',
      '1.5',
      '-0.1',
    ]);
    const roundings = ['half-up', 'half-even', 'down'] as const;
    const rounded = (text: string): readonly string[] => roundings.map((rounding) => to.scaled(text, 1, rounding));
    expect(rounded('0.25')).toEqual(['0.3', '0.2', '0.2']);
    expect(rounded('-0.35')).toEqual(['-0.4', '-0.4', '-0.3']);
    expect(rounded('0.149')).toEqual(['0.1', '0.1', '0.1']);
    expect(reason(() => to.scaled('0.25', 1))).toBe('"0.25" is not a number with 1 digits behind the point');
  });

  it('are words, maps and records', () => {
    expect(to.oneOf('P', { P: 'paid', N: 'new' })).toBe('paid');
    expect(to.oneOf(1, { 0: false, 1: true })).toBe(true);
    expect(reason(() => to.oneOf('X', { P: 'paid' }))).toBe('"X" is not one of P');
    expect(reason(() => to.oneOf('toString', { P: 'paid' }))).toContain('is not one of P');
    expect(to.textMap('{"a": "x", "b": 1, "c": [true]}')).toEqual(
      new Map([
        ['a', 'x'],
        ['b', '1'],
        ['c', '[true]'],
      ]),
    );
    expect(reason(() => to.textMap('[1]'))).toContain('is not an object');
    const fields = { street: to.text, number: to.int };
    expect(to.record({ street: 'Storgata', number: '1' }, fields)).toEqual({ street: 'Storgata', number: 1 });
    expect(to.record('{"street": null}', fields)).toEqual({ street: null, number: null });
    expect(reason(() => to.record({ number: 'x' }, fields))).toBe('number: "x" is not a whole number of 32 bits');
    expect(reason(() => to.record({ zip: 'x' }, fields))).toBe(
      'the object has a field zip, which nothing is done with',
    );
  });
});
