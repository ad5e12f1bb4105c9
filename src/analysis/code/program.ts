import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ts } from 'ts-morph';
import { CqlformError, exitCodes, reasonOf } from '../../kernel/errors.ts';
import type { Spot } from '../diagnostic.ts';

/** Source files parsed and bound, with everything local that they import; types are not looked at. */
export interface CodeProgram {
  readonly root: ts.SourceFile;
  readonly files: readonly ts.SourceFile[];
  readonly checker: ts.TypeChecker;
  readonly program: ts.Program;
}

const options: ts.CompilerOptions = {
  noLib: true,
  allowJs: true,
  noEmit: true,
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  allowImportingTsExtensions: true,
  types: [],
};

interface Parsed {
  readonly text: string;
  readonly file: ts.SourceFile;
}
/** Files that many migrations import are parsed once. */
const parsed = new Map<string, Parsed>();

/** Parses a file and what it imports by relative path. Packages stay unresolved. */
export function openProgram(path: string): CodeProgram {
  const program = ts.createProgram({ rootNames: [path], options, host });
  const root = program.getSourceFile(path);
  if (root === undefined) throw new TypeError(`${path} is not in its own program`);
  return { root, files: program.getSourceFiles(), checker: program.getTypeChecker(), program };
}

function sourceFile(path: string): ts.SourceFile | undefined {
  if (!existsSync(path)) return undefined;
  const text = textOf(path);
  const known = parsed.get(path);
  if (known?.text === text) return known.file;
  const file = ts.createSourceFile(path, text, { languageVersion: ts.ScriptTarget.ESNext }, true);
  parsed.set(path, { text, file });
  return file;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new CqlformError('FILE_UNREADABLE', `${path} cannot be read: ${reasonOf(cause)}`, {
      next: 'Give yourself the right to read it, or put back the file that belongs there.',
      where: { path },
      cause,
      exitCode: exitCodes.usage,
    });
  }
}

const host: ts.CompilerHost = {
  getSourceFile: sourceFile,
  getDefaultLibFileName: () => 'lib.d.ts',
  writeFile: () => undefined,
  getCurrentDirectory: () => process.cwd(),
  getCanonicalFileName: (name) => name,
  useCaseSensitiveFileNames: () => true,
  getNewLine: () => '\n',
  fileExists: existsSync,
  readFile: textOf,
  resolveModuleNameLiterals: (names, from) =>
    names.map(({ text }) => {
      const found = localFile(text, from);
      const extension = found?.endsWith('.js') === true ? ts.Extension.Js : ts.Extension.Ts;
      return {
        resolvedModule:
          found === null ? undefined : { resolvedFileName: found, extension, isExternalLibraryImport: false },
      };
    }),
};

/** The file that a relative import means, `.ts` being optional; null for packages and for what is not there. */
export function localFile(specifier: string, from: string): string | null {
  if (!/^\.{1,2}(\/|$)/.test(specifier)) return null;
  const path = resolve(dirname(from), specifier);
  const candidates = /\.[mc]?[jt]s$/.test(path) ? [path] : [`${path}.ts`, path];
  return candidates.find((one) => /\.[mc]?[jt]s$/.test(one) && existsSync(one)) ?? null;
}

/** Where a node begins. */
export function spotOf(node: ts.Node): Spot {
  const file = node.getSourceFile();
  const { line, character } = file.getLineAndCharacterOfPosition(node.getStart(file));
  return { path: file.fileName, line: line + 1, column: character + 1 };
}
