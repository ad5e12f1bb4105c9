/** A word as it has to be typed in a POSIX shell: quoted when it has anything unusual. */
export function shellWord(text: string): string {
  return /^[\w.:/@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
