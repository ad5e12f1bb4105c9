const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `12.3 MiB`; `unknown` for null. */
export function bytesText(bytes: number | null): string {
  if (bytes === null) return 'unknown';
  let left = bytes;
  let unit = 0;
  while (left >= 1024 && unit < units.length - 1) {
    left /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? Math.round(left) : left.toFixed(1)} ${units[unit]}`;
}

/** `3,201`; `unknown` for null. */
export function countText(count: number | null): string {
  if (count === null) return 'unknown';
  // Without `toLocaleString`: the first one reads the data of all languages, which takes longer than most commands say.
  return String(Math.round(count)).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** `1 row`, `3,201 rows`. */
export function plural(count: number, word: string): string {
  return `${countText(count)} ${count === 1 ? word : `${word}s`}`;
}

/** `3 rows`, `2 static rows`, `3 rows and 2 static rows`. */
export function rowsText({ rows, staticRows = 0 }: { readonly rows: number; readonly staticRows?: number }): string {
  const statics = plural(staticRows, 'static row');
  if (staticRows === 0) return plural(rows, 'row');
  return rows === 0 ? statics : `${plural(rows, 'row')} and ${statics}`;
}

/** `850 ms`, `12.4 s`, `3 min 20 s`, `2 h 5 min`. */
export function durationText(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1_000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Which partitions, where not all are meant. */
export function spanText(tokens: { readonly first: string; readonly last: string } | null): string {
  if (tokens === null) return '';
  return tokens.first === tokens.last ? `, token ${tokens.first}` : `, tokens ${tokens.first} to ${tokens.last}`;
}
