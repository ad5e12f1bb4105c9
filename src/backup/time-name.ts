/** Milliseconds since the epoch as a part of an object's key: the earlier, the first in a list. */
export function timeName(milliseconds: number): string {
  return String(milliseconds).padStart(15, '0');
}
