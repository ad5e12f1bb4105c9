import { beforeAll, describe, expect, it } from 'vitest';
import { useKeys } from '../../src/dsl/key-ring.ts';
import { treatmentOf } from '../../src/dsl/privacy.ts';
import { privacy, to } from '../../src/index.ts';
import { hmacSha256 } from '../../src/kernel/hash.ts';

beforeAll(() => {
  const key = (seed: string) => () => hmacSha256(Buffer.from('test'), seed);
  useKeys(
    new Map([
      ['people', key('one')],
      ['others', key('two')],
      ...Array.from({ length: 5 }, (_, seed) => [`signs${seed}`, key(`signs ${seed}`)] as const),
    ]),
  );
});

const uuid = to.uuid('8e5ba5e0-6c1f-41ee-b962-0242ac120002');

describe('hash', () => {
  const hashed = privacy.hash({ key: 'people' });

  it('is keyed, and the same for the same', () => {
    expect(hashed('ada@example.com')).toMatch(/^[0-9a-f]{64}$/);
    expect(hashed('ada@example.com')).toBe(hashed('ada@example.com'));
    expect(hashed('ada@example.org')).not.toBe(hashed('ada@example.com'));
    expect(privacy.hash({ key: 'others' })('ada@example.com')).not.toBe(hashed('ada@example.com'));
    expect(privacy.hash({ key: 'people', length: 16 })('ada@example.com')).toBe(hashed('ada@example.com').slice(0, 16));
    expect([hashed(null), hashed(5n)]).toEqual([null, hashed('5')]);
  });

  it('wants a key that the configuration has, and enough digits', () => {
    expect(() => privacy.hash({ key: 'nobody' })('x')).toThrow(
      expect.objectContaining({ code: 'PRIVACY_KEY_MISSING' }),
    );
    expect(() => privacy.hash({ key: 'people', length: 8 })).toThrow('is given 8');
    expect(() => privacy.hash({ key: '' })).toThrow('for its key');
  });
});

describe('tokenise', () => {
  const token = privacy.tokenise({ key: 'people' });

  it('keeps the form of texts', () => {
    expect(token('Ada.Lovelace+42@example.com')).toMatch(/^[A-Z][a-z]{2}\.[A-Z][a-z]{7}\+\d\d@[a-z]{7}\.[a-z]{3}$/);
    expect(token('+47 123 45 678')).toMatch(/^\+\d\d \d{3} \d\d \d{3}$/);
    expect(token('')).toBe('');
    expect(token(null)).toBeNull();
    expect(() => token('José')).toThrow(expect.objectContaining({ reason: expect.stringContaining('privacy.hash') }));
  });

  it('keeps UUIDs UUIDs of their version', () => {
    expect(token(uuid)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-b[0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(token(uuid)).not.toBe(uuid);
  });

  it('gives different values different tokens: all numbers of up to three digits, as texts and as numbers', () => {
    const texts = Array.from({ length: 1000 }, (_, number) => String(number).padStart(3, '0'));
    expect(new Set(texts.map((text) => token(text))).size).toBe(1000);
    const numbers = Array.from({ length: 200 }, (_, number) => number - 100);
    const tokens = numbers.map((number) => token(number));
    expect(new Set(tokens).size).toBe(200);
    numbers.forEach((number, at) => {
      expect(String(tokens[at])).toHaveLength(String(number).length);
    });
    const letters = Array.from({ length: 26 }, (_, number) => `x${String.fromCharCode(97 + number)}`);
    expect(new Set(letters.map((text) => token(text))).size).toBe(26);
  });

  it('keeps signs apart, whatever the key', () => {
    for (let seed = 0; seed < 5; seed += 1) {
      const signed = privacy.tokenise({ key: `signs${seed}` });
      const tokens = Array.from({ length: 19 }, (_, number) => String(signed(number - 9)));
      expect(new Set(tokens).size).toBe(19);
    }
  });

  it('keeps integers of 32 and 64 bits what they are', () => {
    for (const value of [2 ** 31 - 1, -(2 ** 31), 1_000_000_007]) {
      expect(Math.abs(token(value))).toBeLessThanOrEqual(value < 0 ? 2 ** 31 : 2 ** 31 - 1);
    }
    expect(token(2 ** 31)).toBeGreaterThanOrEqual(2 ** 31);
    for (let more = 0n; more < 20n; more += 1n) {
      const value = token(2n ** 63n - 1n - more);
      expect(value <= 2n ** 63n - 1n && value >= 10n ** 18n).toBe(true);
    }
  });
});

it('masks addresses, numbers and the middle of texts', () => {
  const email = privacy.mask('email');
  expect([email('ada@example.com'), email('@x'), email('nothing'), email(null)]).toEqual([
    'a***@example.com',
    '**',
    '*******',
    null,
  ]);
  const phone = privacy.mask('phone');
  expect(['+47 123 45 678', '12', '٠١٢٣', 'ask Bo: 12345'].map((one) => phone(one))).toEqual([
    '+** *** ** *78',
    '**',
    '**٢٣',
    '*** **: ***45',
  ]);
  const ends = privacy.mask({ first: 1, last: 2, with: '#' });
  expect([ends('4111111111'), ends('abc'), ends('abcd')]).toEqual(['4#######11', '###', 'a#cd']);
});

it('truncates texts, moments, days and addresses', () => {
  const moment = new Date('2026-11-22T12:34:56.789Z');
  expect(privacy.truncate('day')(moment)).toEqual(new Date('2026-11-22T00:00:00Z'));
  expect(privacy.truncate('year')(moment)).toEqual(new Date('2026-01-01T00:00:00Z'));
  expect(privacy.truncate('month')(to.date('2026-11-22'))).toBe('2026-11-01');
  expect(privacy.truncate({ characters: 3 })('a😀bcd')).toBe('a😀b');
  const network = privacy.truncate({ network: 24 });
  expect([network(to.inet('192.168.17.201')), network(to.inet('2001:db8:1:2::1'))]).toEqual([
    '192.168.17.0',
    '2001:db8:1::',
  ]);
  expect(privacy.truncate({ network: 20 })(to.inet('10.0.31.7'))).toBe('10.0.16.0');
});

it('says what it does, without any key', () => {
  expect(treatmentOf(privacy.tokenise({ key: 'people' }))).toMatchObject({
    words: 'tokenise with key people',
    key: 'people',
  });
  expect(treatmentOf(privacy.waive('made up'))).toMatchObject({ kind: 'waived', reason: 'made up' });
  expect(treatmentOf((value: string) => value)).toBeNull();
  expect(() => privacy.waive(' ')).toThrow('is given');
});
