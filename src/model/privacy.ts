/** What becomes of a column's values when rows come from outside into a lower environment. */
export type Treatment =
  | {
      readonly kind: 'treated';
      /** For people: `hash with key people`. */
      readonly words: string;
      /** The name of the key that it takes; null: none. */
      readonly key: string | null;
      apply(value: unknown): unknown;
    }
  /** It comes as it is, because somebody said why that is right. */
  | { readonly kind: 'waived'; readonly reason: string };

/** The reason of a rejection without the values in it: quoted texts and numbers. */
export function withoutValues(reason: string): string {
  return reason.replaceAll(/"(?:[^"\\]|\\.)*"|\d+(?:\.\d+)?/g, '…');
}

/** Of a data step: which of its columns are personal, and what becomes of them in lower environments. */
export interface DataPrivacy {
  /** Target column → what kind of personal data it is. */
  readonly pii: Readonly<Record<string, string>>;
  /** Source column → the same. */
  readonly read: Readonly<Record<string, string>>;
  /** By target column. */
  readonly lower: Readonly<Record<string, Treatment>>;
  /** True: it runs where rows may not be shown as they are read: rejected ones keep their place and no values. */
  readonly withheld?: boolean;
}
