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
  process.stderr.write(
    `error[NODE_TOO_OLD] cqlform needs Node 22.18 or newer, and this is ${process.version}\n  → Install a newer Node: https://nodejs.org.\n`,
  );
  process.exitCode = 1;
} else {
  const { main } = await import('./cli/main.ts');
  process.exitCode = await main(words);
}
