export interface CsvDialect {
  /** One byte each, ASCII; `quote` null: fields are never quoted. */
  readonly delimiter: string;
  readonly quote: string | null;
  /** What stands before a quote inside quotes; the quote itself unless said otherwise. */
  readonly escape: string;
  /** True: the first record names the fields; false: they come in the order of the declared columns. */
  readonly header: boolean;
  /** Unquoted texts that stand for null, besides an empty field. */
  readonly nullTexts: readonly string[];
}

export interface CsvField {
  readonly text: string;
  readonly quoted: boolean;
}

/** The fields of one record, or why they cannot be told apart. */
export function fieldsOfRecord(record: string, dialect: CsvDialect): readonly CsvField[] | string {
  const { delimiter, quote } = dialect;
  if (quote === null || !record.includes(quote)) {
    return record.split(delimiter).map((text) => ({ text, quoted: false }));
  }
  const fields: CsvField[] = [];
  let at = 0;
  for (;;) {
    if (record[at] !== quote) {
      const end = record.indexOf(delimiter, at);
      fields.push({ text: end === -1 ? record.slice(at) : record.slice(at, end), quoted: false });
      if (end === -1) return fields;
      at = end + 1;
      continue;
    }
    const field = quotedField(record, at, { quote, escape: dialect.escape });
    if (field === null) return 'a quote is not closed';
    fields.push({ text: field.text, quoted: true });
    if (field.next === record.length) return fields;
    if (record[field.next] !== delimiter) return `something stands after the closing quote of field ${fields.length}`;
    at = field.next + 1;
  }
}

/** The field whose opening quote stands at `start`, and the place after its closing quote; null when it is not closed. */
function quotedField(
  record: string,
  start: number,
  quoting: { readonly quote: string; readonly escape: string },
): { readonly text: string; readonly next: number } | null {
  const { quote } = quoting;
  let text = '';
  let from = start + 1;
  for (let at = from; at < record.length; at += 1) {
    const letter = record[at];
    const next = record[at + 1];
    if (letter === quoting.escape && (next === quote || (next === quoting.escape && next !== undefined))) {
      text += record.slice(from, at) + next;
      at += 1;
      from = at + 1;
    } else if (letter === quote) {
      return { text: text + record.slice(from, at), next: at + 1 };
    }
  }
  return null;
}
