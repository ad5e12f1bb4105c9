import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { property } from '../../src/analysis/source/layout.ts';
import { own, setOwn } from '../../src/kernel/own.ts';
import { byName } from '../../src/model/by-name.ts';

const inherited = [...Object.getOwnPropertyNames(Object.prototype)];

describe('names that every object inherits', () => {
  it.each(inherited)('%s is found only where it was set', (name) => {
    const record: Record<string, number> = {};
    expect(own(record, name)).toBeUndefined();
    setOwn(record, name, 1);
    expect(own(record, name)).toBe(1);
    expect(Object.entries({ ...record })).toEqual([[name, 1]]);
    setOwn(record, name, 2);
    expect(Object.entries(record)).toEqual([[name, 2]]);
  });

  it('are kept where JSON is read', () => {
    const text = `{${inherited.map((name) => `"${name}":"x"`).join(',')}}`;
    expect(JSON.stringify(byName(z.string()).parse(JSON.parse(text)))).toBe(text);
    expect(byName(z.string()).safeParse(JSON.parse('{"constructor":1}')).error?.issues[0]?.path).toEqual([
      'constructor',
    ]);
    for (const value of [null, [], 'x']) expect(byName(z.string()).safeParse(value).success).toBe(false);
  });

  it('are written so that they are members', () => {
    expect(['constructor', '__proto__', 'a b'].map(property)).toEqual(['constructor', "['__proto__']", "'a b'"]);
  });
});
