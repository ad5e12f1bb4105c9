import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { registerHooks } from 'node:module';
import { basename, extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { hashOf } from '../kernel/hash.ts';
import { isMigrationPath, isSchemaPath } from './file-roles.ts';
import { whileLoading } from './while-loading.ts';

/** Marks the modules that are the project's own code; everything else loads as Node loads it. */
const mark = '?cqlform';
const marked = /\?cqlform(=\d+)?$/;
/** Node keeps modules by address: a file that was mended in between gets another one. */
const seen = new Map<string, { readonly text: string; readonly version: number }>();
/** By address, what the project's own modules were when they were loaded. */
const loaded = new Map<string, string>();
let hooked = false;

/**
 * Imports a user's TypeScript or JavaScript file as an ES module, whatever the package.json around it says. `cqlform`
 * and its subpaths resolve to this running copy, so that a migration and the engine share one set of classes. Types
 * are stripped, never checked. Throws CqlformError: `what` begins the codes of what is wrong with the file itself,
 * e.g. `MIGRATION_SYNTAX`.
 */
export async function importModule(
  path: string,
  what: 'MIGRATION' | 'CONFIG',
): Promise<Readonly<Record<string, unknown>>> {
  installHooks();
  try {
    const address = await addressOf(path);
    return await whileLoading({ path, what }, () => import(address) as Promise<Readonly<Record<string, unknown>>>);
  } catch (thrown) {
    const { explainImport } = await import('./explain-import.ts');
    throw await explainImport(path, thrown, what);
  }
}

/** By path, a hash of each of the project's own modules as they were last loaded in this thread. */
export function loadedModules(): Readonly<Record<string, string>> {
  return Object.fromEntries(loaded);
}

async function addressOf(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const known = seen.get(path);
  const version = known === undefined ? 0 : known.text === text ? known.version : known.version + 1;
  seen.set(path, { text, version });
  return `${pathToFileURL(path).href}${mark}${version === 0 ? '' : `=${version}`}`;
}

function installHooks(): void {
  if (hooked) return;
  hooked = true;
  silenceStripping();
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === 'cqlform' || specifier.startsWith('cqlform/'))
        return { url: ownModule(specifier, context.parentURL), shortCircuit: true };
      const parent = context.parentURL;
      if (parent === undefined || !marked.test(parent) || !specifier.startsWith('.')) return next(specifier, context);
      const resolved = next(withExtension(specifier, parent), context);
      refuseMigration(resolved.url, parent);
      return { ...resolved, url: `${resolved.url}${mark}` };
    },
    load(url, context, next) {
      if (!marked.test(url) || url.includes('.json?')) return next(url, context);
      const module = next(url, { ...context, format: /\.[mc]?ts\?/.test(url) ? 'module-typescript' : 'module' });
      loaded.set(fileURLToPath(url.replace(marked, '')), hashOf(String(module.source)));
      return module;
    },
  });
}

/** `cqlform` → index, `cqlform/files` → files, beside this file's folder. */
function ownModule(specifier: string, parent: string | undefined): string {
  const name = specifier === 'cqlform' ? 'index' : specifier.slice('cqlform/'.length);
  if (ownModules.includes(name)) return ownModuleUrl(name).href;
  const importer = parent === undefined ? '' : `${basename(fileURLToPath(parent.replace(marked, '')))}: `;
  throw new CqlformError('IMPORT_NOT_FOUND', `${importer}cqlform has no ${specifier}`, {
    next: `Import from ${ownModules.map((one) => (one === 'index' ? 'cqlform' : `cqlform/${one}`)).join(' or ')}.`,
    exitCode: exitCodes.usage,
  });
}

/** What the package exports; the name of the file, `index` for `cqlform` itself. */
export const ownModules: readonly string[] = ['index', 'cassandra', 'files', 'mongodb', 'mysql', 'postgres', 'sqlite'];

export function ownModuleUrl(name: string): URL {
  return new URL(`../${name}${extname(fileURLToPath(import.meta.url))}`, import.meta.url);
}

/** Relative imports may leave `.ts` out. */
function withExtension(specifier: string, parent: string): string {
  if (/\.([mc]?[jt]s|json)$/.test(specifier)) return specifier;
  return existsSync(fileURLToPath(new URL(`${specifier}.ts`, parent))) ? `${specifier}.ts` : specifier;
}

function refuseMigration(url: string, parent: string): void {
  const [path, importer] = [fileURLToPath(url), fileURLToPath(parent.replace(marked, ''))];
  if (!isMigrationPath(path) && !(isSchemaPath(path) && isMigrationPath(importer))) return;
  throw importsMigration(path, importer);
}

/** Imports between migrations break when files are squashed, deleted or merged. */
export function importsMigration(path: string, importer: string): CqlformError {
  const what = isMigrationPath(path) ? 'another migration' : 'the generated schema.ts';
  return new CqlformError('MIGRATION_IMPORTS_MIGRATION', `${basename(importer)} imports ${what}, ${basename(path)}`, {
    next: "Declare the table here with `existing('name', …)` (`cqlform new` writes the block); move code that migrations share into lib/.",
    where: { path: importer },
    exitCode: exitCodes.usage,
  });
}

/** Some versions of Node announce type stripping or SQLite as experimental; which Node runs is not the user's concern here. */
function silenceStripping(): void {
  const emit = process.emitWarning.bind(process) as (warning: string | Error, ...rest: unknown[]) => void;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]): void => {
    const type = typeof rest[0] === 'object' && rest[0] !== null && 'type' in rest[0] ? rest[0].type : rest[0];
    if (type === 'ExperimentalWarning' && /type stripping|sqlite/i.test(String(warning))) return;
    emit(warning, ...rest);
  };
}
