import { ts } from 'ts-morph';
import { sha256 } from '../../kernel/hash.ts';

const { SyntaxKind } = ts;

/**
 * SHA-256 of the JavaScript that a node runs. Types, comments, layout, quotes, parentheses, trailing commas and
 * semicolons do not count; `passOver` leaves nodes out.
 */
export function codeTextHash(node: ts.Node, passOver: (node: ts.Node) => boolean = () => false): string {
  return sha256(codeText(node, passOver));
}

/** The syntax tree as one text: two sources that run the same statements give the same. */
export function codeText(node: ts.Node, passOver: (node: ts.Node) => boolean): string {
  if (passOver(node) || isErased(node)) return '';
  const transparent = transparentInner(node);
  if (transparent !== null) return codeText(transparent, passOver);
  const leaf = leafText(node);
  if (leaf !== null) return leaf;
  const parts: string[] = [];
  node.forEachChild((child) => {
    const text = codeText(child, passOver);
    if (text !== '') parts.push(text);
  });
  return `${headOf(node)}(${parts.join(' ')})`;
}

/** What is gone when types are stripped. */
export function isErased(node: ts.Node): boolean {
  if (ts.isExpressionWithTypeArguments(node)) return false;
  if (ts.isTypeNode(node) || ts.isTypeParameterDeclaration(node)) return true;
  if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isEmptyStatement(node)) return true;
  if (ts.isParameter(node) && ts.isIdentifier(node.name) && node.name.text === 'this') return true;
  if (ts.isHeritageClause(node)) return node.token === SyntaxKind.ImplementsKeyword;
  if (ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node) || ts.isConstructorDeclaration(node)) {
    if (node.body === undefined) return true;
  }
  if (ts.isToken(node) && erasedTokens.has(node.kind)) return true;
  return (
    ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some((one) => one.kind === SyntaxKind.DeclareKeyword)
  );
}

/** `?`, `:` and `=>` say nothing that the kind of their parent does not. */
const erasedTokens: ReadonlySet<ts.SyntaxKind> = new Set([
  SyntaxKind.AbstractKeyword,
  SyntaxKind.ColonToken,
  SyntaxKind.DeclareKeyword,
  SyntaxKind.EqualsGreaterThanToken,
  SyntaxKind.ExclamationToken,
  SyntaxKind.ExportKeyword,
  SyntaxKind.DefaultKeyword,
  SyntaxKind.OverrideKeyword,
  SyntaxKind.PrivateKeyword,
  SyntaxKind.ProtectedKeyword,
  SyntaxKind.PublicKeyword,
  SyntaxKind.QuestionToken,
  SyntaxKind.ReadonlyKeyword,
]);

/** Wrappers that do nothing when the code runs. */
function transparentInner(node: ts.Node): ts.Node | null {
  if (ts.isParenthesizedExpression(node) || ts.isNonNullExpression(node)) return node.expression;
  if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isTypeAssertionExpression(node))
    return node.expression;
  if (ts.isExpressionWithTypeArguments(node)) return node.expression;
  return null;
}

function leafText(node: ts.Node): string | null {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) {
    if (ts.isTaggedTemplateExpression(node.parent)) return `raw${JSON.stringify(node.getText())}`;
    return isPropertyName(node) ? `name${JSON.stringify(node.text)}` : JSON.stringify(node.text);
  }
  if (ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) {
    const tagged =
      ts.isTaggedTemplateExpression(node.parent.parent) || ts.isTaggedTemplateExpression(node.parent.parent.parent);
    return JSON.stringify(tagged ? node.rawText : node.text);
  }
  if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) {
    return isPropertyName(node) ? `name${JSON.stringify(node.text)}` : node.text;
  }
  if (ts.isNumericLiteral(node)) return `number ${node.text}`;
  if (ts.isBigIntLiteral(node) || ts.isRegularExpressionLiteral(node)) return node.text;
  if (ts.isOmittedExpression(node)) return 'hole';
  if (ts.isShorthandPropertyAssignment(node) && node.objectAssignmentInitializer === undefined) {
    return `PropertyAssignment(name${JSON.stringify(node.name.text)} ${node.name.text})`;
  }
  return ts.isToken(node) ? kindName(node.kind) : null;
}

/** `{ a: 1 }` and `{ 'a': 1 }`, `x.a` and `x['a']` are the same. */
function isPropertyName(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isElementAccessExpression(parent)) return parent.argumentExpression === node && !ts.isIdentifier(node);
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node;
  if (ts.isBindingElement(parent)) return parent.propertyName === node;
  const named =
    ts.isPropertyAssignment(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isAccessor(parent);
  return named && parent.name === node;
}

/** What a node is, with those of its facts that are not children. */
function headOf(node: ts.Node): string {
  const optional = (node.flags & ts.NodeFlags.OptionalChain) === 0 ? '' : '?.';
  if (ts.isElementAccessExpression(node) && ts.isStringLiteralLike(node.argumentExpression)) {
    return `PropertyAccessExpression${optional}`;
  }
  const kind = kindName(node.kind);
  if (ts.isVariableDeclarationList(node)) return `${kind} ${node.flags & ts.NodeFlags.BlockScoped}`;
  if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) {
    return `${kind} ${kindName(node.operator)}`;
  }
  if (ts.isMetaProperty(node)) return `${kind} ${kindName(node.keywordToken)}`;
  return `${kind}${optional}`;
}

/** The name by which a kind was first declared; markers such as `FirstStatement` share its number. */
function kindName(kind: ts.SyntaxKind): string {
  return kinds.get(kind) ?? String(kind);
}
const kinds = new Map<number, string>();
for (const [name, value] of Object.entries(SyntaxKind)) {
  if (typeof value === 'number' && !kinds.has(value)) kinds.set(value, name);
}
