/** One handler for each `kind` of a closed union; a missing one does not compile. */
export type Handlers<U extends { readonly kind: string }, R> = {
  readonly [K in U['kind']]: (node: Extract<U, { readonly kind: K }>) => R;
};

/** Calls the handler of the node's kind. */
export function match<U extends { readonly kind: string }, R>(node: U, handlers: Handlers<U, R>): R {
  const handler = handlers[node.kind as U['kind']] as ((node: U) => R) | undefined;
  if (handler === undefined) throw new TypeError(`no handler for kind ${node.kind}`);
  return handler(node);
}

/** Marks a place that the type system proves unreachable. */
export function unreachable(value: never): never {
  throw new TypeError(`unreachable: ${JSON.stringify(value)}`);
}
