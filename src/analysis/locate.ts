import { ts } from 'ts-morph';
import { openProgram, spotOf } from './code/program.ts';
import type { Spot } from './diagnostic.ts';

/** Where a migration file first speaks of an object, `users` or `users.email`: its declaration, or its name. */
export function spotOfObject(path: string, object: string): Spot {
  const { root } = openProgram(path);
  const names = [object, ...object.split('.').toReversed()];
  const found = names.map((name) => firstText(root, name)).find((one) => one !== null);
  return found === undefined || found === null ? { path, line: null, column: null } : spotOf(found);
}

/** The call that the name is the first argument of; else the text, or the property, of that name. */
function firstText(root: ts.SourceFile, name: string): ts.Node | null {
  const found: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    const named =
      (ts.isStringLiteralLike(node) || (ts.isIdentifier(node) && ts.isPropertyAssignment(node.parent))) &&
      node.text === name;
    if (named) found.push(node);
    node.forEachChild(visit);
  };
  visit(root);
  const call = found.find((node) => ts.isCallExpression(node.parent) && node.parent.arguments[0] === node);
  return call?.parent ?? found[0] ?? null;
}
