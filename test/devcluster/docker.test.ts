import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isContainerRunning, startContainer } from '../../src/devcluster/docker.ts';
import { askEngine, engineSilent, pullIfMissing, reasonIn } from '../../src/devcluster/docker-engine.ts';
import type { DevEvent } from '../../src/devcluster/events.ts';
import type { ClusterState, NodeState } from '../../src/devcluster/state.ts';

// What a Docker engine does with these arguments, docker-by-hand.ts shows; the sentences below are those of Docker 20 and 28.
let folder: string;
let made = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cqlform-docker-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A `docker` program that notes its arguments, one a line, and then runs the shell text with `$1` as its command. */
async function dockerThat(text: string): Promise<{ readonly docker: string; said(): Promise<readonly string[]> }> {
  const docker = join(folder, `docker${++made}`);
  await writeFile(docker, `#!/bin/sh\nfor one in "$@"; do printf '%s\\n' "$one" >> "$0.args"; done\n${text}\n`);
  await chmod(docker, 0o755);
  return { docker, said: async () => (await readFile(`${docker}.args`, 'utf8')).split('\n') };
}

const node: NodeState = {
  name: 'node1',
  address: '127.0.0.1',
  jmxPort: 7199,
  token: '0',
  process: null,
  startedAt: null,
  initialised: false,
};

const stateWith = (docker: string): ClusterState => ({
  format: 1,
  id: 'abc',
  launcher: { kind: 'docker', version: '5.0.8', docker, image: 'cassandra:5.0.8' },
  localDataCenter: 'datacenter1',
  nativePort: 19042,
  storagePort: 17000,
  heapMb: 512,
  settings: {},
  startedBy: { pid: 1, startMark: '' },
  nodes: [node],
});

const daemonGone =
  'echo "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?" >&2; exit 1';

describe('a node in Docker', () => {
  it('keeps its data in its folder, belongs to this user, and has the last word over the image', async () => {
    const id = 'a'.repeat(64);
    const { docker, said } = await dockerThat(
      `case $1 in run) echo ${id};; info) echo '{"SecurityOptions":[]}';; esac`,
    );
    const own = join(folder, 'a, folder');
    expect(await startContainer(own, node, stateWith(docker))).toEqual({ kind: 'container', id });
    const words = await said();
    expect(words).toContain(`type=bind,"source=${own}/node1/data",target=/var/lib/cassandra`);
    expect(words).toContain('127.0.0.1:19042:19042');
    expect(words[words.indexOf('--user') + 1]).toBe(`${process.getuid?.()}:${process.getgid?.()}`);
    expect(words.slice(words.indexOf('cassandra:5.0.8'))).toEqual(
      expect.arrayContaining(['-f', '-R', 'cassandra.storagedir=/var/lib/cassandra']),
    );
  });

  it('is root where the engine has none', async () => {
    const { docker, said } = await dockerThat(`case $1 in info) echo '{"SecurityOptions":["name=rootless"]}';; esac`);
    await startContainer(folder, node, stateWith(docker)).catch(() => undefined);
    const words = await said();
    expect(words[words.indexOf('--user') + 1]).toBe('0:0');
  });

  it('says that the port was taken meanwhile, and leaves no container behind', async () => {
    const { docker, said } = await dockerThat(
      `case $1 in run) echo "docker: Error response from daemon: driver failed programming external connectivity: Bind for 127.0.0.1:19042 failed: port is already allocated

Run 'docker run --help' for more information" >&2; exit 125;; esac`,
    );
    await expect(startContainer(folder, node, stateWith(docker))).rejects.toMatchObject({
      code: 'ADDRESS_IN_USE',
      message: expect.stringContaining('127.0.0.1:19042 failed'),
    });
    expect((await said()).filter((word) => word === 'rm')).toHaveLength(2);
  });

  it('is not held to be down when no engine answers', async () => {
    const { docker } = await dockerThat(daemonGone);
    await expect(isContainerRunning('abc', stateWith(docker))).rejects.toMatchObject({
      code: 'DOCKER_UNREACHABLE',
      next: expect.stringContaining('Start Docker'),
    });
    const other = await dockerThat('echo "Error: No such object: abc" >&2; exit 1');
    expect(await isContainerRunning('abc', stateWith(other.docker))).toBe(false);
  });
});

describe('the Docker engine', () => {
  it('is told apart from none, with the reason and without the inside of the request', async () => {
    const socket =
      'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock';
    const { docker } = await dockerThat(`echo '${socket}: Get "http://%2Fvar/v1.50/version": dial unix' >&2; exit 1`);
    const answer = await askEngine(docker, process.env);
    expect(answer).toEqual({ kind: 'silent', reason: `${socket}: dial unix` });
    expect(engineSilent(answer.kind === 'silent' ? answer.reason : '', 'x').next).toContain('usermod -aG docker');
    expect(reasonIn({ code: 1, stdout: '', stderr: '' })).toBe('exit code 1');
  });

  it('fetches an image that is not there, and says why it cannot', async () => {
    const { docker } = await dockerThat(
      'case $1 in pull) echo "Error response from daemon: manifest for cassandra:9 not found" >&2;; esac; exit 1',
    );
    const events: DevEvent[] = [];
    await expect(pullIfMissing(docker, 'cassandra:9', (event) => events.push(event))).rejects.toMatchObject({
      code: 'DOCKER_IMAGE_MISSING',
      message: expect.stringContaining('manifest for cassandra:9 not found'),
    });
    expect(events).toEqual([{ kind: 'image-pulling', image: 'cassandra:9' }]);
    const silent = await dockerThat(daemonGone);
    await expect(pullIfMissing(silent.docker, 'x', () => undefined)).rejects.toMatchObject({
      code: 'DOCKER_UNREACHABLE',
    });
  });
});
