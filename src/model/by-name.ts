import { z } from 'zod';
import { setOwn } from '../kernel/own.ts';
import type { ByName } from './schema.ts';

/** Values under names that users gave. `z.record` would drop one that is called `__proto__`. */
export function byName<T>(shape: z.ZodType<T>): z.ZodType<ByName<T>> {
  return z.custom<Readonly<Record<string, unknown>>>(isObject, 'expected an object').transform((given, context) => {
    const found: Record<string, T> = {};
    for (const [name, value] of Object.entries(given)) {
      const one = shape.safeParse(value);
      if (one.success) setOwn(found, name, one.data);
      else
        for (const { path, message } of one.error.issues)
          context.addIssue({ code: 'custom', path: [name, ...path], message });
    }
    return found;
  });
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
