import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ts } from 'ts-morph';
import { root } from './document.ts';

/**
 * Every stable code that the source can say, read off the source: errors, findings, notices, hazards and warnings.
 * Run as a program it writes docs/errors.md: `node test/docs/error-codes.ts > docs/errors.md`.
 */

export interface Code {
  readonly code: string;
  /** First folder below src. */
  readonly layer: string;
  /** What is said, each value that differs from case to case as `…`; empty where it is put together elsewhere. */
  readonly message: string;
  readonly next: string;
}

const pattern = /^[A-Z][A-Z0-9]+(_[A-Z0-9]+)*$/;
/** Codes that begin with what was loaded. */
const loaded = ['CONFIG', 'MIGRATION'];
const messageNames = ['message', 'reason', 'what', 'why'];
const nextNames = ['next', 'fix'];

type Calls = ReadonlyMap<string, number>;

/** All codes, each once per layer, in the order of layer and name. */
export function codesInSource(): readonly Code[] {
  const source = join(root, 'src');
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => ({ layer: file.split('/')[0] ?? '', tree: treeOf(join(source, file)) }));
  const calls = new Map(files.flatMap(({ tree }) => callsWithCode(tree)));
  const found = new Map<string, Code>();
  for (const { layer, tree } of files) {
    for (const one of codesOf(tree, layer, calls)) {
      const key = `${layer} ${one.code}`;
      const known = found.get(key);
      if (known === undefined || known.message === '') found.set(key, one);
    }
  }
  return [...found.values()].sort((a, b) => (a.code < b.code ? -1 : 1));
}

function treeOf(path: string): ts.SourceFile {
  return ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
}

function nodesOf(tree: ts.Node): readonly ts.Node[] {
  const nodes: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    nodes.push(node);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return nodes;
}

/** Functions that take a code, with the place of that parameter. */
function callsWithCode(tree: ts.SourceFile): readonly (readonly [string, number])[] {
  return nodesOf(tree).flatMap((node): (readonly [string, number])[] => {
    if (ts.isClassDeclaration(node) && node.name?.text === 'CqlformError') return [['CqlformError', 0]];
    if (!ts.isFunctionDeclaration(node) && !ts.isMethodDeclaration(node) && !ts.isArrowFunction(node)) return [];
    const at = node.parameters.findIndex((one) => ts.isIdentifier(one.name) && one.name.text === 'code');
    const name = ts.isArrowFunction(node) ? variableOf(node) : node.name?.getText();
    return at < 0 || name === undefined ? [] : [[name, at]];
  });
}

function variableOf({ parent }: ts.ArrowFunction): string | undefined {
  return ts.isVariableDeclaration(parent) ? parent.name.getText() : undefined;
}

function codesOf(tree: ts.SourceFile, layer: string, calls: Calls): readonly Code[] {
  return nodesOf(tree).flatMap((node): Code[] => {
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) return ofCall(node, layer, calls);
    return ts.isObjectLiteralExpression(node) ? ofObject(node, layer) : [];
  });
}

function ofCall(node: ts.CallExpression | ts.NewExpression, layer: string, calls: Calls): Code[] {
  const name = ts.isPropertyAccessExpression(node.expression) ? node.expression.name.text : node.expression.getText();
  const at = calls.get(name);
  const given = at === undefined ? undefined : node.arguments?.[at];
  if (given === undefined) return [];
  const rest = [...(node.arguments ?? [])].filter((one) => one !== given);
  const texts = rest.map(textOf).filter((text) => text.includes(' '));
  const objects = rest.filter(ts.isObjectLiteralExpression);
  const message =
    objects.map((one) => memberText(one, messageNames)).find((text) => text !== '') ?? texts.shift() ?? '';
  const next = objects.map((one) => memberText(one, nextNames)).find((text) => text !== '') ?? texts.shift() ?? '';
  const prefix = layer === 'dsl' ? 'MIGRATION_' : '';
  return literalCodes(given).map((code) => ({ code: `${prefix}${code}`, layer, message, next }));
}

function ofObject(node: ts.ObjectLiteralExpression, layer: string): Code[] {
  const code = memberOf(node, ['code']);
  if (code === undefined) return ofRecord(node, layer);
  const around = objectsAround(node);
  const said = (names: readonly string[]): string =>
    around.map((one) => memberText(one, names)).find((text) => text !== '') ?? '';
  return literalCodes(code).map((one) => ({ code: one, layer, message: said(messageNames), next: said(nextNames) }));
}

