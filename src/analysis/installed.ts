import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Name of a package → the version of it that runs. */
export type PackageVersions = Readonly<Record<string, string>>;

/** The version of the package that a file in the folder gets; null when there is none, or none is said. */
export function installedVersion(name: string, folder: string): string | null {
  for (let at = folder; ; at = dirname(at)) {
    const text = textOf(join(at, 'node_modules', name, 'package.json'));
    if (text !== null) return versionIn(text);
    if (dirname(at) === at) return null;
  }
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

function versionIn(text: string): string | null {
  try {
    const manifest: unknown = JSON.parse(text);
    const said = typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : null;
    return typeof said === 'string' ? said : null;
  } catch {
    return null;
  }
}

/** `@scope/name/part` → `@scope/name`. */
export function packageName(module: string): string {
  return module
    .split('/')
    .slice(0, module.startsWith('@') ? 2 : 1)
    .join('/');
}
