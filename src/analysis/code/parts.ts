import { ts } from 'ts-morph';
import { hashOf, sha256 } from '../../kernel/hash.ts';
import { codeText } from './canonical.ts';
import type { CodeProgram } from './program.ts';
import { isDeclaredPart, type ReachedPart, reachedParts } from './reach.ts';

/** One piece of the code that a migration's data steps run. */
export interface CodePart {
  readonly name: string;
  readonly users: readonly string[];
  readonly hash: string;
}

/** What a code hash is the hash of; the ledger keeps it, so that an edit can be told by its name. */
export interface CodeDocument {
  readonly kind: 'code';
  readonly parts: readonly CodePart[];
}

/** The code of a migration, and the file that each part stands in. Parts are sorted, files do not count. */
export function codeOf(program: CodeProgram): { readonly document: CodeDocument; readonly hash: string } {
  const parts = reachedParts(program)
    .map((part) => ({ name: part.name, users: part.users, hash: partHash(part, program) }))
    .sort((a, b) => compare(a.name, b.name) || compare(a.hash, b.hash));
  const document: CodeDocument = { kind: 'code', parts };
  return { document, hash: hashOf(document) };
}

function partHash({ node, externals }: ReachedPart, program: CodeProgram): string {
  const text = codeText(node, (one) => isDeclaredPart(one, program));
  const scope = ts.isVariableDeclaration(node) ? String(node.parent.flags & ts.NodeFlags.BlockScoped) : '';
  return sha256([scope, ...externals, text].join('\n'));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
