import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { access, constants, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Diagnostic } from './diagnostic.ts';
import { ownModules, ownModuleUrl } from './import-module.ts';

export interface TypeCheckRequest {
  readonly projectFolder: string;
  readonly migrationsFolder: string;
  /** Where the compiler's configuration is written. */
  readonly stateFolder: string;
  /** The files to check, with what they import. */
  readonly files: readonly string[];
}

/**
 * Type-checks with the project's own TypeScript, as a child; with the compiler that ts-morph brings where the project
 * has none. The migrations' own tsconfig.json counts.
 */
export async function typeCheck(request: TypeCheckRequest): Promise<readonly Diagnostic[]> {
  const own = await projectCompiler(request.projectFolder);
  const config = await writeConfig(request, own === null ? 'tsconfig.bundled.json' : 'tsconfig.json');
  const found = own === null ? await checkWithBundled(config) : await checkWithChild(own.program, config, request);
  return found.filter((one) => isOfProject(one.path, request, config));
}

/** Whether the project has a compiler of its own, which then is a process beside this one. */
export async function hasCompiler(folder: string): Promise<boolean> {
  return (await projectCompiler(folder)) !== null;
}

interface Compiler {
  readonly program: string;
  readonly version: string;
}

/** Older ones than 5.8 do not know `erasableSyntaxOnly`. */
async function projectCompiler(folder: string): Promise<Compiler | null> {
  try {
    const manifestPath = createRequire(join(folder, 'package.json')).resolve('typescript/package.json');
    const manifest = JSON.parse(await readFile(manifestPath, 'utf8')) as { readonly version: string };
    const [major = 0, minor = 0] = manifest.version.split('.').map(Number);
    const program = join(dirname(manifestPath), 'bin', 'tsc');
    const known = major > 5 || (major === 5 && minor >= 8);
    return known && existsSync(program) ? { program, version: manifest.version } : null;
  } catch {
    return null;
  }
}

/** A configuration of our own that takes over the migrations' one, so that the files checked are just ours. */
export async function writeConfig(request: TypeCheckRequest, name: string): Promise<string> {
  const theirs = join(request.migrationsFolder, 'tsconfig.json');
  const folder = await writableFolder(request.stateFolder);
  const config = {
    ...(existsSync(theirs) ? { extends: theirs } : {}),
    compilerOptions: {
      ...(existsSync(theirs) ? {} : compilerOptions),
      ...(existsSync(theirs) || !hasNodeTypes(request.migrationsFolder) ? {} : { types: ['node'] }),
      ...(isInstalled(request.migrationsFolder) ? {} : { paths: ownPaths() }),
      noEmit: true,
      composite: false,
      incremental: false,
    },
    files: request.files,
    include: [],
    references: [],
  };
  const path = join(folder, name);
  await writeFile(path, `${JSON.stringify(config, null, 2)}\n`);
  return path;
}

/** Beside the project's other state; elsewhere when the project cannot be written, as in some CI systems. */
async function writableFolder(stateFolder: string): Promise<string> {
  const folder = join(stateFolder, 'check');
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
    return folder;
  } catch {
    return mkdtemp(join(tmpdir(), 'cqlform-check-'));
  }
}

/** What `init` writes for migrations: strict, only types to strip, `.ts` optional, ES modules in any project. */
export const compilerOptions = {
  target: 'es2024',
  lib: ['es2024'],
  module: 'esnext',
  moduleResolution: 'bundler',
  moduleDetection: 'force',
  types: [] as readonly string[],
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  verbatimModuleSyntax: true,
  erasableSyntaxOnly: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  noEmit: true,
};

/** Whether the project has a `cqlform` of its own; a copy that runs from source is always its own. */
function isInstalled(from: string): boolean {
  return (
    ownExtension() === '.js' &&
    foldersAbove(from).some((one) => existsSync(join(one, 'node_modules', 'cqlform', 'package.json')))
  );
}

function hasNodeTypes(from: string): boolean {
  return foldersAbove(from).some((one) => existsSync(join(one, 'node_modules', '@types', 'node', 'package.json')));
}

function foldersAbove(from: string): readonly string[] {
  const parent = dirname(from);
  return parent === from ? [from] : [from, ...foldersAbove(parent)];
}

function ownExtension(): string {
  return extname(fileURLToPath(import.meta.url));
}

function ownPaths(): Readonly<Record<string, readonly string[]>> {
  const typesOf = (name: string): string => {
    const path = fileURLToPath(ownModuleUrl(name));
    return path.endsWith('.js') ? path.replace(/\.js$/, '.d.ts') : path;
  };
  return Object.fromEntries(
    ownModules.map((name) => [name === 'index' ? 'cqlform' : `cqlform/${name}`, [typesOf(name)]]),
  );
}

async function checkWithChild(
  program: string,
  config: string,
  { projectFolder }: TypeCheckRequest,
): Promise<readonly Diagnostic[]> {
  const output = await new Promise<string>((settle, fail) => {
    const words = [program, '-p', config, '--pretty', 'false'];
    const limit = { cwd: projectFolder, maxBuffer: 64 * 1024 ** 2 };
    execFile(process.execPath, words, limit, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') fail(error);
      else settle(stdout + stderr);
    });
  });
  return parsedOutput(output, projectFolder, config);
}

/** `path(line,column): error TS2322: message`, with further lines indented. */
function parsedOutput(output: string, folder: string, config: string): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const line of output.split(/\r?\n/)) {
    const [, path, row, column, code, text] = /^(?:(.+?)\((\d+),(\d+)\): )?error (TS\d+): (.*)$/.exec(line) ?? [];
    if (code !== undefined && text !== undefined) {
      const place = {
        path: path === undefined ? config : resolve(folder, path),
        line: numberOf(row),
        column: numberOf(column),
      };
      found.push(typeError(place, code, text));
    } else if (/^\s+\S/.test(line) && found.length > 0) {
      const last = found.pop();
      if (last !== undefined) found.push({ ...last, reason: `${last.reason} ${line.trim()}` });
    }
  }
  return found;
}

function numberOf(text: string | undefined): number | null {
  return text === undefined ? null : Number(text);
}

export function typeError(place: Pick<Diagnostic, 'path' | 'line' | 'column'>, code: string, text: string): Diagnostic {
  const fix = 'Mend the type; an editor shows it at that place.';
  return { code, severity: 'error', ...place, reason: text, fix, mechanical: false };
}

async function checkWithBundled(config: string): Promise<readonly Diagnostic[]> {
  const { bundledDiagnostics } = await import('./type-check-bundled.ts');
  return bundledDiagnostics(config);
}

/** What is wrong in packages, or in this one, is not the project's to mend. */
function isOfProject(
  path: string,
  { projectFolder, migrationsFolder, files }: TypeCheckRequest,
  config: string,
): boolean {
  if (files.includes(path) || path === config || path.startsWith(migrationsFolder)) return true;
  return path.startsWith(projectFolder) && !path.includes('node_modules') && !path.startsWith(ownFolder);
}
const ownFolder = fileURLToPath(new URL('..', import.meta.url));
