import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import * as cassandra from '../../src/cassandra.ts';
import { compileMigration } from '../../src/dsl/compile.ts';
import * as files from '../../src/files.ts';
import * as api from '../../src/index.ts';
import * as mongodb from '../../src/mongodb.ts';
import * as mysql from '../../src/mysql.ts';
import * as postgres from '../../src/postgres.ts';
import * as sqlite from '../../src/sqlite.ts';

const source = resolve(import.meta.dirname, '../../src');
const entries = {
  cqlform: join(source, 'index.ts'),
  'cqlform/cassandra': join(source, 'cassandra.ts'),
  'cqlform/files': join(source, 'files.ts'),
  'cqlform/mongodb': join(source, 'mongodb.ts'),
  'cqlform/mysql': join(source, 'mysql.ts'),
  'cqlform/postgres': join(source, 'postgres.ts'),
  'cqlform/sqlite': join(source, 'sqlite.ts'),
};

interface Example {
  /** The exported name that the docstring stands at. */
  readonly name: string;
  readonly code: string;
}

/** The examples in the docstrings of a file, each with what it documents. */
function examplesIn(file: string): readonly Example[] {
  const text = readFileSync(join(source, 'dsl', file), 'utf8');
  const pattern = /@example\n((?: \*.*\n)+?) \*\/\nexport (?:function|const) (\w+)/g;
  return [...text.matchAll(pattern)].map(([, lines = '', name = '']) => ({
    name,
    code: lines.replaceAll(/^ \* ?/gm, ''),
  }));
}

const examples = readdirSync(join(source, 'dsl')).flatMap(examplesIn);
const folder = mkdtempSync(join(tmpdir(), 'cqlform-examples-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('examples in docstrings', () => {
  it('stand at every function and namespace that users import', () => {
    const exported = Object.entries({
      ...api,
      ...cassandra,
      ...files,
      ...mongodb,
      ...mysql,
      ...postgres,
      ...sqlite,
    }).filter(([, value]) => value !== api.CqlformError);
    const names = exported.map(([name]) => name).filter((name) => name !== 'unset');
    expect(examples.map(({ name }) => name).sort()).toEqual(names.sort());
  });

  it.each(examples)('$name runs, and what it exports compiles', async ({ name, code }) => {
    const located = code.replaceAll(/from '(cqlform(?:\/\w+)?)'/g, (_, module: keyof typeof entries) => {
      return `from '${pathToFileURL(entries[module]).href}'`;
    });
    const path = join(folder, `run-${name}.ts`);
    writeFileSync(path, located);
    const module = (await import(pathToFileURL(path).href)) as { readonly default?: { readonly kind?: string } };
    const value = module.default;
    if (value?.kind === 'migration') expect(compileMigration('1_x', value).description).not.toBe('');
    else expect(/export default migration/.test(code)).toBe(false);
  });

  it('type-check, unused variables apart', () => {
    const names = examples.map(({ name, code }) => {
      writeFileSync(join(folder, `check-${name}.ts`), code);
      return `check-${name}.ts`;
    });
    const compilerOptions = {
      target: 'es2024',
      lib: ['es2024'],
      module: 'nodenext',
      types: ['node'],
      typeRoots: [resolve(source, '../node_modules/@types')],
      noEmit: true,
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      allowImportingTsExtensions: true,
      skipLibCheck: true,
      paths: Object.fromEntries(Object.entries(entries).map(([name, path]) => [name, [path]])),
    };
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: names }));
    const tsc = resolve(source, '../node_modules/typescript/bin/tsc');
    const run = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
    expect(run.stdout + run.stderr).toBe('');
  });
});
