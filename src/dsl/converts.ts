import type { conversions, DomainKind, domainOfKind, ScalarKind } from '../model/conversion.ts';
import type { Read, Typed, Write } from './cql-type.ts';

/** The type without what does not change its values. */
type Bare<T> = T extends { readonly kind: 'frozen' | 'static' | 'masked' | 'pii'; readonly of: infer I } ? Bare<I> : T;
type Automatic<K extends DomainKind> = (typeof conversions)[(typeof domainOfKind)[K]]['exact' | 'lossless'][number];

/** Whether values of one column's type go into another's by themselves, as the conversion table says. */
export type Converts<S, T> =
  Bare<S> extends { readonly kind: infer K }
    ? Bare<T> extends { readonly kind: infer L }
      ? K extends DomainKind
        ? L extends ScalarKind
          ? L extends Automatic<K>
            ? true
            : false
          : Assignable<S, T>
        : Assignable<S, T>
      : false
    : false;
/** Of types that hold others the structure decides. */
type Assignable<S, T> = S extends Typed<infer _R, infer _W> ? ([Read<S>] extends [Write<T>] ? true : false) : false;
