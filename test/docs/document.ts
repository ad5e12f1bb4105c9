import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/*
 * How a fenced block in README.md and docs/ says what it is for:
 *   ```sh                 commands, run one after another in the document's project; ` # exits 3` says the code
 *   ```sh no-run: reason  commands that a test of the documents cannot run
 *   ```ts path/of/file.ts a file of the project; it is written there, type-checked, and loaded by the commands
 *   ```csv path/of/file   a file of the project; so is ndjson
 *   ```json collection    documents, one on each line, that the test puts into a collection of the database
 *   ```cql                statements that the test runs on the cluster
 *   ```sql                statements that it runs on the database that the document reads from
 *   ```text, ```json …    something to look at
 * The keyspace of every document is `cinema`; a test puts its own in its place.
 */

export const root: string = resolve(import.meta.dirname, '../..');

export interface Command {
  readonly text: string;
  readonly line: number;
  readonly exits: number;
}

export type Block =
  | { readonly kind: 'commands'; readonly commands: readonly Command[]; readonly line: number }
  | { readonly kind: 'not-run'; readonly reason: string; readonly text: string; readonly line: number }
  | { readonly kind: 'file'; readonly path: string; readonly text: string; readonly line: number }
  | { readonly kind: 'cql' | 'sql'; readonly statements: readonly string[]; readonly line: number }
  | { readonly kind: 'documents'; readonly collection: string; readonly text: string; readonly line: number }
  | { readonly kind: 'unknown'; readonly info: string; readonly line: number };

const shown = /^(text|json|yaml|diff|)$/;

/** The blocks of a document in their order; those that are only to be looked at are left out. */
export function blocksOf(document: string): readonly Block[] {
  const lines = readFileSync(join(root, document), 'utf8').split('\n');
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const info = /^```(.*)$/.exec(lines[at] ?? '')?.[1];
    if (info === undefined) continue;
    const end = lines.indexOf('```', at + 1);
    if (end < 0) throw new Error(`${document}:${at + 1}: a fence that is never closed`);
    const block = blockOf(info.trim(), lines.slice(at + 1, end), at + 1);
    if (block !== null) blocks.push(block);
    at = end;
  }
  return blocks;
}

function blockOf(info: string, lines: readonly string[], line: number): Block | null {
  const text = `${lines.join('\n')}\n`;
  const reason = /^sh no-run: (\S.*)$/.exec(info)?.[1];
  if (reason !== undefined) return { kind: 'not-run', reason, text, line };
  const path = /^(?:ts|csv|ndjson) (\S+\.(?:ts|csv|ndjson))$/.exec(info)?.[1];
  if (path !== undefined) return { kind: 'file', path, text, line };
  const collection = /^json (\w+)$/.exec(info)?.[1];
  if (collection !== undefined) return { kind: 'documents', collection, text, line };
  if (info === 'sh') return { kind: 'commands', commands: commandsOf(lines, line), line };
  if (info === 'cql' || info === 'sql') return { kind: info, statements: statementsOf(text), line };
  return shown.test(info) ? null : { kind: 'unknown', info, line };
}

/** A line that ends in a backslash goes on in the next one. */
function commandsOf(lines: readonly string[], line: number): readonly Command[] {
  const commands: Command[] = [];
  let open = '';
  for (const [index, text] of lines.entries()) {
    open += text.replace(/\\$/, '');
    if (text.endsWith('\\')) continue;
    const [bare = '', comment = ''] = open.split(/\s+#\s/);
    const exits = Number(/^exits (\d+)/.exec(comment)?.[1] ?? 0);
    if (bare.trim() !== '') commands.push({ text: bare.trim(), line: line + index + 1, exits });
    open = '';
  }
  return commands;
}

function statementsOf(text: string): readonly string[] {
  return text
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}
