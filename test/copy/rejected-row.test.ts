import { expect, it } from 'vitest';
import { parseRejected, rejectedLine, valuesOf } from '../../src/copy/rejected-row.ts';
import { DecimalText } from '../../src/model/decimal-text.ts';

it('keeps every value that JSON has no form for', () => {
  const values = {
    whole: 2n ** 70n,
    numbers: [-0, 0, Number.NaN, -Infinity, 1.5],
    day: new Date(0),
    bytes: Uint8Array.of(0, 255),
    ['a/b~c']: new Map<unknown, unknown>([[-0, new Set([1n])]]),
    floats: Float32Array.of(-0, 1.5),
    digits: [new DecimalText('0.1234567890123456789')],
    nested: { none: null, deep: [{ zero: -0 }] },
  };
  const parsed = parseRejected(rejectedLine({ place: 'x:1', reason: 'why', values, stored: false }));
  if (parsed === null) throw new Error('it is no line of a rejects file');
  const found = valuesOf(parsed);
  expect(found).toEqual(values);
  const mended = { ...parsed, row: { numbers: [7, 0, 1, 2, 3] } };
  expect(valuesOf(mended)).toEqual({ numbers: [7, 0, 1, 2, 3] });
});
