import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { CqlformError } from '../kernel/errors.ts';
import type { OnProgress } from './events.ts';
import type { Java } from './java.ts';
import { withLock } from './lock.ts';
import { type Environment, isExecutable, run, which } from './processes.ts';

const dependencyPlugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1';

/** Where downloads are kept for this user: `XDG_CACHE_HOME`, else what the system has for it. */
export function cacheFolder(env: Environment): string {
  const xdg = env['XDG_CACHE_HOME'];
  if (xdg !== undefined && xdg !== '') return join(xdg, 'cqlform');
  const home = env['HOME'] ?? homedir();
  return process.platform === 'darwin' ? join(home, 'Library', 'Caches', 'cqlform') : join(home, '.cache', 'cqlform');
}

export interface JarsOptions {
  readonly version: string;
  readonly maven: string;
  readonly java: Java;
  readonly env: Environment;
  readonly onProgress: OnProgress;
}

/** The folder of a Cassandra version's jars if it was downloaded before. */
export async function cachedJars(version: string, env: Environment): Promise<string | undefined> {
  const folder = join(cacheFolder(env), `cassandra-${version}`);
  return (await holdsServer(folder, version)) ? folder : undefined;
}

/**
 * The folder with the jars of a Cassandra version, downloaded through Maven when it is not there yet. The folder
 * appears whole or not at all; of two processes at once, the second waits for the first.
 */
export async function fetchJars(options: JarsOptions): Promise<string> {
  const { version, env } = options;
  const cache = cacheFolder(env);
  const wait = {
    waitMs: 15 * 60_000,
    onWait: (holder: number) => options.onProgress({ kind: 'lock-waiting', holder }),
  };
  return withLock(join(cache, `cassandra-${version}.lock`), wait, async () => {
    const folder = join(cache, `cassandra-${version}`);
    if (await holdsServer(folder, version)) return folder;
    options.onProgress({ kind: 'jars-downloading', version, into: folder });
    const draft = join(cache, `cassandra-${version}.part`);
    await rm(draft, { recursive: true, force: true });
    try {
      await download(draft, options);
      await rm(folder, { recursive: true, force: true });
      await rename(join(draft, 'lib'), folder);
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
    options.onProgress({ kind: 'jars-ready', version, files: (await readdir(folder)).length });
    return folder;
  });
}

async function download(draft: string, options: JarsOptions): Promise<void> {
  const { version, maven, java, env } = options;
  await mkdir(draft, { recursive: true });
  await writeFile(join(draft, 'pom.xml'), pomFor(version));
  const args = ['-B', '-q', '-f', join(draft, 'pom.xml'), `${dependencyPlugin}:copy-dependencies`];
  const ran = await run(maven, [...args, `-DoutputDirectory=${join(draft, 'lib')}`, '-DincludeScope=runtime'], {
    env: await mavenEnvironment(env, java),
    cwd: draft,
  });
  if (ran.code === 0 && (await holdsServer(join(draft, 'lib'), version))) return;
  const said = stripVTControlCharacters(`${ran.stdout}\n${ran.stderr}`).split('\n');
  const line = said.find((text) => text.includes('[ERROR]')) ?? `Maven ended with exit code ${ran.code}`;
  const reason = line.replace('[ERROR]', '').replace('-> [Help 1]', '').trim();
  throw new CqlformError('JARS_UNAVAILABLE', `Maven could not download Cassandra ${version}: ${reason}`, {
    ...(isUnknown(reason)
      ? { next: `Check that Cassandra ${version} exists: a version looks like 5.0.8.` }
      : { next: networkAdvice, retryable: true }),
    fields: { version, maven },
  });
}

/** Maven keeps the user's own Java, whose certificates the user has set up; only a JAVA_HOME without a Java is mended. */
async function mavenEnvironment(env: Environment, java: Java): Promise<Environment> {
  const home = env['JAVA_HOME'];
  const usable = home === undefined ? await which('java', env) : await isExecutable(join(home, 'bin', 'java'));
  return usable ? env : { ...env, JAVA_HOME: java.home };
}

const networkAdvice =
  'Check the network, and the proxy or mirror in ~/.m2/settings.xml, then run the command again; ' +
  'without a network, set CASSANDRA_HOME to an unpacked Cassandra.';

const isUnknown = (reason: string): boolean => /was not found in|Could not find artifact/i.test(reason);

async function holdsServer(folder: string, version: string): Promise<boolean> {
  const files: readonly string[] = await readdir(folder).catch(() => []);
  return files.includes(`cassandra-all-${version}.jar`) && files.some((file) => file.startsWith('jamm-'));
}

function pomFor(version: string): string {
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>cqlform</groupId>
  <artifactId>cassandra-jars</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.cassandra</groupId>
      <artifactId>cassandra-all</artifactId>
      <version>${version}</version>
    </dependency>
  </dependencies>
</project>
`;
}
