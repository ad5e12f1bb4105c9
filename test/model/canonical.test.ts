import { describe, expect, it } from 'vitest';
import { dateOfDays, daysOfDate } from '../../src/model/calendar.ts';
import {
  canonicalDate,
  canonicalDecimal,
  canonicalDuration,
  canonicalInet,
  canonicalTime,
  canonicalTimeUuid,
  canonicalUuid,
  canonicalVarint,
} from '../../src/model/canonical.ts';

type Case = readonly [text: string, canonical: string | null];

function table(name: string, canonical: (text: string) => string | null, cases: readonly Case[]): void {
  describe(name, () => {
    it.each(cases)('%j gives %j', (text, expected) => {
      expect(canonical(text)).toBe(expected);
      if (expected !== null) expect(canonical(expected)).toBe(expected);
    });
  });
}

table('uuid', canonicalUuid, [
  ['550E8400-E29B-41D4-A716-446655440000', '550e8400-e29b-41d4-a716-446655440000'],
  ['550e8400e29b41d4a716446655440000', null],
  ['550e8400-e29b-41d4-a716-44665544000g', null],
  ['', null],
]);
table('timeuuid', canonicalTimeUuid, [
  ['50554D6E-29BB-11E5-B345-FEFF819CDC9F', '50554d6e-29bb-11e5-b345-feff819cdc9f'],
  ['550e8400-e29b-41d4-a716-446655440000', null],
]);
table('date', canonicalDate, [
  ['2026-02-28', '2026-02-28'],
  ['2024-02-29', '2024-02-29'],
  ['2026-02-29', null],
  ['1900-02-29', null],
  ['2000-02-29', '2000-02-29'],
  ['0000-01-01', '0000-01-01'],
  ['-0000-01-01', null],
  ['-0001-12-31', '-0001-12-31'],
  ['10000-01-01', '+10000-01-01'],
  ['+10000-01-01', '+10000-01-01'],
  ['+2026-01-01', '2026-01-01'],
  ['-5877641-06-23', '-5877641-06-23'],
  ['-5877641-06-22', null],
  ['+5881580-07-11', '+5881580-07-11'],
  ['+5881580-07-12', null],
  ['2026-1-1', null],
  ['2026-13-01', null],
  ['2026-00-10', null],
  ['2026-01-01T00:00:00', null],
  ['20260101', null],
]);
table('time', canonicalTime, [
  ['01:02:03', '01:02:03.000000000'],
  ['23:59:59.999999999', '23:59:59.999999999'],
  ['00:00:00.1', '00:00:00.100000000'],
  ['24:00:00', null],
  ['12:60:00', null],
  ['12:00:60', null],
  ['12:00', null],
  ['12:00:00.1234567890', null],
]);
table('decimal', canonicalDecimal, [
  ['1.50', '1.50'],
  ['+1', '1'],
  ['-0.00', '0.00'],
  ['007', '7'],
  ['.5', '0.5'],
  ['5.', '5'],
  ['1e3', '1E+3'],
  ['123E+5', '1.23E+7'],
  ['1.5e-3', '0.0015'],
  ['0.000001', '0.000001'],
  ['0.0000001', '1E-7'],
  ['-12.3e-9', '-1.23E-8'],
  ['0e-10', '0E-10'],
  ['1e2147483648', '1E+2147483648'],
  ['1e2147483649', null],
  ['1e-2147483648', null],
  ['', null],
  ['.', null],
  ['e5', null],
  ['1,5', null],
  ['NaN', null],
]);
table('varint', canonicalVarint, [
  ['+00012', '12'],
  ['-0', '0'],
  ['123456789012345678901234567890', '123456789012345678901234567890'],
  ['1.0', null],
  ['', null],
  ['0x1', null],
]);
table('inet', canonicalInet, [
  ['127.0.0.1', '127.0.0.1'],
  ['127.0.0.01', null],
  ['256.0.0.1', null],
  ['1.2.3', null],
  ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['2001:db8::0:1', '2001:db8::1'],
  ['0:0:0:0:0:0:0:0', '::'],
  ['::1', '::1'],
  ['1::', '1::'],
  ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
  ['1:0:0:4:0:0:0:8', '1:0:0:4::8'],
  ['::ffff:1.2.3.4', '::ffff:1.2.3.4'],
  ['::FFFF:102:304', '::ffff:1.2.3.4'],
  ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ['1:2:3:4:5:6:7:8:9', null],
  ['1:2:3:4:5:6:7::8', null],
  ['1::2::3', null],
  ['1:2', null],
  [':::', null],
  [':1::2', null],
  ['12345::', null],
  ['fe80::1%eth0', null],
  ['1.2.3.4::', null],
]);
table('duration', canonicalDuration, [
  ['1mo2d3h', '1mo2d3h'],
  ['14mo', '1y2mo'],
  ['2w', '14d'],
  ['1D25H', '1d25h'],
  ['90m', '1h30m'],
  ['-1mo1d', '-1mo1d'],
  ['1500ms', '1s500ms'],
  ['1us', '1us'],
  ['1µs', '1us'],
  ['0s', '0ns'],
  ['-0s', '0ns'],
  ['P1Y2M3DT4H5M6S', '1y2mo3d4h5m6s'],
  ['P2W', '14d'],
  ['-PT1M', '-1m'],
  ['P0001-02-03T04:05:06', '1y2mo3d4h5m6s'],
  ['9223372036854775807ns', '2562047h47m16s854ms775us807ns'],
  ['9223372036854775808ns', null],
  ['2147483648d', null],
  ['3h2d', null],
  ['1', null],
  ['', null],
  ['-', null],
  ['P', null],
  ['PT', null],
  ['P1DT', null],
]);

describe('days of dates', () => {
  it('agree with JavaScript and come back over the whole range', () => {
    for (let days = -100_000_000; days <= 100_000_000; days += 99_991) {
      const date = dateOfDays(days);
      const [expected = ''] = new Date(days * 86_400_000).toISOString().split('T');
      const plain = expected.replace(/^([+-])0*(\d{4,})/, (_all, sign: string, year: string) => {
        if (sign === '+') return Number(year) > 9999 ? `+${year}` : year;
        return `-${year}`;
      });
      expect(date).toBe(plain);
      expect(daysOfDate(date)).toBe(days);
    }
    for (let days = -(2 ** 31); days < 2 ** 31; days += 9_999_991) expect(daysOfDate(dateOfDays(days))).toBe(days);
    for (const days of [-(2 ** 31), -1, 0, 1, 2 ** 31 - 1]) expect(daysOfDate(dateOfDays(days))).toBe(days);
  });
});
