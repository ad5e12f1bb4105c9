import { basename } from 'node:path';
import { ts } from 'ts-morph';
import { spotOf } from '../code/program.ts';
import { type Diagnostic, errorAt } from '../diagnostic.ts';

interface Unsupported {
  readonly code: string;
  readonly what: string;
  readonly fix: string;
}

/** TypeScript that is more than types: Node strips types and compiles nothing. */
export function unsupportedFindings(file: ts.SourceFile): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const visit = (node: ts.Node): void => {
    const one = unsupported(node);
    if (one !== null) {
      found.push(
        errorAt(spotOf(node), {
          code: one.code,
          reason: `${basename(file.fileName)}: ${one.what} cannot be run by stripping types`,
          fix: one.fix,
        }),
      );
    }
    node.forEachChild(visit);
  };
  visit(file);
  return found;
}

function unsupported(node: ts.Node): Unsupported | null {
  if (isDeclared(node)) return null;
  if (ts.isEnumDeclaration(node)) {
    return {
      code: 'ENUM_UNSUPPORTED',
      what: `enum ${node.name.text}`,
      fix: `Write \`const ${node.name.text} = { … } as const\`, and a type of its values where one is needed.`,
    };
  }
  if (ts.isModuleDeclaration(node)) {
    return {
      code: 'NAMESPACE_UNSUPPORTED',
      what: `namespace ${node.name.getText()}`,
      fix: 'Move what is in it to the top of a file of its own.',
    };
  }
  if (ts.isParameter(node) && ts.isParameterPropertyDeclaration(node, node.parent)) {
    return {
      code: 'PARAMETER_PROPERTY_UNSUPPORTED',
      what: `the parameter property ${node.name.getText()}`,
      fix: 'Declare the property in the class and assign it in the constructor.',
    };
  }
  if (ts.isImportEqualsDeclaration(node) || (ts.isExportAssignment(node) && node.isExportEquals === true)) {
    return {
      code: 'IMPORT_EQUALS_UNSUPPORTED',
      what: 'import = or export =',
      fix: 'Use import … from, or export default.',
    };
  }
  if (ts.isDecorator(node)) {
    return { code: 'DECORATOR_UNSUPPORTED', what: 'a decorator', fix: 'Call the function yourself.' };
  }
  return null;
}

function isDeclared(node: ts.Node): boolean {
  return (
    ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some((one) => one.kind === ts.SyntaxKind.DeclareKeyword)
  );
}
