import type { Properties } from './mistake.ts';
import { originOf, type TypeOrigin } from './origin.ts';

/** User-defined types inside types of columns, those inside others too. */
export function userTypesIn(types: Iterable<unknown>): ReadonlySet<TypeOrigin> {
  const found = new Set<TypeOrigin>();
  const visit = (type: unknown): void => {
    if (typeof type !== 'object' || type === null) return;
    const origin = originOf(type);
    if (origin?.kind === 'type') found.add(origin);
    const { of, element, elements, key, value, fields } = type as Properties;
    for (const part of [of, element, key, value]) visit(part);
    for (const part of Array.isArray(elements) ? elements : []) visit(part);
    for (const part of Object.values((fields ?? {}) as Properties)) visit(part);
  };
  for (const type of types) visit(type);
  return found;
}
