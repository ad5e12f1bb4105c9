import { readFileSync } from 'node:fs';

let known: string | null = null;

/** The version of this package. */
export function toolVersion(): string {
  if (known !== null) return known;
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  known = (manifest as { readonly version: string }).version;
  return known;
}
