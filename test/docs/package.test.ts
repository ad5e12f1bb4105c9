import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from './document.ts';

const migration = `
import { migration, reject, t, table, transform } from 'cqlform';
import { csv } from 'cqlform/files';

const file = csv.file('films.csv', { columns: { id: csv.int(), title: csv.text() }, required: ['id'] });
const films = table('films', { columns: { id: t.int(), title: t.text() }, partitionKey: ['id'] });

export default migration({
  description: 'Films',
  schema: [films],
  data: [
    transform({
      from: file,
      into: films,
      rows: ({ id, title }, out) => {
        if (title === null) return reject('no title');
        out.emit({ id, title });
      },
    }),
  ],
});
`;
const mistaken = migration.replace('out.emit({ id, title })', 'out.emit({ id, titel: title })');
const compilerOptions = {
  module: 'nodenext',
  target: 'es2024',
  lib: ['es2024'],
  types: [],
  strict: true,
  noEmit: true,
};

const workshop = mkdtempSync(join(tmpdir(), 'cqlform-package-'));
afterAll(() => rmSync(workshop, { recursive: true, force: true }));

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(folder: string, program: string, words: readonly string[]): Ran {
  // The tests' own npm must not tell the one in the empty folder what to do.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_(?!config_)/i.test(name)));
  const { status, stdout, stderr } = spawnSync(program, words, { cwd: folder, encoding: 'utf8', env });
  return { code: status, stdout, stderr };
}

/** An empty folder with the package installed from its file. */
function installed(tarball: string, type: 'module' | 'commonjs'): string {
  const folder = join(workshop, type);
  mkdirSync(join(folder, 'migrations'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'somewhere-else', private: true, type }));
  const words = ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball];
  const { code, stderr } = run(folder, 'npm', words);
  expect(code, stderr).toBe(0);
  return folder;
}

describe('the package', () => {
  let tarball = '';
  let files: readonly string[] = [];
  beforeAll(() => {
    const words = ['pack', '--ignore-scripts', '--json', '--pack-destination', workshop];
    const { status, stdout, stderr } = spawnSync('npm', words, { cwd: root, encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    const [packed] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
    tarball = join(workshop, packed.filename);
    files = packed.files.map(({ path }) => path);
  });

  it('holds the program, its documents and templates, and nothing of its workshop', () => {
    const inPackage =
      /^(dist\/.+\.(js|d\.ts)|dist\/licenses\/.+\.txt|docs\/.+\.(md|svg)|templates\/.+|README\.md|LICENSE|package\.json)$/;
    expect(files.filter((file) => !inPackage.test(file))).toEqual([]);
    expect(files).toEqual(
      expect.arrayContaining(['dist/bin.js', 'dist/index.d.ts', 'dist/files.d.ts', 'dist/mysql.d.ts', 'README.md']),
    );
    expect(files).toContain('docs/errors.md');
  });

  it('runs in a clone as the demo says that it does', () => {
    const { code, stdout, stderr } = run(root, 'npx', ['cqlform', '--version']);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('has everything that its modules import, and their types', () => {
    const chunks = files.filter((file) => file.endsWith('.js'));
    const missing = chunks.flatMap((file) => {
      const imports = readFileSync(join(root, file), 'utf8').matchAll(/(?:from|import)\s*\(?"(\.[^"]+)"/g);
      return [...imports].map(([, path = '']) => join(dirname(file), path)).filter((path) => !files.includes(path));
    });
    expect(chunks.length).toBeGreaterThan(10);
    expect(missing).toEqual([]);
    const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
    const types = sources
      .filter((file) => file.endsWith('.ts'))
      .map((file) => `dist/${file.replace(/\.ts$/, '.d.ts')}`);
    expect(types.filter((file) => !files.includes(file))).toEqual([]);
  });

  it.each(['module', 'commonjs'] as const)(
    'runs and types an empty project elsewhere (%s)',
    (type) => {
      const folder = installed(tarball, type);
      const version = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
      expect(run(folder, 'npx', ['cqlform', '--version'])).toMatchObject({ code: 0, stdout: `${version}\n` });
      const help = run(folder, 'npx', ['cqlform', '--help']);
      expect(help.code, help.stderr).toBe(0);
      expect(help.stdout).toContain('cqlform plan');
      const nowhere = run(folder, 'npx', ['cqlform', 'plan']);
      expect(nowhere.code, nowhere.stderr).toBe(64);
      expect(nowhere.stderr).toContain('CONFIG_MISSING');
      expect(typeCheck(folder, migration)).toEqual({ code: 0, stdout: '', stderr: '' });
      expect(typeCheck(folder, mistaken).stdout).toContain('titel');
    },
    300_000,
  );
});

/** With the settings of an ordinary project, and the compiler of this one. */
function typeCheck(folder: string, source: string): Ran {
  const migrations = join(folder, 'migrations');
  writeFileSync(join(migrations, '20261201090000_films.ts'), source);
  writeFileSync(join(migrations, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  return run(folder, process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'migrations']);
}
