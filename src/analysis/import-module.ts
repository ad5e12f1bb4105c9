import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

let hooked = false;

/**
 * Imports a user's TypeScript or JavaScript file as an ES module, whatever the package.json around it says. `cqlform`
 * and its subpaths resolve to this running copy, so that a migration and the engine share one set of classes.
 */
export async function importModule(path: string): Promise<Readonly<Record<string, unknown>>> {
  installHooks();
  return (await import(`${pathToFileURL(path).href}?cqlform`)) as Readonly<Record<string, unknown>>;
}

function installHooks(): void {
  if (hooked) return;
  hooked = true;
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === 'cqlform' || specifier.startsWith('cqlform/'))
        return { url: ownModule(specifier), shortCircuit: true };
      const found = withExtension(specifier, context.parentURL);
      const resolved = next(found, context);
      return context.parentURL?.includes('?cqlform') === true && found.startsWith('.')
        ? { ...resolved, url: `${resolved.url}?cqlform` }
        : resolved;
    },
    load(url, context, next) {
      if (!url.includes('?cqlform')) return next(url, context);
      return next(url, { ...context, format: url.includes('.ts?') ? 'module-typescript' : 'module' });
    },
  });
}

/** `cqlform` → index, `cqlform/files` → files, beside this file's folder. */
function ownModule(specifier: string): string {
  const name = specifier === 'cqlform' ? 'index' : specifier.slice('cqlform/'.length);
  return new URL(`../${name}${extname(fileURLToPath(import.meta.url))}`, import.meta.url).href;
}

/** Relative imports may leave `.ts` out. */
function withExtension(specifier: string, parent: string | undefined): string {
  if (!specifier.startsWith('.') || parent === undefined || extname(specifier) !== '') return specifier;
  return existsSync(fileURLToPath(new URL(`${specifier}.ts`, parent))) ? `${specifier}.ts` : specifier;
}
