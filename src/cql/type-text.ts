import { CqlformError } from '../kernel/errors.ts';
import { type CqlType, type ScalarName, scalarNames } from '../model/type.ts';

const scalars: ReadonlyMap<string, ScalarName> = new Map<string, ScalarName>([
  ...scalarNames.map((name) => [name, name] as const),
  ['varchar', 'text'],
]);

/**
 * Reads a type as `system_schema` states it (`frozen<map<text, frozen<list<int>>>>`, `vector<float, 3>`, a quoted name,
 * a Java class in single quotes) or as people write it, and gives its canonical form.
 * Throws CqlformError `TYPE_UNREADABLE`.
 */
export function parseType(text: string): CqlType {
  const parser = new TypeParser(text);
  const type = parser.type();
  parser.end();
  return type;
}

/** The same type where only a frozen one may stand: in a key, a collection, a tuple, a vector. */
export function frozenType(type: CqlType): CqlType {
  return type.kind === 'list' || type.kind === 'set' || type.kind === 'map' || type.kind === 'udt'
    ? { ...type, frozen: true }
    : type;
}

/** One of the type's parts: a bare word (lower-cased), a quoted name, a Java class, a number, or a sign. */
type Part =
  | { readonly kind: 'word' | 'name' | 'class' | 'number'; readonly text: string }
  | { readonly kind: 'sign'; readonly text: '<' | '>' | ',' }
  | { readonly kind: 'end'; readonly text: '' };

const partPattern = /\s*(?:([A-Za-z][A-Za-z0-9_]*)|"((?:[^"]|"")+)"|'((?:[^']|'')+)'|([0-9]+)|([<>,]))/y;

class TypeParser {
  private readonly source: string;
  private position = 0;
  private current: Part;

  constructor(source: string) {
    this.source = source;
    this.current = this.read();
  }

  type(): CqlType {
    const part = this.take();
    switch (part.kind) {
      case 'word':
        return this.named(part.text);
      case 'name':
        return { kind: 'udt', name: part.text, frozen: false };
      case 'class':
        return { kind: 'custom', className: part.text };
      default:
        return this.fail('a type is expected');
    }
  }

  end(): void {
    if (this.current.kind !== 'end') this.fail('it goes on after its end');
  }

  private named(word: string): CqlType {
    switch (word) {
      case 'frozen':
        return this.frozen();
      case 'list':
        return { kind: 'list', element: this.single(), frozen: false };
      case 'set':
        return { kind: 'set', element: this.single(), frozen: false };
      case 'map':
        return this.map();
      case 'tuple':
        return this.tuple();
      case 'vector':
        return this.vector();
    }
    const scalar = scalars.get(word);
    return scalar === undefined ? { kind: 'udt', name: word, frozen: false } : { kind: 'scalar', name: scalar };
  }

  private frozen(): CqlType {
    this.sign('<');
    const inner = this.type();
    this.sign('>');
    // The server states a user-defined type whose name is a scalar's without its quotes; no scalar can be frozen.
    if (inner.kind === 'scalar') return { kind: 'udt', name: inner.name, frozen: true };
    if (inner.kind === 'custom') this.fail('a Java class cannot be frozen');
    return frozenType(inner);
  }

  private single(): CqlType {
    this.sign('<');
    const element = this.inner();
    this.sign('>');
    return element;
  }

  private map(): CqlType {
    this.sign('<');
    const key = this.inner();
    this.sign(',');
    const value = this.inner();
    this.sign('>');
    return { kind: 'map', key, value, frozen: false };
  }

  private tuple(): CqlType {
    this.sign('<');
    const elements = [this.inner()];
    while (this.current.kind === 'sign' && this.current.text === ',') {
      this.take();
      elements.push(this.inner());
    }
    this.sign('>');
    return { kind: 'tuple', elements };
  }

  private vector(): CqlType {
    this.sign('<');
    const element = this.inner();
    this.sign(',');
    const dimension = this.take();
    if (dimension.kind !== 'number' || Number(dimension.text) < 1)
      this.fail('a vector needs a dimension of at least 1');
    this.sign('>');
    return { kind: 'vector', element, dimension: Number(dimension.text) };
  }

  private inner(): CqlType {
    return frozenType(this.type());
  }

  private sign(expected: '<' | '>' | ','): void {
    const part = this.take();
    if (part.kind !== 'sign' || part.text !== expected) this.fail(`'${expected}' is expected`);
  }

  private take(): Part {
    const part = this.current;
    this.current = this.read();
    return part;
  }

  private read(): Part {
    partPattern.lastIndex = this.position;
    const found = partPattern.exec(this.source);
    if (found === null) {
      if (this.source.slice(this.position).trim() !== '') this.fail('it holds a character that no type has');
      return { kind: 'end', text: '' };
    }
    this.position = partPattern.lastIndex;
    const [, word, name, className, number, sign] = found;
    if (word !== undefined) return { kind: 'word', text: word.toLowerCase() };
    if (name !== undefined) return { kind: 'name', text: name.replaceAll('""', '"') };
    if (className !== undefined) return { kind: 'class', text: className.replaceAll("''", "'") };
    if (number !== undefined) return { kind: 'number', text: number };
    return { kind: 'sign', text: sign as '<' | '>' | ',' };
  }

  private fail(why: string): never {
    throw new CqlformError(
      'TYPE_UNREADABLE',
      `${JSON.stringify(this.source)} is no CQL type that can be read: ${why}`,
      {
        next: 'Write the type as Cassandra states it, e.g. `frozen<map<text, list<int>>>`; if the server stated it, report this text as a bug.',
        fields: { type: this.source },
      },
    );
  }
}
