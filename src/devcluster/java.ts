import { join } from 'node:path';
import { CqlformError } from '../kernel/errors.ts';
import { own } from '../kernel/own.ts';
import { type EngineAnswer, engineAdvice } from './docker-engine.ts';
import { type Environment, isExecutable, run, which } from './processes.ts';

/** A Java that was really run. */
export interface Java {
  readonly command: string;
  /** `JAVA_HOME` of this Java, as it reports itself. */
  readonly home: string;
  readonly major: number;
  readonly version: string;
}

/** A place that was looked at, and what was there: for the error that says why no Java would do. */
export interface JavaSighting {
  readonly place: string;
  readonly found: Java | string;
}

/** The Java majors that a Cassandra version runs on, the preferred one first. */
export function javaMajorsFor(cassandraVersion: string): readonly number[] {
  return Number.parseInt(cassandraVersion, 10) >= 5 ? [17, 11] : [11, 8];
}

/** Runs `java -version` (with its settings, to learn its home); a string says why this is no Java. */
export async function inspectJava(command: string): Promise<Java | string> {
  const ran = await run(command, ['-XshowSettings:properties', '-version'], { timeoutMs: 20_000 });
  const said = `${ran.stderr}\n${ran.stdout}`;
  const version = /version "([^"]+)"/.exec(said)?.[1];
  if (ran.code !== 0 || version === undefined) {
    return said.trim().split('\n')[0]?.trim() || `it ended with exit code ${ran.code}`;
  }
  const major = Number(/^(?:1\.)?(\d+)/.exec(version)?.[1]);
  const home = /^\s*java\.home = (.+)$/m.exec(said)?.[1]?.trim() ?? '';
  return { command, home, major, version };
}

export interface JavaSearch {
  readonly java?: Java;
  readonly sightings: readonly JavaSighting[];
}

/**
 * Looks for a Java of one of `majors` in `JAVA<major>_HOME` (as `JAVA11_HOME`), in JAVA_HOME, then on the PATH; the first
 * major is preferred over the others.
 */
export async function findJava(majors: readonly number[], env: Environment): Promise<JavaSearch> {
  const sightings: JavaSighting[] = [];
  for (const name of [...majors.map((major) => `JAVA${major}_HOME`), 'JAVA_HOME']) {
    const home = own(env, name);
    if (home === undefined || home === '') continue;
    const command = join(home, 'bin', 'java');
    const found = (await isExecutable(command)) ? await inspectJava(command) : 'no bin/java in it';
    sightings.push({ place: `${name}=${home}`, found });
  }
  const onPath = await which('java', env);
  sightings.push(
    onPath === undefined
      ? { place: 'PATH', found: 'no java on it' }
      : { place: onPath, found: await inspectJava(onPath) },
  );
  for (const major of majors) {
    for (const { found } of sightings) {
      if (typeof found !== 'string' && found.major === major) return { java: found, sightings };
    }
  }
  return { sightings };
}

/** The error for a machine without a fitting Java: what was found where, and what to install. */
export function javaMissing(
  cassandraVersion: string,
  sightings: readonly JavaSighting[],
  engine: EngineAnswer | undefined,
): CqlformError {
  const majors = javaMajorsFor(cassandraVersion);
  const seen = sightings.map(({ place, found }) =>
    typeof found === 'string' ? `${place}: ${found}` : `${place}: Java ${found.version}`,
  );
  if (engine?.kind === 'silent') seen.push(`Docker does not answer: ${engine.reason}`);
  const wrong = sightings.some(({ found }) => typeof found !== 'string');
  return new CqlformError(
    wrong ? 'JAVA_WRONG_VERSION' : 'JAVA_MISSING',
    `Cassandra ${cassandraVersion} needs Java ${majors.join(' or ')} to run here; ${seen.join('; ')}`,
    {
      next: installJava(majors[0] ?? 17, engine),
      fields: { cassandra: cassandraVersion, needs: majors.map(String), seen },
    },
  );
}

/** How Docker would help, as the middle of a sentence. */
export function dockerAdvice(engine: EngineAnswer | undefined): string {
  const advice = engine?.kind === 'silent' ? engineAdvice(engine.reason) : 'Install Docker';
  return `${advice[0]?.toLowerCase()}${advice.slice(1)}`;
}

function installJava(major: number, engine: EngineAnswer | undefined): string {
  // Debian 12 has Java 17 and no older one.
  const debian = major === 17 ? 'sudo apt-get install openjdk-17-jre-headless maven' : 'sudo apt-get install maven';
  return (
    `Install Java ${major} and Maven (Debian and Ubuntu: \`${debian}\`${major === 17 ? '' : `, and a Temurin JRE ${major}`}; ` +
    `macOS: \`brew install openjdk@${major} maven\`), set JAVA${major}_HOME or JAVA_HOME to that Java, or ${dockerAdvice(engine)}, ` +
    'or name a running cluster instead.'
  );
}
