const width = 120;

/** A piece of source: text on one line, or a bracket with parts that goes on one line when it fits. */
export type Piece =
  | string
  | { readonly open: string; readonly parts: readonly Piece[]; readonly close: string; readonly padded: boolean };

export function list(parts: readonly Piece[]): Piece {
  return { open: '[', parts, close: ']', padded: false };
}

export function call(name: string, parts: readonly Piece[]): Piece {
  return { open: `${name}(`, parts, close: ')', padded: false };
}

/** Members whose value is null are left out. */
export function object(members: Readonly<Record<string, Piece | null>>): Piece {
  const parts = Object.entries(members).flatMap(([name, value]) =>
    value === null ? [] : [prefixed(`${property(name)}: `, value)],
  );
  return { open: '{', parts, close: '}', padded: true };
}

export function prefixed(text: string, piece: Piece): Piece {
  return typeof piece === 'string' ? text + piece : { ...piece, open: text + piece.open };
}

/** A property's name, quoted only when it has to be. `__proto__` in brackets: else it sets the object's prototype. */
export function property(name: string): string {
  if (name === '__proto__') return `['${name}']`;
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : text(name);
}

/** A string literal in single quotes; in double quotes where that saves escapes. */
export function text(value: string): string {
  const escaped = JSON.stringify(value);
  const singles = value.split("'").length;
  if (singles > value.split('"').length) return escaped;
  return `'${escaped.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

/** A text of several lines as a template, any other as a literal. */
export function block(value: string): string {
  if (!value.includes('\n') || value.includes('\r')) return text(value);
  return `\`${value.replaceAll(/[\\`]|\$\{/g, '\\$&')}\``;
}

/** Lays a piece out: on one line when it fits from `indent` on, `after` being what follows on its last line. */
export function laidOut(piece: Piece, indent = 0, after = 0): string {
  if (typeof piece === 'string') return piece;
  const short = flat(piece);
  if (indent + short.length + after <= width) return short;
  const { open, parts, close } = piece;
  const [only] = parts;
  // A call whose last argument is an object keeps its bracket on the line: `table('movies', {`.
  const last = parts.at(-1);
  if (
    open.endsWith('(') &&
    last !== undefined &&
    typeof last !== 'string' &&
    parts.slice(0, -1).every((one) => typeof one === 'string')
  ) {
    const head = parts
      .slice(0, -1)
      .map((one) => `${flat(one)}, `)
      .join('');
    return laidOut({ ...last, open: open + head + last.open, close: last.close + close }, indent, after);
  }
  if (only === undefined) return short;
  const inner = ' '.repeat(indent + 2);
  const lines = parts.map((part) => `${inner}${laidOut(part, indent + 2, 1)},`);
  return `${open}\n${lines.join('\n')}\n${' '.repeat(indent)}${close}`;
}

function flat(piece: Piece): string {
  if (typeof piece === 'string') return piece;
  const { open, parts, close, padded } = piece;
  const inner = parts.map(flat).join(', ');
  return padded && inner !== '' ? `${open} ${inner} ${close}` : open + inner + close;
}
