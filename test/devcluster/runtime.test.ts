import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cachedJars } from '../../src/devcluster/jars.ts';
import { type Environment, which } from '../../src/devcluster/processes.ts';
import { describeRuntime, prepareLauncher, type RuntimeOptions, resolveRuntime } from '../../src/devcluster/runtime.ts';
import { CqlformError } from '../../src/kernel/errors.ts';

let folder: string;
let java: string;
let mvn: string;
let made = 0;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'cqlform-runtime-')));
  java = (await which('java', process.env)) ?? 'no java';
  mvn = (await which('mvn', process.env)) ?? 'no mvn';
  await prepareLauncher(await resolveRuntime({ version: '5.0.8' }), process.env, () => undefined);
});
afterAll(() => rm(folder, { recursive: true }));

/** A folder of programs: links to real ones, or shell scripts with the given text. */
async function programs(entries: Readonly<Record<string, string>>): Promise<string> {
  const bin = join(folder, `machine${++made}`, 'bin');
  await mkdir(bin, { recursive: true });
  for (const [name, content] of Object.entries(entries)) {
    if (content.startsWith('/')) await symlink(content, join(bin, name));
    else await writeFile(join(bin, name), `#!/bin/sh\n${content}\n`);
    if (!content.startsWith('/')) await chmod(join(bin, name), 0o755);
  }
  return bin;
}

/** A machine with nothing cached and only these programs. */
async function machine(entries: Readonly<Record<string, string>>, more: Environment = {}): Promise<Environment> {
  return { PATH: await programs(entries), XDG_CACHE_HOME: join(folder, 'empty-cache'), ...more };
}

async function refusal(options: RuntimeOptions): Promise<CqlformError> {
  try {
    await resolveRuntime(options);
  } catch (error) {
    if (error instanceof CqlformError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

const java21 = 'echo \'openjdk version "21.0.2" 2024-01-16\' >&2';
const noEngine = 'echo "Cannot connect to the Docker daemon" >&2; exit 1';

describe('what Cassandra is run with', () => {
  it('is Java 17 and Maven where both are', async () => {
    const runtime = await resolveRuntime({ env: await machine({ java, mvn }) });
    expect(runtime).toMatchObject({ kind: 'maven', version: '5.0.8', java: { major: 17 } });
    expect(describeRuntime(runtime)).toMatch(/^Cassandra 5\.0\.8 on Java 17\./);
  });

  it('needs no Maven once the jars are there', async () => {
    const cache = process.env['XDG_CACHE_HOME'];
    const env = { ...(await machine({ java })), XDG_CACHE_HOME: cache, HOME: process.env['HOME'] };
    expect(await resolveRuntime({ env })).toMatchObject({ kind: 'maven', maven: undefined });
  });

  it('prefers JAVA_HOME, but takes the PATH when the Java there is the wrong one', async () => {
    const home = dirname(await programs({ java: java21 }));
    const env = await machine({ java, mvn }, { JAVA_HOME: home });
    const runtime = await resolveRuntime({ env });
    expect(runtime).toMatchObject({ kind: 'maven', java: { command: join(env['PATH'] ?? '', 'java') } });
  });

  it('is an unpacked Cassandra where CASSANDRA_HOME names one', async () => {
    const home = join(folder, 'home');
    await mkdir(home);
    await symlink((await cachedJars('5.0.8', process.env)) ?? 'no jars', join(home, 'lib'));
    const env = await machine({ java }, { CASSANDRA_HOME: home });
    expect(await resolveRuntime({ env })).toMatchObject({ kind: 'cassandra-home', version: '5.0.8', home });
    expect((await refusal({ env, version: '4.1.10' })).code).toBe('CASSANDRA_HOME_VERSION');
  });

  it('is Docker only when its engine answers', async () => {
    const docker = await resolveRuntime({ env: await machine({ docker: 'echo 29.1.0' }) });
    expect(docker).toMatchObject({ kind: 'docker', image: 'cassandra:5.0.8' });
    const error = await refusal({ env: await machine({ docker: noEngine }) });
    expect(error.code).toBe('JAVA_MISSING');
    expect(error.message).toContain('Docker does not answer: Cannot connect to the Docker daemon');
    expect(error.next).toContain('or start Docker');
  });
});

describe('what is missing is named, with what to install', () => {
  it('no Java', async () => {
    const error = await refusal({ env: await machine({ mvn }) });
    expect(error.code).toBe('JAVA_MISSING');
    expect(error.message).toContain('PATH: no java on it');
    expect(error.next).toContain('apt-get install openjdk-17-jre-headless maven');
    expect(error.next).toContain('brew install openjdk@17 maven');
  });

  it('a Java that Cassandra does not run on', async () => {
    const error = await refusal({ env: await machine({ java: java21, mvn }) });
    expect(error.code).toBe('JAVA_WRONG_VERSION');
    expect(error.message).toContain('needs Java 17 or 11');
    expect(error.message).toContain('Java 21.0.2');
  });

  it('a java program that is none, such as the placeholder of macOS', async () => {
    const stub = 'echo "The operation couldn’t be completed. Unable to locate a Java Runtime." >&2; exit 1';
    const error = await refusal({ env: await machine({ java: stub, mvn }) });
    expect(error.code).toBe('JAVA_MISSING');
    expect(error.message).toContain('Unable to locate a Java Runtime');
  });

  it('no Maven', async () => {
    const error = await refusal({ env: await machine({ java }) });
    expect(error.code).toBe('MAVEN_MISSING');
    expect(error.next).toContain('apt-get install maven');
  });

  it('a CASSANDRA_HOME without a Cassandra', async () => {
    const error = await refusal({ env: await machine({ java }, { CASSANDRA_HOME: folder }) });
    expect(error.code).toBe('CASSANDRA_HOME_INVALID');
  });

  it('a version that is none', async () => {
    const error = await refusal({ version: '5.0.8</version>', env: await machine({ java, mvn }) });
    expect(error.code).toBe('CASSANDRA_VERSION_UNKNOWN');
  });

  it('a download that Maven cannot make', async () => {
    const offline = 'echo "[ERROR] Could not transfer artifact: Unknown host" ; exit 1';
    const env = await machine({ java, mvn: offline });
    const runtime = await resolveRuntime({ env });
    await expect(prepareLauncher(runtime, env, () => undefined)).rejects.toMatchObject({
      code: 'JARS_UNAVAILABLE',
      retryable: true,
    });
  });
});
