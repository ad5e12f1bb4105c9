import { CqlformError } from '../kernel/errors.ts';
import type { OnProgress } from './events.ts';
import { type Environment, type Ran, run } from './processes.ts';

/** Whether an engine answers behind a `docker` program; `silent` says why none does. */
export type EngineAnswer = { readonly kind: 'answers' } | { readonly kind: 'silent'; readonly reason: string };

export async function askEngine(docker: string, env: Environment): Promise<EngineAnswer> {
  const asked = await run(docker, ['version', '--format', '{{.Server.Version}}'], { env, timeoutMs: 10_000 });
  if (asked.code === 0 && asked.stdout.trim() !== '') return { kind: 'answers' };
  const late = asked.code === 128 ? 'no answer within 10 s' : undefined;
  return { kind: 'silent', reason: late ?? reasonIn(asked) };
}

/** What a user does about an engine that does not answer. */
export function engineAdvice(reason: string): string {
  return /permission denied/i.test(reason)
    ? 'Let your user reach Docker (Linux: `sudo usermod -aG docker $USER`, then log in again)'
    : 'Start Docker (Linux: `sudo systemctl start docker`; otherwise Docker Desktop)';
}

export function engineSilent(reason: string, what: string): CqlformError {
  return new CqlformError('DOCKER_UNREACHABLE', `${what}, and Docker does not answer: ${reason}`, {
    next: `${engineAdvice(reason)}, then run the command again.`,
    fields: { reason },
    retryable: true,
  });
}

/** Sees to it that an image is on this machine. Throws DOCKER_IMAGE_MISSING when it cannot be fetched. */
export async function pullIfMissing(docker: string, image: string, onProgress: OnProgress): Promise<void> {
  const seen = await run(docker, ['image', 'inspect', '--format', '{{.Id}}', image]);
  if (seen.code === 0) return;
  if (isEngineSilent(seen)) throw engineSilent(reasonIn(seen), `${image} cannot be looked for`);
  onProgress({ kind: 'image-pulling', image });
  const pulled = await run(docker, ['pull', '--quiet', image]);
  if (pulled.code === 0) return;
  throw new CqlformError(
    'DOCKER_IMAGE_MISSING',
    `the image ${image} is not on this machine and cannot be fetched: ${reasonIn(pulled)}`,
    {
      next: `Run \`docker pull ${image}\` where there is a network (or \`docker load\` a saved copy), then run the command again.`,
      fields: { image },
      retryable: true,
    },
  );
}

/**
 * The user that a container runs as, so that what it writes belongs to whoever starts it. In an engine without root
 * that is the container's root; empty where users have no numbers.
 */
export async function containerUser(docker: string): Promise<readonly string[]> {
  const { getuid, getgid } = process;
  if (getuid === undefined || getgid === undefined) return [];
  // Docker names it among its security options, podman in a field of its own.
  const { stdout } = await run(docker, ['info', '--format', '{{json .}}'], { timeoutMs: 30_000 });
  const rootless = /"name=rootless"|"rootless":\s*true/.test(stdout);
  return ['--user', rootless ? '0:0' : `${getuid()}:${getgid()}`];
}

/** True when a command failed because no engine took it. */
export function isEngineSilent(ran: Ran): boolean {
  return (
    ran.code !== 0 &&
    /cannot connect to the docker daemon|failed to connect to the docker api|permission denied while trying to connect|error during connect/i.test(
      ran.stderr,
    )
  );
}

/** The line of a failed command that says why it failed. */
export function reasonIn(ran: Ran): string {
  const lines = ran.stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(Run '|See '|Usage:|Unable to find image|WARNING:)/.test(line));
  const line = lines.find((one) => /error|denied|cannot|failed/i.test(one)) ?? lines.at(-1);
  return (line ?? `exit code ${ran.code}`)
    .replace(/^(docker: |error: )?(error response from daemon: )?/i, '')
    .replace(/: (Get|Head|Post|Delete) "http:\/\/[^"]*"/g, '')
    .slice(0, 400);
}
