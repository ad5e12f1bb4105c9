declare const brand: unique symbol;

/** A string in CQL's canonical form. It reads as a string; a plain string is not one: `to.uuid(text)` makes one or rejects the row. */
export type Canonical<Name extends string> = string & { readonly [brand]: { readonly [N in Name]: true } };

/** A UUID in lower case, e.g. `8f14e45f-ceea-467f-a0e6-0f3b1c9f2b11`. */
export type Uuid = Canonical<'uuid'>;
/** A version-1 UUID; fits wherever a `Uuid` is wanted. */
export type TimeUuid = Canonical<'uuid' | 'timeuuid'>;
/** A day, e.g. `2026-11-22`. */
export type LocalDate = Canonical<'date'>;
/** A time of day, e.g. `13:30:54.234000000`. */
export type LocalTime = Canonical<'time'>;
/** A decimal number of any size, e.g. `12.50`. */
export type Decimal = Canonical<'decimal'>;
/** An IPv4 or IPv6 address. */
export type Inet = Canonical<'inet'>;
/** Months, days and nanoseconds, e.g. `1mo2d3h`. */
export type Duration = Canonical<'duration'>;
