import type { CqlType } from './cql-type.ts';
import type { Properties } from './mistake.ts';
import type { SourceType } from './source.ts';

type AnyType = CqlType | SourceType;

/** The JavaScript values that a scalar is read as; `string` covers what is canonical text, too. */
type Value = 'string' | 'number' | 'bigint' | 'boolean' | 'date' | 'bytes' | 'unknown' | 'canonical';

const numbers = ['tinyint', 'smallint', 'int', 'float', 'double'];
const bigints = ['bigint', 'varint', 'counter'];
const canonicals = ['uuid', 'timeuuid', 'date', 'time', 'decimal', 'inet', 'duration'];
const texts = ['ascii', 'text'];

function valueKind(kind: string): Value | null {
  if (texts.includes(kind)) return 'string';
  if (numbers.includes(kind)) return 'number';
  if (bigints.includes(kind)) return 'bigint';
  if (canonicals.includes(kind)) return 'canonical';
  if (kind === 'boolean') return 'boolean';
  if (kind === 'timestamp') return 'date';
  if (kind === 'blob' || kind === 'custom') return 'bytes';
  return kind === 'any' ? 'unknown' : null;
}

/** The type without what does not change its values, and without its system's name. */
function bare(type: AnyType): Properties & { readonly kind: string } {
  const { kind, ...rest } = type as unknown as Properties & { readonly kind: string };
  if (kind === 'frozen' || kind === 'static' || kind === 'masked') return bare(rest['of'] as AnyType);
  return { ...rest, kind: kind.slice(kind.indexOf('.') + 1) };
}

const sequences = ['list', 'set', 'tuple', 'vector', 'array'];

/**
 * Whether what is read from one column may be written to another, as the compiler sees it. Certain only when false:
 * of `json` and of fields inside types only the compiler knows more, and the codec has the last word.
 */
export function fits(from: AnyType, into: AnyType): boolean {
  const [source, target] = [bare(from), bare(into)];
  if (source.kind === 'json' || target.kind === 'json') return true;
  const [read, written] = [valueKind(source.kind), valueKind(target.kind)];
  if (read !== null && written !== null) return scalarFits(source.kind, target.kind);
  if (read !== null || written !== null) return false;
  if (sequences.includes(source.kind) && sequences.includes(target.kind)) {
    return target.kind === 'set' || source.kind !== 'set';
  }
  return (
    source.kind === target.kind || (['udt', 'object'].includes(source.kind) && ['udt', 'map'].includes(target.kind))
  );
}

function scalarFits(source: string, target: string): boolean {
  const [read, written] = [valueKind(source), valueKind(target)];
  if (written === 'canonical') return source === target || (source === 'timeuuid' && target === 'uuid');
  if (read === 'canonical') return written === 'string';
  return read === written || (read === 'number' && written === 'bigint');
}
