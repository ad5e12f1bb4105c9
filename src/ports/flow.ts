/** Why work is as fast as it is. `held`: nothing is written until the servers have caught up. */
export type FlowState =
  | { readonly kind: 'free' }
  /** Somebody asked for it. */
  | { readonly kind: 'paused' }
  | { readonly kind: 'slowed' | 'held'; readonly why: string };

export type FlowChange =
  | { readonly kind: 'state'; readonly state: FlowState }
  /** What the servers say of their load cannot be read: work follows answers, time-outs and latency only. */
  | { readonly kind: 'unseen'; readonly reason: string };

/** How rows flow to and from one cluster. */
export interface Flow {
  readonly state: FlowState;
  /** Nothing more is sent or asked for, until `resume`; what is under way comes to its end. */
  pause(): void;
  resume(): void;
  /** Told of each change, and once when the servers' load cannot be seen. Gives what ends it. */
  watch(listener: (change: FlowChange) => void): () => void;
}
