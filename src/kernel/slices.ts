/** Consecutive parts of a list, each of `size` elements but the last. What is made of a part can be gone before the next is looked at. */
export function* slices<T>(all: readonly T[], size: number): Generator<readonly T[], void, undefined> {
  for (let from = 0; from < all.length; from += size) yield all.slice(from, from + size);
}
