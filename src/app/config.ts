import { existsSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { importModule } from '../analysis/import-module.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { own } from '../kernel/own.ts';
import { compressionNamed } from './backup-form.ts';
import { backupSecretOf } from './backup-secret.ts';
import { type ConfigFile, configSchema, type Settings } from './config-schema.ts';
import { contactPointsIn } from './contact-points.ts';
import { keyspaceNamed } from './keyspace-name.ts';
import { type KeySource, keysOf } from './privacy-keys.ts';
import type { Project, Secret } from './project.ts';
import { rateNamed } from './rate-named.ts';
import { secretOf } from './secret.ts';
import { addressesOf } from './source-addresses.ts';

/** What the command line and the environment say over the configuration file. */
export interface Overrides {
  readonly config?: string | undefined;
  readonly env?: string | undefined;
  readonly keyspace?: string | undefined;
  readonly contactPoints?: string | undefined;
  readonly localDc?: string | undefined;
  /** Only of commands that copy rows. */
  readonly rate?: string | undefined;
}

const configNames = ['cqlform.config.ts', 'cqlform.config.mts', 'cqlform.config.js', 'cqlform.config.mjs'];

/** Finds, reads and checks the configuration; flags go before environment variables, these before the file. */
export async function openProject(overrides: Overrides, folder: string = process.cwd()): Promise<Project> {
  const file = findConfig(overrides, folder);
  const root = file === null ? resolve(folder) : dirname(file);
  const parsed = file === null ? withoutFile(overrides) : await readConfig(file);
  const environment = overrides.env ?? fromEnv('ENV') ?? null;
  const merged = forEnvironment(parsed, environment, file);
  return projectOf({ merged, overrides, root, file, environment });
}

function findConfig(overrides: Overrides, folder: string): string | null {
  const named = overrides.config ?? fromEnv('CONFIG');
  if (named !== undefined) {
    const path = resolve(folder, named);
    if (existsSync(path)) return path;
    throw new CqlformError('CONFIG_MISSING', `there is no configuration file ${path}`, {
      next: 'Correct --config, or write a configuration with `cqlform init`.',
      exitCode: exitCodes.usage,
    });
  }
  for (let at = resolve(folder); ; at = dirname(at)) {
    const found = configNames.map((name) => join(at, name)).find((path) => existsSync(path));
    if (found !== undefined) return found;
    if (dirname(at) === at) return null;
  }
}

/** Commands that only look at a cluster work without a file when the keyspace is named. */
function withoutFile(overrides: Overrides): ConfigFile {
  const keyspace = overrides.keyspace ?? fromEnv('KEYSPACE');
  if (keyspace !== undefined) return { keyspace };
  throw new CqlformError('CONFIG_MISSING', `there is no ${configNames[0]} in this folder or above it`, {
    next: 'Write one with `cqlform init`, or name a keyspace with --keyspace.',
    exitCode: exitCodes.usage,
  });
}

async function readConfig(file: string): Promise<ConfigFile> {
  const parsed = configSchema.safeParse((await importModule(file, 'CONFIG'))['default']);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'default export'}: ${issue.message}`);
  throw new CqlformError('CONFIG_INVALID', `${file}: ${problems.join('; ')}`, {
    next: 'Mend these settings; docs/configuration.md lists them all.',
    where: { path: file },
    exitCode: exitCodes.usage,
  });
}

function forEnvironment(config: ConfigFile, environment: string | null, file: string | null): Settings {
  const { environments = {}, ...base } = config;
  if (environment === null) return base;
  const chosen = own(environments, environment);
  if (chosen !== undefined) {
    const sources = { ...base.sources, ...chosen.sources };
    const stores = { ...base.backup?.stores, ...chosen.backup?.stores };
    const backup = { ...base.backup, ...chosen.backup, stores };
    const privacy = { keys: { ...base.privacy?.keys, ...chosen.privacy?.keys } };
    return { ...base, ...withoutUndefined(chosen), sources, privacy, backup };
  }
  const known = Object.keys(environments);
  throw new CqlformError('ENVIRONMENT_UNKNOWN', `${file ?? 'the configuration'} has no environment ${environment}`, {
    next: known.length === 0 ? 'Add it under `environments`.' : `Use one of: ${known.join(', ')}.`,
    exitCode: exitCodes.usage,
  });
}

function withoutUndefined<T extends object>(value: T): { [X in keyof T]: Exclude<T[X], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as {
    [X in keyof T]: Exclude<T[X], undefined>;
  };
}

interface ProjectInput {
  readonly merged: Settings;
  readonly overrides: Overrides;
  readonly root: string;
  readonly file: string | null;
  readonly environment: string | null;
}

function projectOf({ merged, overrides, root, file, environment }: ProjectInput): Project {
  const stateFolder = join(root, '.cqlform');
  const path = (one: string): string => (isAbsolute(one) ? one : join(root, one));
  return {
    folder: root,
    configFile: file,
    environment,
    keyspace: keyspaceNamed(overrides.keyspace ?? fromEnv('KEYSPACE') ?? merged.keyspace),
    migrationsFolder: path(merged.migrations ?? 'migrations'),
    stateFolder,
    cluster: {
      contactPoints: contactPointsOf(merged, overrides),
      localDataCenter: overrides.localDc ?? fromEnv('LOCAL_DC') ?? merged.localDataCenter ?? null,
      credentials: credentialsOf(merged),
      tls: tlsOf(merged.tls, path),
    },
    ledgerKeyspace: keyspaceNamed(merged.ledgerKeyspace ?? 'cqlform'),
    lease: leaseOf(merged),
    dropMarginMicros: BigInt(Math.round((merged.dropMargin ?? 10) * 1_000_000)),
    replication: replicationOf(merged),
    ...storesOf(merged, path),
    protected: merged.protected ?? false,
    data: merged.data ?? 'run',
    verifyCopies: merged.verifyCopies ?? 'sample',
    threads: merged.threads ?? 'auto',
    lower: merged.lower ?? false,
    rate: rateNamed(overrides.rate),
    ownPlace: isOwnPlace(merged, overrides),
    privacyKeys: keysOf(keySourcesOf(merged), (name) => secretOf({ kind: 'env', name })),
    sources: addressesOf(merged.sources ?? {}, { secretOf, tlsOf: (one) => tlsOf(one, path), path }),
  };
}

function keySourcesOf({ privacy }: Settings): Readonly<Record<string, KeySource>> {
  return Object.fromEntries(
    Object.entries(privacy?.keys ?? {}).map(([name, source]): [string, KeySource] => [
      name,
      'kind' in source ? source : { kind: 'command', command: source.command },
    ]),
  );
}

/** What the configuration does not say may be said elsewhere; what it says must be what is used. */
function isOwnPlace(merged: Settings, overrides: Overrides): boolean {
  const keyspace = overrides.keyspace ?? fromEnv('KEYSPACE') ?? merged.keyspace;
  if (keyspace !== merged.keyspace) return false;
  if (merged.contactPoints === undefined) return true;
  const [said, configured] = [contactPointsOf(merged, overrides), contactPointsOf(merged, null)];
  return [...(said ?? [])].sort().join() === [...(configured ?? [])].sort().join();
}

/** `overrides` null: as the configuration alone says. */
function contactPointsOf(merged: Settings, overrides: Overrides | null): readonly string[] | null {
  const said = overrides === null ? undefined : (overrides.contactPoints ?? fromEnv('CONTACT_POINTS'));
  if (said !== undefined) return contactPointsIn(said);
  const { contactPoints } = merged;
  if (contactPoints === undefined) return null;
  return contactPointsIn(Array.isArray(contactPoints) ? contactPoints : secretOf(contactPoints)());
}

function credentialsOf(merged: Settings): Project['cluster']['credentials'] {
  if (merged.credentials !== undefined) {
    return { username: secretOf(merged.credentials.username), password: secretOf(merged.credentials.password) };
  }
  if (fromEnv('USERNAME') === undefined) return null;
  const from = (name: string): Secret => secretOf({ kind: 'env', name });
  return { username: from('CQLFORM_USERNAME'), password: from('CQLFORM_PASSWORD') };
}

function tlsOf(tls: Settings['tls'], path: (one: string) => string): Project['cluster']['tls'] {
  if (tls === undefined || tls === false) return null;
  if (tls === true) return { ca: null, cert: null, key: null, verify: true, serverName: null };
  const file = (one: string | undefined): string | null => (one === undefined ? null : path(one));
  const { verify = true, serverName = null } = tls;
  return { ca: file(tls.ca), cert: file(tls.cert), key: file(tls.key), verify, serverName };
}

function replicationOf({ replication: value }: Settings): Project['replication'] {
  if (value === undefined) return null;
  if (typeof value === 'number') return { class: 'SimpleStrategy', replication_factor: String(value) };
  const entries = Object.entries(value).map(([key, one]) => [key, String(one)]);
  return { class: 'NetworkTopologyStrategy', ...Object.fromEntries(entries) };
}

type Stores = Pick<
  Project,
  'store' | 'stores' | 'backupSecret' | 'retention' | 'strategy' | 'schedules' | 'compression' | 'backupWriteTimes'
>;

function storesOf({ backup }: Settings, path: (one: string) => string): Stores {
  const resolving = { secretOf, path };
  const named = Object.entries(backup?.stores ?? {}).map(([name, one]) => [name, one(resolving)] as const);
  return {
    store: backup?.store?.(resolving) ?? { kind: 'cluster' },
    stores: new Map(named),
    retention: backup?.retention ?? {},
    strategy: backup?.strategy ?? null,
    schedules: backup?.schedules ?? [],
    compression: backup?.compression === undefined ? null : compressionNamed(backup.compression),
    backupWriteTimes: backup?.writeTimes ?? true,
    backupSecret: backup?.encryption === undefined ? null : backupSecretOf(backup.encryption, secretOf),
  };
}

function leaseOf({ lease = {} }: Settings): Project['lease'] {
  const named = { beatMs: lease.beat, takeoverMs: lease.takeover, graceMs: lease.grace };
  const said = Object.entries(named).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Math.round(value * 1000)] as const],
  );
  return Object.fromEntries(said);
}

/** `CQLFORM_<name>`; an empty one counts as not set. */
function fromEnv(name: string): string | undefined {
  const value = process.env[`CQLFORM_${name}`];
  return value === undefined || value === '' ? undefined : value;
}
