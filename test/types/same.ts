type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles when the two types are one: `same<A, B>(true)`. */
export function same<A, B>(_: Equal<A, B>): void {
  // Only the compiler looks at it.
}
