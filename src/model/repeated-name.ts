/**
 * Where the first name stands that an object of a JSON text has more than once, as `a.b[2].c`; null: none. JSON.parse
 * would keep the last value and say nothing of the others. `value` is what it made of the text; with `wanted`, only fields
 * of the outermost object with these names are looked into.
 */
export function repeatedName(text: string, value: unknown, wanted: readonly string[] | null = null): string | null {
  if (!text.includes('{')) return null;
  if (!apart.test(text) && colons(text) === namesOf(value)) return null;
  for (const path of repeated(text)) {
    if (wanted === null || wanted.includes(path[0] as string)) return shownPath(path);
  }
  return null;
}

/** A name whose colon does not follow at once. */
const apart = /"\s+:/;

/** No fewer than there are names in the text, where none stands apart from its colon. */
function colons(text: string): number {
  let count = 0;
  for (let at = text.indexOf('":'); at !== -1; at = text.indexOf('":', at + 2)) count += 1;
  return count;
}

function namesOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (!Array.isArray(value)) {
    let count = 0;
    for (const name of Object.keys(value)) count += 1 + namesOf((value as Readonly<Record<string, unknown>>)[name]);
    return count;
  }
  let count = 0;
  for (const one of value) count += namesOf(one);
  return count;
}

type Path = readonly (string | number)[];
interface Open {
  /** Null: an array. */
  readonly names: Set<string> | null;
  /** The name, or the index, of what is read inside. */
  at: string | number;
}

/** The text is valid JSON. */
function* repeated(text: string): Generator<Path> {
  const open: Open[] = [];
  let last = '';
  for (let at = 0; at < text.length; at += 1) {
    const inner = open.at(-1);
    switch (text[at]) {
      case '"': {
        const end = closingQuote(text, at);
        last = text.slice(at, end + 1);
        at = end;
        break;
      }
      case '{':
        open.push({ names: new Set(), at: '' });
        break;
      case '[':
        open.push({ names: null, at: 0 });
        break;
      case '}':
      case ']':
        open.pop();
        break;
      case ',':
        if (typeof inner?.at === 'number') inner.at += 1;
        break;
      case ':': {
        if (inner === undefined || inner.names === null) break;
        inner.at = JSON.parse(last) as string;
        if (inner.names.has(inner.at)) yield open.map((one) => one.at);
        inner.names.add(inner.at);
      }
    }
  }
}

function closingQuote(text: string, open: number): number {
  let at = open + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}

function shownPath(path: Path): string {
  return path.map((part, at) => (typeof part === 'number' ? `[${part}]` : at === 0 ? part : `.${part}`)).join('');
}
