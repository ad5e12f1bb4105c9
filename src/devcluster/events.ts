/** What `devUp`, `devDown` and the node verbs report while they work. Views render these; nothing here prints. */
export type DevEvent =
  | { readonly kind: 'lock-waiting'; readonly holder: number }
  | { readonly kind: 'runtime-found'; readonly description: string }
  | { readonly kind: 'jars-downloading'; readonly version: string; readonly into: string }
  | { readonly kind: 'jars-ready'; readonly version: string; readonly files: number }
  | { readonly kind: 'image-pulling'; readonly image: string }
  | { readonly kind: 'cluster-found'; readonly contactPoints: readonly string[] }
  | { readonly kind: 'node-dead'; readonly node: string; readonly pid: number | null }
  | { readonly kind: 'node-starting'; readonly node: string; readonly contactPoint: string; readonly log: string }
  | { readonly kind: 'node-ready'; readonly node: string; readonly contactPoint: string; readonly milliseconds: number }
  | { readonly kind: 'ports-moved'; readonly reason: string }
  | { readonly kind: 'ring-waiting'; readonly seen: number; readonly expected: number }
  | { readonly kind: 'node-stopping'; readonly node: string; readonly pid: number }
  | { readonly kind: 'node-stopped'; readonly node: string; readonly forced: boolean }
  | { readonly kind: 'data-deleted'; readonly folder: string };

export type OnProgress = (event: DevEvent) => void;

/** The listener of callers that want none. */
export const silent: OnProgress = () => undefined;
