/** Every line moved to the right; empty ones stay empty. */
export function indent(text: string, by: number): string {
  const space = ' '.repeat(by);
  return text
    .split('\n')
    .map((line) => (line === '' ? '' : space + line))
    .join('\n');
}
