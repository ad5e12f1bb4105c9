import { type Domain, domainOf, isScalarKind, type Verdict, verdictOf } from '../model/conversion.ts';
import type { CqlType } from './cql-type.ts';
import type { Properties } from './mistake.ts';
import type { SourceType } from './source.ts';

type AnyType = CqlType | SourceType;
type Bare = Properties & { readonly kind: string };

const wrappers: ReadonlySet<string> = new Set(['frozen', 'static', 'masked', 'pii']);

/** The type without what does not change its values. */
function bare(type: AnyType): Bare {
  const { kind, ...rest } = type as unknown as Bare;
  return wrappers.has(kind) ? bare(rest['of'] as AnyType) : { ...rest, kind };
}

/** The kind of a container without its system's name. */
function structure({ kind }: Bare): string {
  return kind.slice(kind.indexOf('.') + 1);
}

const sequences = ['list', 'set', 'tuple', 'vector', 'array'];

/** The line and the verdict of the conversion table for two types; null when it is not about them. */
export function conversionOf(
  from: AnyType,
  into: AnyType,
): { readonly domain: Domain; readonly verdict: Verdict } | null {
  const domain = domainOf(bare(from).kind);
  const { kind } = bare(into);
  // a counter comes to what a bigint would be
  const target = kind === 'counter' ? 'bigint' : kind;
  return domain === null || !isScalarKind(target) ? null : { domain, verdict: verdictOf(domain, target) };
}

/**
 * Whether what is read from one column may be written to another by itself. Certain only when false: of `json` and of
 * fields inside types only the compiler knows more, and the codec has the last word.
 */
export function fits(from: AnyType, into: AnyType): boolean {
  const [source, target] = [bare(from), bare(into)];
  const scalar = conversionOf(from, into);
  if (scalar !== null) return scalar.verdict === 'exact' || scalar.verdict === 'lossless';
  const [read, written] = [structure(source), target.kind];
  if (isJson(source.kind) || written === 'json') return true;
  if (written === 'custom') return domainOf(source.kind) === 'bytes';
  if (domainOf(source.kind) !== null || isScalarKind(written)) return false;
  if (sequences.includes(read) && sequences.includes(written)) return written === 'set' || read !== 'set';
  return read === written || (['udt', 'object', 'struct'].includes(read) && ['udt', 'map'].includes(written));
}

/** Types whose values are JSON: the engines have its text, functions what it says. */
export function isJson(kind: unknown): boolean {
  return (
    kind === 'json' || (typeof kind === 'string' && /^(?:mongo|mysql|parquet|postgres|sqlite)\.jsonb?$/.test(kind))
  );
}
