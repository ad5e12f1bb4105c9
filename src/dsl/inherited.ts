/** Members that every object has, e.g. `constructor`: an optional member of such a name would refuse each object without it. */
type Inherited = keyof typeof Object.prototype;

/** An object whose members are all optional; those that every object inherits are left out, or given all. */
export type Sparse<O> = [keyof O & Inherited] extends [never]
  ? O
  :
      | { readonly [X in Exclude<keyof O, Inherited>]?: O[X] }
      | ({ readonly [X in Exclude<keyof O, Inherited>]?: O[X] } & { readonly [X in keyof O & Inherited]-?: O[X] });

/** Optional members named as in C. Inherited ones are not checked here; the index keeps the type from being weak. */
export type Optionals<C, V> = { readonly [X in Exclude<keyof C, Inherited>]?: V } & ([keyof C & Inherited] extends [
  never,
]
  ? unknown
  : { readonly [symbol: symbol]: never });
