/**
 * The first of the wanted fields that an object's text names more than once; null: none. JSON.parse would keep the last
 * value and say nothing of the others.
 */
export function repeatedField(text: string, fields: object, wanted: readonly string[]): string | null {
  if (colons(text) === Object.keys(fields).length) return null;
  const suspicious = text.includes('\\u') || wanted.some((field) => standsTwice(text, JSON.stringify(field)));
  if (!suspicious) return null;
  const seen = new Set<string>();
  for (const name of namesIn(text)) {
    if (seen.has(name) && wanted.includes(name)) return name;
    seen.add(name);
  }
  return null;
}

/** As many as a flat object has fields, where nothing stands between a name and its colon. */
function colons(text: string): number {
  let count = 0;
  for (let at = text.indexOf('":'); at !== -1; at = text.indexOf('":', at + 2)) count += 1;
  return count;
}

function standsTwice(text: string, quoted: string): boolean {
  const first = text.indexOf(quoted);
  return first !== -1 && text.indexOf(quoted, first + quoted.length) !== -1;
}

/** The names of the fields of the object itself, in their order. The text is valid JSON. */
function* namesIn(text: string): Generator<string> {
  let depth = 0;
  let last = '';
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (letter === '"') {
      const end = closingQuote(text, at);
      if (depth === 1) last = text.slice(at, end + 1);
      at = end;
    } else if (letter === '{' || letter === '[') depth += 1;
    else if (letter === '}' || letter === ']') depth -= 1;
    else if (letter === ':' && depth === 1) yield JSON.parse(last) as string;
  }
}

function closingQuote(text: string, open: number): number {
  let at = open + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}
