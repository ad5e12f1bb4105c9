const { rawJSON } = JSON as JSON & { rawJSON(text: string): unknown };

/** What `JSON.stringify` writes as the number that the text is, with each of its digits. */
export function jsonNumber(text: string): unknown {
  return rawJSON(text);
}
