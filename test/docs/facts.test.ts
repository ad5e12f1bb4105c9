import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exitCodes } from '../../src/kernel/errors.ts';
import { hazardCodes } from '../../src/model/hazard.ts';
import { page as conversionsPage } from './conversions.ts';
import { blocksOf, root } from './document.ts';
import { codesInSource } from './error-codes.ts';

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
];
const text = (page: string): string => readFileSync(join(root, page), 'utf8');

/** The first column of a table whose cells are code. */
function codesListed(page: string): readonly string[] {
  return [...text(page).matchAll(/^\| `([^`]+)` \|/gm)].map(([, code = '']) => code);
}

function cqlform(...words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'dist/bin.js'), ...words], {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  expect(status, stderr).toBe(0);
  return stdout;
}

/** The commands that a help text lists. */
function commandsIn(help: string): readonly string[] {
  const [, list = ''] = /^Commands:\n((?:.+\n)+)/m.exec(help) ?? [];
  return [...list.matchAll(/^ {2}cqlform ([a-z -]+?)(?= {2}| [<[])/gm)].map(([, name = '']) => name);
}

describe('the documents', () => {
  it('list every code that the source can say, and no other', () => {
    const said = [...new Set([...codesInSource().map(({ code }) => code), ...hazardCodes])].sort();
    expect([...new Set(codesListed('docs/errors.md'))].sort()).toEqual(said);
  });

  it('have the conversion table as it is in the code', () => {
    expect(text('docs/conversions.md')).toBe(conversionsPage());
  });

  it('list every command, and no other', { timeout: 180_000 }, () => {
    const top = commandsIn(cqlform('--help'));
    const names = top.flatMap((name) => {
      const below = commandsIn(cqlform(name, '--help'));
      return below.length === 0 ? [name] : below;
    });
    expect(top.length).toBeGreaterThan(10);
    expect([...codesListed('README.md')].map((usage) => usage.replace(/ [A-Z<[].*$/, '')).sort()).toEqual(names.sort());
  });

  it('list every setting and every variable', () => {
    const source = readFileSync(join(root, 'src/dsl/config.ts'), 'utf8');
    const settings = [...source.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, name = '']) => name);
    const reader = readFileSync(join(root, 'src/app/config.ts'), 'utf8');
    const variables = [...reader.matchAll(/fromEnv\('(\w+)'\)/g)].map(([, name = '']) => `CQLFORM_${name}`);
    const page = text('docs/configuration.md');
    const wanted = [...settings.filter((name) => name !== 'kind' && name !== 'name'), ...variables];
    expect(wanted.length).toBeGreaterThan(15);
    expect(wanted.filter((name) => !page.includes(`\`${name}\``) && !page.includes(`\`${name}.`))).toEqual([]);
  });

  it('list every exit code', () => {
    const listed = [...text('README.md').matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
    expect(listed.sort((a, b) => a - b)).toEqual(Object.values(exitCodes).sort((a, b) => a - b));
  });

  it.each(pages)('have only fences that a test understands: %s', (page) => {
    const unknown = blocksOf(page).filter((block) => block.kind === 'unknown');
    expect(unknown).toEqual([]);
  });

  it.each(pages)('link to what is there: %s', (page) => {
    const links = [...text(page).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !existsSync(join(root, dirname(page), link)))).toEqual([]);
  });
});
