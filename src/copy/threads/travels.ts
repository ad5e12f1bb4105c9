/**
 * Whether a value arrives in another thread as what it is, with its class and all its digits: what JSON knows, bigints,
 * dates, sets, maps and typed arrays. Buffers would arrive as plain bytes, and other classes as plain objects.
 */
export function travels(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value !== 'function' && typeof value !== 'symbol';
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype) {
    for (const name in value) if (!travels((value as Readonly<Record<string, unknown>>)[name])) return false;
    return true;
  }
  if (prototype === Array.prototype) return (value as readonly unknown[]).every(travels);
  if (prototype === Date.prototype || prototype === Uint8Array.prototype || prototype === Float32Array.prototype) {
    return true;
  }
  if (prototype === Set.prototype) return [...(value as ReadonlySet<unknown>)].every(travels);
  if (prototype !== Map.prototype) return false;
  return [...(value as ReadonlyMap<unknown, unknown>)].every(([key, inner]) => travels(key) && travels(inner));
}
