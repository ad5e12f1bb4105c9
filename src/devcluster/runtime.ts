import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CqlformError } from '../kernel/errors.ts';
import { match } from '../kernel/match.ts';
import { classArchiveFor } from './class-archive.ts';
import { askEngine, type EngineAnswer, pullIfMissing } from './docker-engine.ts';
import type { OnProgress } from './events.ts';
import { cachedJars, cacheFolder, fetchJars } from './jars.ts';
import { dockerAdvice, findJava, inspectJava, type Java, type JavaSearch, javaMajorsFor, javaMissing } from './java.ts';
import { type Environment, which } from './processes.ts';

/** The Cassandra that is started when nobody asks for another. */
export const defaultVersion = '5.0.8';

/** By what means a Cassandra can be started on this machine. */
export type Runtime =
  | { readonly kind: 'cassandra-home'; readonly version: string; readonly java: Java; readonly home: string }
  | { readonly kind: 'maven'; readonly version: string; readonly java: Java; readonly maven: string | undefined }
  | { readonly kind: 'docker'; readonly version: string; readonly docker: string; readonly image: string };

/** What a node is launched with: Java and a folder of jars, or a container image. */
export type Launcher =
  | {
      readonly kind: 'jvm';
      readonly version: string;
      readonly java: string;
      readonly jars: string;
      /** Where the class-data archive for faster starts is or will be; null where Java cannot make one. */
      readonly classArchive: string | null;
    }
  | { readonly kind: 'docker'; readonly version: string; readonly docker: string; readonly image: string };

export interface RuntimeOptions {
  /** Cassandra version, such as `5.0.8`; with CASSANDRA_HOME the version found there is the default. */
  readonly version?: string;
  /** A `java` program to use instead of the one in JAVA_HOME or on the PATH. */
  readonly java?: string;
  readonly env?: Environment;
}

/**
 * Finds out how Cassandra can run here: a `CASSANDRA_HOME`, else Java with Maven (or with jars downloaded before),
 * else Docker. Throws an error that says what was found and what to install.
 */
export async function resolveRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const env = options.env ?? process.env;
  if (options.version !== undefined) checkVersion(options.version);
  const home = env['CASSANDRA_HOME'];
  if (home !== undefined && home !== '') return homeRuntime(home, options, env);

  const version = options.version ?? defaultVersion;
  const { java, sightings } = await searchJava(version, options, env);
  const maven = await which('mvn', env);
  const cached = await cachedJars(version, env);
  if (java !== undefined && (maven !== undefined || cached !== undefined))
    return { kind: 'maven', version, java, maven };

  const docker = await which('docker', env);
  const engine = docker === undefined ? undefined : await askEngine(docker, env);
  if (docker !== undefined && engine?.kind === 'answers') {
    return { kind: 'docker', version, docker, image: `cassandra:${version}` };
  }
  throw java === undefined ? javaMissing(version, sightings, engine) : mavenMissing(version, java, engine);
}

/** Makes the runtime ready to launch nodes: downloads what is not there yet. */
export function prepareLauncher(runtime: Runtime, env: Environment, onProgress: OnProgress): Promise<Launcher> {
  return match<Runtime, Promise<Launcher>>(runtime, {
    'cassandra-home': async ({ home, java, version }) => {
      return jvmLauncher(version, java, { jars: join(home, 'lib'), env });
    },
    maven: async ({ java, version, maven }) => {
      const cached = await cachedJars(version, env);
      const jars = cached ?? (await fetchJars({ version, maven: maven ?? 'mvn', java, env, onProgress }));
      return jvmLauncher(version, java, { jars, env });
    },
    docker: async ({ docker, image, version }) => {
      await pullIfMissing(docker, image, onProgress);
      return { kind: 'docker', version, docker, image };
    },
  });
}

async function jvmLauncher(version: string, java: Java, place: { jars: string; env: Environment }): Promise<Launcher> {
  const { jars, env } = place;
  const classArchive = await classArchiveFor(cacheFolder(env), jars, java);
  return { kind: 'jvm', version, java: java.command, jars, classArchive };
}

/** One line that says what a runtime is. */
export function describeRuntime(runtime: Runtime): string {
  const server = `Cassandra ${runtime.version}`;
  return match<Runtime, string>(runtime, {
    'cassandra-home': ({ home, java }) => `${server} of CASSANDRA_HOME=${home} on Java ${java.version}`,
    maven: ({ java }) => `${server} on Java ${java.version}`,
    docker: ({ image }) => `${server} in Docker (${image})`,
  });
}

async function homeRuntime(home: string, options: RuntimeOptions, env: Environment): Promise<Runtime> {
  const files: readonly string[] = await readdir(join(home, 'lib')).catch(() => []);
  const version = files
    .map((file) => /^(?:apache-cassandra|cassandra-all)-(\d[\w.-]*)\.jar$/.exec(file)?.[1])
    .find(Boolean);
  if (version === undefined) {
    throw new CqlformError(
      'CASSANDRA_HOME_INVALID',
      `CASSANDRA_HOME=${home} holds no lib/apache-cassandra-<version>.jar`,
      {
        next: 'Point CASSANDRA_HOME to the folder of an unpacked Apache Cassandra, or unset it.',
        fields: { home },
      },
    );
  }
  if (options.version !== undefined && options.version !== version) {
    throw new CqlformError(
      'CASSANDRA_HOME_VERSION',
      `CASSANDRA_HOME=${home} is Cassandra ${version}, not ${options.version}`,
      {
        next: `Unset CASSANDRA_HOME, or ask for version ${version}.`,
        fields: { home, found: version, asked: options.version },
      },
    );
  }
  const { java, sightings } = await searchJava(version, options, env);
  if (java === undefined) throw javaMissing(version, sightings, undefined);
  return { kind: 'cassandra-home', version, java, home };
}

async function searchJava(version: string, options: RuntimeOptions, env: Environment): Promise<JavaSearch> {
  const majors = javaMajorsFor(version);
  if (options.java === undefined) return findJava(majors, env);
  const found = await inspectJava(options.java);
  const sightings = [{ place: options.java, found }];
  return typeof found !== 'string' && majors.includes(found.major) ? { java: found, sightings } : { sightings };
}

function checkVersion(version: string): void {
  if (/^[45]\.\d+(\.\d+)?(-(alpha|beta|rc)\d+)?$/.test(version)) return;
  throw new CqlformError(
    'CASSANDRA_VERSION_UNKNOWN',
    `${JSON.stringify(version)} is not a Cassandra version that can be started here`,
    {
      next: `Ask for a 4.x or 5.x version, such as ${defaultVersion}.`,
      fields: { version },
    },
  );
}

function mavenMissing(version: string, java: Java, engine: EngineAnswer | undefined): CqlformError {
  const silence = engine?.kind === 'silent' ? engine.reason : undefined;
  return new CqlformError(
    'MAVEN_MISSING',
    `Java ${java.version} is here (${java.command}), but Maven (mvn), which fetches Cassandra ${version}, is not on the PATH${
      silence === undefined ? '' : `; Docker does not answer: ${silence}`
    }`,
    {
      next:
        'Install Maven (Debian and Ubuntu: `sudo apt-get install maven`; macOS: `brew install maven`), ' +
        `or set CASSANDRA_HOME to an unpacked Cassandra, or ${dockerAdvice(engine)}, or name a running cluster instead.`,
      fields: { cassandra: version, java: java.command, docker: silence ?? null },
    },
  );
}
