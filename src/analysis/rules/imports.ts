import { existsSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { ts } from 'ts-morph';
import { packageBehind } from '../code/names.ts';
import { type CodeProgram, localFile, spotOf } from '../code/program.ts';
import { type Diagnostic, errorAt } from '../diagnostic.ts';
import { isMigrationPath, isSchemaPath } from '../file-roles.ts';
import { importsMigration } from '../import-module.ts';
import { packageName } from '../installed.ts';
import type { FileContext } from './files.ts';

type Finding = Pick<Diagnostic, 'code' | 'reason' | 'fix'>;
type Statement = (ts.ImportDeclaration | ts.ExportDeclaration) & { readonly moduleSpecifier: ts.StringLiteral };

/** Imports that cannot be resolved, that migrations must not make, and types that are imported as values. */
export function importFindings(file: ts.SourceFile, program: CodeProgram, context: FileContext): readonly Diagnostic[] {
  return file.statements.filter(isImport).flatMap((statement) => {
    const specifier = statement.moduleSpecifier.text;
    const whole = specifierFinding(specifier, file.fileName, context);
    if (whole !== null) return [errorAt(spotOf(statement.moduleSpecifier), whole)];
    return namesOf(statement).flatMap((name) => {
      const found = nameFinding(name, { specifier, program, context });
      return found === null ? [] : [errorAt(spotOf(name), found)];
    });
  });
}

function isImport(statement: ts.Statement): statement is Statement {
  const one = ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement);
  return (
    one &&
    statement.moduleSpecifier !== undefined &&
    ts.isStringLiteral(statement.moduleSpecifier) &&
    !isTypeOnly(statement)
  );
}

function isTypeOnly(statement: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  return ts.isExportDeclaration(statement)
    ? statement.isTypeOnly
    : statement.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
}

function namesOf(statement: Statement): readonly (ts.ImportSpecifier | ts.ExportSpecifier)[] {
  const named = ts.isExportDeclaration(statement) ? statement.exportClause : statement.importClause?.namedBindings;
  if (named === undefined || ts.isNamespaceImport(named) || ts.isNamespaceExport(named)) return [];
  return [...named.elements].filter((one) => !one.isTypeOnly);
}

function specifierFinding(specifier: string, importer: string, { own }: FileContext): Finding | null {
  if (specifier === 'cqlform' || specifier.startsWith('cqlform/')) {
    if (own.has(specifier)) return null;
    return notFound(
      `${basename(importer)}: cqlform has no ${specifier}`,
      `Import from ${[...own.keys()].join(' or ')}.`,
    );
  }
  if (/^\.{1,2}(\/|$)/.test(specifier)) return localFinding(specifier, importer);
  const name = packageName(specifier);
  if (specifier.startsWith('node:') || builtinModules.includes(name) || isInstalled(name, importer)) return null;
  if (
    /^[@~#]?\/|^[~#]|^\//.test(specifier) ||
    existsSync(resolve(dirname(importer), '..', specifier.split('/')[0] ?? ''))
  ) {
    return {
      code: 'PATH_ALIAS',
      reason: `${basename(importer)} imports ${specifier}, which is no package: path aliases are not resolved when the file runs`,
      fix: 'Import by a relative path, e.g. `./lib/name.ts`.',
    };
  }
  return notFound(
    `${basename(importer)} imports ${specifier}, which is not installed`,
    `Install it: \`npm install ${name}\`; or correct the name.`,
  );
}

function localFinding(specifier: string, importer: string): Finding | null {
  const path = localFile(specifier, importer);
  if (path === null) {
    if (specifier.endsWith('.json') && existsSync(resolve(dirname(importer), specifier))) return null;
    return notFound(
      `${basename(importer)} imports ${specifier}, which is not there`,
      'Correct the path; it starts at the importing file.',
    );
  }
  if (!isMigrationPath(path) && !(isSchemaPath(path) && isMigrationPath(importer))) return outside(path, importer);
  const { code, message, next } = importsMigration(path, importer);
  return { code, reason: message, fix: next };
}

/** A migration has to stay what it was: code outside of its folder goes its own ways. */
function outside(path: string, importer: string): Finding | null {
  if (!isMigrationPath(importer) || path.startsWith(resolve(dirname(importer), 'lib') + sep)) return null;
  return {
    code: 'MIGRATION_IMPORTS_OUTSIDE',
    reason: `${basename(importer)} imports ${basename(path)}, which is not in lib/`,
    fix: 'Copy what the migration needs into lib/ beside it, where it stays as it is.',
  };
}

function nameFinding(
  specifier: ts.ImportSpecifier | ts.ExportSpecifier,
  {
    specifier: module,
    program,
    context,
  }: { readonly specifier: string; readonly program: CodeProgram; readonly context: FileContext },
): Finding | null {
  const name = (specifier.propertyName ?? specifier.name).text;
  const importer = specifier.getSourceFile().fileName;
  const values = context.own.get(module);
  if (values !== undefined) {
    if (values.includes(name)) return null;
    // Every type that the package exports begins with a capital, and no function does.
    return /^[A-Z]/.test(name)
      ? typeMissing(name, module, importer)
      : notFound(`${basename(importer)}: ${module} has no ${name}`, `Use one of: ${values.join(', ')}.`);
  }
  if (!module.startsWith('.')) return null;
  const symbol = program.checker.getSymbolAtLocation(specifier.name);
  if (symbol !== undefined && packageBehind(symbol, program.checker) !== null) return null;
  const target = symbol === undefined ? undefined : program.checker.getAliasedSymbol(symbol);
  const declarations = target?.declarations ?? [];
  if (declarations.length === 0) {
    return notFound(
      `${basename(importer)}: ${module} does not export ${name}`,
      'Correct the name, or export it there.',
    );
  }
  const typesOnly = declarations.every((one) => ts.isInterfaceDeclaration(one) || ts.isTypeAliasDeclaration(one));
  return typesOnly ? typeMissing(name, module, importer) : null;
}

function typeMissing(name: string, module: string, importer: string): Finding {
  return {
    code: 'IMPORT_TYPE_MISSING',
    reason: `${basename(importer)} imports the type ${name} from ${module} as if it were a value`,
    fix: `Write \`import { type ${name} } from '${module}'\` or \`import type { ${name} } from '${module}'\`.`,
  };
}

function notFound(reason: string, fix: string): Finding {
  return { code: 'IMPORT_NOT_FOUND', reason, fix };
}

/** Looks up the folders as Node does. */
function isInstalled(name: string, importer: string): boolean {
  for (let folder = dirname(importer); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'node_modules', name, 'package.json'))) return true;
    if (dirname(folder) === folder) return false;
  }
}
