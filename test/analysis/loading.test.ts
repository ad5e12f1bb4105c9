import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../src/analysis/diagnostic.ts';
import { type ProjectFolder, projectFolder } from './project-folder.ts';

const films = `const films = table('films', { columns: { id: t.int() }, partitionKey: ['id'] });
export default migration({ description: 'Films', schema: [films] });
`;
const imports = "import { migration, t, table } from 'cqlform';\n";

type Case = readonly [code: string, source: string, line: number | null, column: number | null];
const cases: readonly Case[] = [
  ['MIGRATION_SYNTAX', `${imports}const x: = 1;\n${films}`, 2, 10],
  ['MIGRATION_SYNTAX', `${imports}const x = 1; const x = 2;\n${films}`, 2, 7],
  ['ENUM_UNSUPPORTED', `${imports}enum Kind { a }\n${films}`, 2, 1],
  ['NAMESPACE_UNSUPPORTED', `${imports}namespace Kind { export const a = 1; }\n${films}`, 2, 1],
  ['PARAMETER_PROPERTY_UNSUPPORTED', `${imports}class A { constructor(readonly x: number) {} }\n${films}`, 2, 23],
  ['IMPORT_TYPE_MISSING', `import { RowOf, migration, t, table } from 'cqlform';\n${films}`, 1, 10],
  ['IMPORT_TYPE_MISSING', `${imports}import { Kind } from './lib/kind.ts';\n${films}`, 2, 10],
  ['IMPORT_NOT_FOUND', `import { migraton } from 'cqlform';\n${imports}${films}`, 1, 10],
  ['IMPORT_NOT_FOUND', `${imports}import { x } from './lib/none.ts';\n${films}`, 2, 19],
  ['IMPORT_NOT_FOUND', `${imports}import { x } from './lib/kind.ts';\n${films}`, 2, 10],
  ['IMPORT_NOT_FOUND', `${imports}import { x } from 'no-such-package';\n${films}`, 2, 19],
  ['IMPORT_NOT_FOUND', `${imports}import { x } from 'cqlform/none';\n${films}`, 2, 19],
  ['PATH_ALIAS', `${imports}import { x } from '@/lib/x';\n${films}`, 2, 19],
  ['MIGRATION_IMPORTS_MIGRATION', `${imports}import './20250101000000_first.ts';\n${films}`, 2, 8],
  ['MIGRATION_IMPORTS_MIGRATION', `${imports}import './schema';\n${films}`, 2, 8],
  ['MIGRATION_IMPORTS_OUTSIDE', `${imports}import { x } from '../src/x.ts';\n${films}`, 2, 19],
  ['MIGRATION_THROWS', `${imports}const x: string[] = [];\nx[0]!.trim();\n${films}`, 3, 7],
  ['MIGRATION_EXITS', `${imports}process.exit(0);\n${films}`, 2, 9],
  ['MIGRATION_NEVER_LOADS', `${imports}await new Promise(() => undefined);\n${films}`, null, null],
  ['MIGRATION_NOT_A_MIGRATION', 'export default 1;\n', null, null],
  [
    'MIGRATION_NAME_INVALID',
    `${imports}\ntable('no name', { columns: { id: t.int() }, partitionKey: ['id'] });\n${films}`,
    3,
    1,
  ],
];
const pathOf = (index: number): string => `migrations/202601010000${String(index).padStart(2, '0')}_a.ts`;

describe('files that cannot be loaded', () => {
  let folder: ProjectFolder;
  let found: readonly Diagnostic[];
  let text: string;
  beforeAll(async () => {
    folder = await projectFolder({
      'migrations/20250101000000_first.ts': imports + films,
      'migrations/lib/kind.ts': 'export type Kind = 1;\n',
      'migrations/schema.ts': 'export {};\n',
      'src/x.ts': 'export const x = 1;\n',
      ...Object.fromEntries(cases.map(([, source], index) => [pathOf(index), source])),
    });
    found = await folder.check();
    const plain = await folder.run('check');
    text = plain.stdout + plain.stderr;
    expect(plain.code).toBe(1);
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  it.each(cases.map((one, index) => [...one, index] as const))('%s: %j', (code, _, line, column, index) => {
    const here = found.filter((one) => one.path === folder.path(pathOf(index)));
    expect(here[0]).toMatchObject({ code, severity: 'error', line, column });
    expect(here[0]?.fix).not.toBe('');
    expect(new Set(here.map((one) => one.code))).toEqual(new Set([code]));
  });

  it('shows file, line, column, reason and fix, and neither a stack nor a warning of Node', () => {
    expect(text).toContain(`${pathOf(2)}:2:1: error[ENUM_UNSUPPORTED] 20260101000002_a.ts: enum Kind`);
    expect(text).toContain('→ Write `const Kind = { … } as const`');
    expect(text).not.toMatch(/\n {4}at |Warning/);
  });

  it('refuses a time that there is not', async () => {
    await using other = await projectFolder({ 'migrations/20260230000000_a.ts': imports + films });
    const { code, stderr } = await other.run('check');
    expect(code).toBe(64);
    expect(stderr).toContain('error[MIGRATION_TIME]');
    expect(stderr).toContain('no such time as 20260230000000');
  });

  it('shows the same of a configuration', async () => {
    await using other = await projectFolder({ 'cqlform.config.ts': 'export default {\n  keyspace: ,\n};\n' });
    const { code, stderr } = await other.run('check');
    expect(code).toBe(64);
    expect(stderr).toContain('error[CONFIG_SYNTAX]');
    expect(stderr).toMatch(/cqlform\.config\.ts:2:13/);
  });
});

describe('files that can be loaded', () => {
  it('loads without endings, in CommonJS projects, types stripped, without a warning', async () => {
    await using folder = await projectFolder({
      'package.json': '{ "name": "old", "type": "commonjs" }',
      'migrations/20260101000000_a.ts': `${imports}import type { Kind } from './lib/kind';
import { csv } from 'cqlform/files';
import { key, type Other } from './lib/kind';
const kinds: readonly (Kind | Other)[] = [1, 2];
void [csv, kinds];
${films.replace("['id']", 'key')}`,
      'migrations/lib/kind.ts': `import { id } from './deeper';
export type Kind = 1;
export type Other = 2;
export const key = [id] as const;
`,
      'migrations/lib/deeper.ts': "export const id = 'id';\n",
    });
    const { code, stdout, stderr } = await folder.run('check', '--fix');
    expect(stdout).toContain('1 migration checked: all in order.');
    expect(stderr).toBe('Next: `cqlform plan`\n');
    expect(code).toBe(0);
  });
});