/** `{ CODE_OF_THIS: 'What to do.', … }` */
function ofRecord(node: ts.ObjectLiteralExpression, layer: string): Code[] {
  const entries = node.properties.flatMap((one) =>
    ts.isPropertyAssignment(one) ? [{ code: one.name.getText(), next: textOf(one.initializer) }] : [],
  );
  if (entries.length === 0 || entries.length < node.properties.length) return [];
  if (!entries.every(({ code, next }) => pattern.test(code) && code.includes('_') && next.includes(' '))) return [];
  return entries.map((entry) => ({ ...entry, layer, message: '' }));
}

/** The object, and those beside it in the same call: `notice({ code, severity }, { message, next })`. */
function objectsAround(node: ts.ObjectLiteralExpression): readonly ts.ObjectLiteralExpression[] {
  const { parent } = node;
  return ts.isCallExpression(parent) ? [node, ...parent.arguments.filter(ts.isObjectLiteralExpression)] : [node];
}

function memberOf(node: ts.ObjectLiteralExpression, names: readonly string[]): ts.Expression | undefined {
  const found = node.properties.find((one) => ts.isPropertyAssignment(one) && names.includes(one.name.getText()));
  return found !== undefined && ts.isPropertyAssignment(found) ? found.initializer : undefined;
}

function memberText(node: ts.ObjectLiteralExpression, names: readonly string[]): string {
  const member = memberOf(node, names);
  return member === undefined ? '' : textOf(member);
}

function literalCodes(node: ts.Expression): readonly string[] {
  if (ts.isConditionalExpression(node)) return [...literalCodes(node.whenTrue), ...literalCodes(node.whenFalse)];
  if (ts.isBinaryExpression(node)) return literalCodes(node.right);
  if (ts.isTemplateExpression(node) && node.head.text === '') {
    const ending = node.templateSpans.at(-1)?.literal.text ?? '';
    return /^_[A-Z_]+$/.test(ending) ? loaded.map((what) => `${what}${ending}`) : [];
  }
  return ts.isStringLiteral(node) && pattern.test(node.text) ? [node.text] : [];
}

/** A text with `…` for what differs from case to case; empty when it is not a text. */
function textOf(node: ts.Expression): string {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return node.text;
  if (ts.isTemplateExpression(node)) {
    return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('');
  }
  if (ts.isConditionalExpression(node)) return textOf(node.whenTrue) || textOf(node.whenFalse);
  if (ts.isBinaryExpression(node)) return textOf(node.left) + textOf(node.right);
  return '';
}

const chapters: readonly (readonly [title: string, layers: readonly string[]])[] = [
  ['Command line and configuration', ['cli', 'app', 'bin.ts']],
  ['Migration files', ['dsl', 'analysis']],
  ['Plans', ['planner', 'cql']],
  ['Running', ['runner', 'kernel', 'model', 'ports']],
  ['Cluster and ledger', ['cassandra']],
  ['Copying data', ['copy', 'sources', 'assess']],
  ['Backups', ['backup']],
  ['The development cluster', ['devcluster']],
];

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ').replaceAll('<', '&lt;');
}

function page(codes: readonly Code[]): string {
  const parts = chapters.map(([title, layers]) => {
    const rows = codes
      .filter(({ layer }) => layers.includes(layer))
      .map(({ code, message, next }) => `| \`${code}\` | ${cell(message)} | ${cell(next)} |`);
    return [`## ${title}`, '', '| Code | What it says | What to do |', '| --- | --- | --- |', ...rows, ''].join('\n');
  });
  return [opening, ...parts].join('\n');
}

const opening = `# Codes

Whatever \`cqlform\` has to say about a problem has a stable code: errors that end a command, findings of \`check\`,
notices and hazards in a plan, warnings of a run. Codes are never renamed, so scripts may rely on them. With \`--json\`
an error is one JSON object with \`code\`, \`message\`, \`next\`, \`fields\` and, for files, \`where\`; a notice, hazard or
warning carries its \`code\` where it stands.

\`…\` stands for what differs from case to case; an empty cell means that the text depends on the case. The printed text
names the subject, the place and the next step. \`INTERNAL\` and \`UNEXPECTED\` are mistakes in \`cqlform\` itself: run the
command again with \`CQLFORM_DEBUG=1\` and report what it prints.

This page is written by \`node test/docs/error-codes.ts > docs/errors.md\`; a test compares its codes with the source.
`;

if (import.meta.main) process.stdout.write(page(codesInSource()));
