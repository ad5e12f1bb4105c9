#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import nodeModule from 'node:module';

// By its default export, and asked for: an older Node shall get as far as the sentence below.
nodeModule.enableCompileCache?.();

const words = process.argv.slice(2);
if (words.length === 1 && (words[0] === '--version' || words[0] === '-v')) {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  process.stdout.write(`${(manifest as { version: string }).version}\n`);
} else if (!('registerHooks' in nodeModule)) {
  refuseNode();
} else {
  const { main } = await import('./cli/main.ts');
  process.exitCode = await main(words);
}

/** Says it as every other error is said, without the modules that say the others: this Node may not take them. */
function refuseNode(): void {
  const error = {
    kind: 'error',
    code: 'NODE_TOO_OLD',
    message: `cqlform needs Node 22.18 or newer, and this is ${process.version}`,
    next: 'Install a newer Node: https://nodejs.org.',
    fields: { node: process.version },
    where: null,
    retryable: false,
    exitCode: 1,
  };
  if (words.includes('--json')) process.stdout.write(`${JSON.stringify(error)}\n`);
  process.stderr.write(`error[${error.code}] ${error.message}\n  → ${error.next}\n`);
  process.exitCode = error.exitCode;
}
