import { describe, expect, it } from 'vitest';
import { to } from '../../src/index.ts';
import { RowRejected } from '../../src/model/data.ts';
import { DecimalText } from '../../src/model/decimal-text.ts';
import { untyped } from './mistakes.ts';

type Conversion = keyof typeof to;
const uuid = '8f14e45f-ceea-467f-a0e6-0f3b1c9f2b11';
const timeUuid = '50554d6e-29bb-11e5-b345-feff819cdc9f';

const digits = new DecimalText('0.1234567890123456789');

const convert = (name: Conversion, value: unknown): unknown => (to[name] as (value: unknown) => unknown)(value);

describe('conversions', () => {
  it.each<[Conversion, unknown, unknown]>([
    ['text', 'a ', 'a '],
    ['text', 1.5, '1.5'],
    ['text', 12n, '12'],
    ['text', true, 'true'],
    ['text', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['boolean', ' TRUE', true],
    ['boolean', '0', false],
    ['boolean', 1, true],
    ['tinyint', '-128', -128],
    ['smallint', 32767, 32767],
    ['int', ' 42 ', 42],
    ['int', '+7', 7],
    ['int', 2n ** 31n - 1n, 2147483647],
    ['bigint', '9223372036854775807', 9223372036854775807n],
    ['bigint', 3, 3n],
    ['varint', '123456789012345678901234567890', 123456789012345678901234567890n],
    ['float', '0.1', Math.fround(0.1)],
    ['float', Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
    ['double', '1e3', 1000],
    ['double', '.5', 0.5],
    ['double', 7n, 7],
    ['decimal', '1.50', '1.50'],
    ['decimal', 0.1, '0.1'],
    ['decimal', 12n, '12'],
    ['decimal', digits, '0.1234567890123456789'],
    ['text', digits, '0.1234567890123456789'],
    ['double', digits, 0.12345678901234568],
    ['json', { a: [digits, 2n ** 64n] }, '{"a":[0.1234567890123456789,18446744073709551616]}'],
    ['textMap', '{"a": 0.1234567890123456789}', new Map([['a', '0.1234567890123456789']])],
    ['uuid', uuid.toUpperCase(), uuid],
    ['timeuuid', timeUuid, timeUuid],
    ['date', '2026-11-22', '2026-11-22'],
    ['date', new Date('2026-11-22T23:59:59Z'), '2026-11-22'],
    ['date', new Date(-62198755200000), '-0001-01-01'],
    ['time', '10:00:00', '10:00:00.000000000'],
    ['timestamp', 0, new Date(0)],
    ['timestamp', '2026-11-22', new Date('2026-11-22T00:00:00Z')],
    ['timestamp', '2026-11-22 10:00+01:00', new Date('2026-11-22T09:00:00Z')],
    ['timestamp', '2026-11-22T10:00:00.5Z', new Date('2026-11-22T10:00:00.500Z')],
    ['timestamp', '2026-11-22T10:00:00.500000Z', new Date('2026-11-22T10:00:00.500Z')],
    ['inet', '::FFFF', '::ffff'],
    ['inet', '127.0.0.1', '127.0.0.1'],
    ['duration', '1mo2d3h', '1mo2d3h'],
  ])('to.%s(%o) is %o', (name, value, expected) => {
    expect(convert(name, value)).toEqual(expected);
  });

  it.each<[Conversion, unknown]>([
    ['text', null],
    ['text', {}],
    ['text', new Date(Number.NaN)],
    ['boolean', 'yes'],
    ['boolean', 2],
    ['tinyint', 128],
    ['smallint', '40000'],
    ['int', 2 ** 31],
    ['int', 1.5],
    ['int', ''],
    ['int', 'x'],
    ['int', true],
    ['bigint', '9223372036854775808'],
    ['bigint', 2 ** 60],
    ['varint', '1.0'],
    ['float', '1e39'],
    ['double', 'NaN'],
    ['double', Number.NaN],
    ['double', ''],
    ['double', '0x10'],
    ['decimal', Number.NaN],
    ['decimal', Number.POSITIVE_INFINITY],
    ['decimal', '1,5'],
    ['decimal', null],
    ['uuid', 'x'],
    ['uuid', 3],
    ['timeuuid', uuid],
    ['date', '22.11.2026'],
    ['date', '2026-02-30'],
    ['date', new Date(Number.NaN)],
    ['date', undefined],
    ['time', '25:00:00'],
    ['timestamp', '2026-11-22T10:00:00'],
    ['timestamp', '2026-02-30T03:04:05Z'],
    ['timestamp', '2025-02-29'],
    ['timestamp', '2025-02-29T00:00:00+01:00'],
    ['timestamp', '2026-04-31T24:00:00Z'],
    ['timestamp', '2026-11-22T10:00:00.123456Z'],
    ['timestamp', 'Jun 12 1998'],
    ['timestamp', Number.NaN],
    ['timestamp', null],
    ['inet', '256.0.0.1'],
    ['duration', 'soon'],
  ])('to.%s(%o) rejects the row and says why', (name, value) => {
    expect(() => convert(name, value)).toThrow(RowRejected);
    expect(() => convert(name, value)).toThrow(/ is not /);
  });

  it('name the value in the reason', () => {
    expect(() => to.int('x')).toThrow('"x" is not a whole number of 32 bits');
    expect(() => to.date('22.11.2026')).toThrow('"22.11.2026" is not a day (YYYY-MM-DD)');
  });

  it('make the same id from the same name', () => {
    // The example of RFC 9562, appendix A.4.
    expect(to.uuidV5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com')).toBe(
      '2ed6657d-e927-568b-95e1-2665a8aea6a2',
    );
    expect(() => to.uuidV5('movies', 'x')).toThrow('"movies" is not a UUID, which a namespace has to be');
    expect(() => to.uuidV5(uuid, untyped(3))).toThrow(RowRejected);
  });

  it('stay as they are', () => {
    expect(Object.isFrozen(to)).toBe(true);
  });
});
