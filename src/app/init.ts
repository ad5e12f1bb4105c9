import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generatedText } from '../analysis/generated-text.ts';
import { schemaFileSource } from '../analysis/source/schema.ts';
import { sumText } from '../analysis/sum-file.ts';
import { createFile, replaceFile } from '../analysis/write-file.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { own } from '../kernel/own.ts';
import { emptySchema } from '../model/schema.ts';
import { slugOf } from './migration-id.ts';

export type CiSystem = 'github' | 'gitlab' | 'none';

export interface InitOptions {
  readonly folder: string;
  /** Null: after the project's own name. */
  readonly keyspace: string | null;
  readonly ci: CiSystem;
}

export interface InitReport {
  readonly folder: string;
  /** Relative paths. */
  readonly written: readonly string[];
  /** What was there already and stays as it is. */
  readonly kept: readonly string[];
  /** Of what was there already, what has the beginning only of what would be written, or nothing. */
  readonly cutOff: readonly string[];
  /** Whether the project's package.json names cqlform. */
  readonly installed: boolean;
}

const configNames = ['ts', 'mts', 'js', 'mjs'].map((ending) => `cqlform.config.${ending}`);
const ciFiles = { github: '.github/workflows/cqlform.yml', gitlab: '.gitlab-ci.yml' } as const;

/** Writes what a project needs to begin; overwrites nothing. */
export async function init({ folder: given, keyspace, ci }: InitOptions): Promise<InitReport> {
  const folder = resolve(given);
  const name = keyspaceOf(keyspace, await packageName(folder));
  const files: Record<string, string> = {
    'migrations/tsconfig.json': await template('migrations/tsconfig.json'),
    'migrations/schema.ts': schemaFileSource(emptySchema),
    'migrations/cqlform.sum': sumText([]),
  };
  if (ci !== 'none') files[ciFiles[ci]] = (await template(`ci/${ci}.yml`)).replaceAll('MIGRATIONS', 'migrations');
  const config = configNames.find((one) => existsSync(join(folder, one)));
  if (config === undefined)
    files['cqlform.config.ts'] = (await template('cqlform.config.ts')).replace('KEYSPACE', name);
  const kept = Object.keys(files).filter((path) => existsSync(join(folder, path)));
  const written = Object.keys(files).filter((path) => !kept.includes(path));
  for (const path of written) await createFile(join(folder, path), own(files, path) ?? '');
  const cutOff = await cutOffAmong(folder, kept, files);
  const ignored = await ignoreState(folder);
  return {
    folder: relative(process.cwd(), folder) || '.',
    written: [...written, ...(ignored ? ['.gitignore'] : [])].sort(),
    kept: [...kept.filter((path) => !cutOff.includes(path)), ...(config === undefined ? [] : [config])].sort(),
    cutOff,
    installed: await isInstalled(folder),
  };
}

async function cutOffAmong(
  folder: string,
  kept: readonly string[],
  files: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const texts = await Promise.all(kept.map((path) => readFile(join(folder, path), 'utf8').catch(() => null)));
  return kept.filter((path, index) => {
    const [text, whole = ''] = [texts[index], own(files, path)];
    return typeof text === 'string' && text.length < whole.length && whole.startsWith(text);
  });
}

function template(name: string): Promise<string> {
  return readFile(fileURLToPath(new URL(`../../templates/${name}`, import.meta.url)), 'utf8');
}

interface Manifest {
  readonly name?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

async function manifestOf(folder: string): Promise<Manifest> {
  try {
    return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
  } catch {
    return {};
  }
}

async function packageName(folder: string): Promise<string> {
  return (await manifestOf(folder)).name?.split('/').at(-1) ?? basename(folder);
}

async function isInstalled(folder: string): Promise<boolean> {
  const { dependencies = {}, devDependencies = {} } = await manifestOf(folder);
  return 'cqlform' in dependencies || 'cqlform' in devDependencies;
}

/** A keyspace that people need not quote: letters, digits and underscores, at most 48. */
function keyspaceOf(given: string | null, fallback: string): string {
  if (given !== null && /^\w{1,48}$/.test(given)) return given;
  if (given === null) return slugOf(fallback).replace(/^(\d)/, 'ks_$1').slice(0, 48);
  throw new CqlformError('KEYSPACE_NAME', `${JSON.stringify(given)} cannot be the name of a keyspace`, {
    next: 'Use letters, digits and underscores, at most 48.',
    exitCode: exitCodes.usage,
  });
}

/** True when the line had to be written. */
async function ignoreState(folder: string): Promise<boolean> {
  const path = join(folder, '.gitignore');
  const text = (await generatedText(path)) ?? '';
  if (text.split(/\r?\n/).some((line) => /^\/?\.cqlform\/?$/.test(line.trim()))) return false;
  await replaceFile(path, `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}.cqlform/\n`);
  return true;
}
