import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { ts } from 'ts-morph';
import { expect, it } from 'vitest';

/**
 * The layers, lowest first. A folder imports itself and the folders of lower lines, never those beside it: engines
 * meet only through ports. Files directly in src/ are entry points and may import everything.
 */
const layers: readonly (readonly string[])[] = [
  ['kernel'],
  ['model'],
  ['dsl', 'cql'],
  ['planner'],
  ['ports'],
  ['sources', 'cassandra', 'copy', 'backup', 'runner', 'analysis', 'devcluster', 'assess'],
  ['app'],
  ['cli'],
];

/** The folders that may import each dependency. */
const owners: Readonly<Record<string, readonly string[]>> = {
  'cassandra-driver': ['cassandra'],
  umzug: ['runner'],
  yargs: ['cli'],
  chalk: ['cli'],
  'ts-morph': ['analysis'],
  diff: ['cli/view', 'analysis'],
  // Wherever files from outside are parsed: migration values, plans, manifests, the config.
  zod: ['model', 'runner', 'backup', 'cassandra', 'app'],
  mysql2: ['sources'],
  pg: ['sources'],
  mongodb: ['sources'],
  '@duckdb/node-api': ['sources', 'backup'],
  croner: ['app'],
  '@aws-sdk/client-s3': ['backup/stores'],
  'google-auth-library': ['backup/stores'],
  '@azure/storage-blob': ['backup/stores'],
};

/** Folders that compute and do nothing else. */
const pure = ['kernel', 'model', 'dsl', 'cql', 'planner', 'ports'];

/** Built-ins that reach outside the process. */
const reaching = [
  'child_process',
  'cluster',
  'dgram',
  'dns',
  'fs',
  'http',
  'http2',
  'https',
  'inspector',
  'net',
  'readline',
  'repl',
  'sqlite',
  'tls',
  'worker_threads',
];

interface Import {
  /** The importing file, relative to src/, with forward slashes. */
  readonly file: string;
  readonly specifier: string;
}

const src = resolve(import.meta.dirname, '../../src');

/** Every static, dynamic and type-only import of a TypeScript text. */
function importsIn(text: string): readonly string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map((imported) => imported.fileName);
}

const imports: readonly Import[] = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.[cm]?tsx?$/.test(file))
  .flatMap((file) =>
    importsIn(readFileSync(join(src, file), 'utf8')).map((specifier) => ({
      file: file.split(sep).join('/'),
      specifier,
    })),
  );

const folderOf = (file: string): string | undefined =>
  file.includes('/') ? file.slice(0, file.indexOf('/')) : undefined;
const layerOf = (folder: string): number => layers.findIndex((layer) => layer.includes(folder));
const isRelative = ({ specifier }: Import): boolean => specifier.startsWith('.');
const isBuiltin = ({ specifier }: Import): boolean =>
  specifier.startsWith('node:') || builtinModules.includes(specifier.split('/')[0] ?? '');

/** `@scope/name/path` and `name/path` without the path. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** What is wrong with an import, or nothing. */
function faultOf(one: Import): string | undefined {
  if (isRelative(one)) return relativeFault(one);
  return isBuiltin(one) ? builtinFault(one) : packageFault(one);
}

function relativeFault({ file, specifier }: Import): string | undefined {
  const target = relative(src, resolve(src, dirname(file), specifier))
    .split(sep)
    .join('/');
  if (target.startsWith('..')) return `${file} imports ${specifier}, which is outside src/`;
  const from = folderOf(file);
  const to = folderOf(target);
  if (from === undefined || from === to) return undefined;
  if (to === undefined) return `${file} imports ${target}: nothing below may import an entry point`;
  if (layerOf(from) === -1) return `src/${from} stands in no layer: add it to the table`;
  return layerOf(to) < layerOf(from) ? undefined : `${file} imports ${target}: ${from} may not import ${to}`;
}

function builtinFault({ file, specifier }: Import): string | undefined {
  const name = specifier.replace(/^node:/, '').split('/')[0] ?? '';
  if (!specifier.startsWith('node:')) return `${file} imports ${specifier}: write node:${specifier}`;
  const from = folderOf(file);
  if (from === undefined || !pure.includes(from) || !reaching.includes(name)) return undefined;
  return `${file} imports ${specifier}: ${from} is pure`;
}

function packageFault({ file, specifier }: Import): string | undefined {
  const name = packageOf(specifier);
  const allowed = owners[name];
  if (allowed === undefined) return `${file} imports ${name}, which has no owner in the table`;
  return allowed.some((folder) => file.startsWith(`${folder}/`))
    ? undefined
    : `${file} imports ${name}, which belongs to ${allowed.join(', ')}`;
}

it('imports go one way, dependencies have one owner, and pure folders do no I/O', () => {
  expect(imports.length).toBeGreaterThan(50);
  expect(imports.map(faultOf).filter((fault) => fault !== undefined)).toEqual([]);
});

it('every dependency of the package is used', () => {
  const manifest = JSON.parse(readFileSync(join(src, '../package.json'), 'utf8')) as {
    readonly dependencies?: Readonly<Record<string, string>>;
    readonly peerDependencies?: Readonly<Record<string, string>>;
  };
  const used = new Set(imports.map(({ specifier }) => packageOf(specifier)));
  const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
  expect(declared.filter((name) => !used.has(name))).toEqual([]);
});

it('the rules catch what they are for', () => {
  const faults = [
    { file: 'model/type.ts', specifier: '../planner/diff.ts' },
    { file: 'copy/run.ts', specifier: '../cassandra/scan.ts' },
    { file: 'app/plan.ts', specifier: '../index.ts' },
    { file: 'app/plan.ts', specifier: '../../test/support/cassandra.ts' },
    { file: 'app/plan.ts', specifier: 'cassandra-driver' },
    { file: 'cli/commands/plan.ts', specifier: 'diff' },
    { file: 'app/plan.ts', specifier: 'left-pad' },
    { file: 'planner/diff.ts', specifier: 'node:fs/promises' },
    { file: 'app/plan.ts', specifier: 'fs' },
    { file: 'misc/things.ts', specifier: '../kernel/hash.ts' },
  ];
  expect(faults.filter((one) => faultOf(one) === undefined)).toEqual([]);
  const fine = [
    { file: 'bin.ts', specifier: './cli/main.ts' },
    { file: 'cli/view/plan.ts', specifier: 'diff' },
    { file: 'cassandra/connect.ts', specifier: 'cassandra-driver' },
    { file: 'cassandra/connect.ts', specifier: '../ports/cluster.ts' },
    { file: 'kernel/hash.ts', specifier: 'node:crypto' },
    { file: 'backup/stores/local.ts', specifier: 'node:fs/promises' },
  ];
  expect(fine.map(faultOf).filter((fault) => fault !== undefined)).toEqual([]);

  const text =
    "import a from 'a';\n// import 'b';\nconst c = `import 'c'`;\nimport type { D } from 'd';\nawait import('e');\nexport * from 'f';";
  expect([...importsIn(text)].sort()).toEqual(['a', 'd', 'e', 'f']);
});
