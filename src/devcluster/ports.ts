import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { CqlformError } from '../kernel/errors.ts';

/** Where the nodes of one cluster listen: all share the native and the storage port, as Cassandra requires. */
export interface ClusterPorts {
  readonly native: number;
  readonly storage: number;
  /** One loopback address per node. */
  readonly addresses: readonly string[];
  /** One management port per node, all on 127.0.0.1. */
  readonly jmx: readonly number[];
}

/** `standard` tries 127.0.0.1:9042 first; `any` leaves the standard ports to others. */
export type PortChoice = 'standard' | 'any';

const management = '127.0.0.1';

/** Finds loopback addresses and ports that are free now for `count` nodes. Throws NO_FREE_ADDRESS. */
export async function findPorts(count: number, choice: PortChoice): Promise<ClusterPorts> {
  await requireLoopback(count);
  const tries: { native: number; storage: number; jmx: number; third: number }[] = [];
  if (choice === 'standard') {
    tries.push({ native: 9042, storage: 7000, jmx: 7199, third: 0 });
    if (count > 1 && process.platform === 'linux') tries.push({ native: 9042, storage: 7000, jmx: 7299, third: 1 });
  }
  // Below 32768, where Linux begins to give out ports for outgoing connections.
  for (let i = 0; i < 50; i++) {
    const base = randomInt(1_000, 3_200) * 10;
    tries.push({ native: base, storage: base + 1, jmx: base + 2, third: 0 });
  }
  for (const { native, storage, jmx, third } of tries) {
    const ports: ClusterPorts = {
      native,
      storage,
      addresses: Array.from({ length: count }, (_, i) => `127.0.${third}.${i + 1}`),
      jmx: Array.from({ length: count }, (_, i) => jmx + i),
    };
    if ((await takenPorts(ports)).length === 0) return ports;
  }
  throw new CqlformError(
    'NO_FREE_ADDRESS',
    `no free ports for ${count} Cassandra nodes were found on the loopback addresses`,
    {
      next: 'End servers that are not needed any more, then run the command again.',
    },
  );
}

/** Those of the cluster's `address:port` that something already listens on. */
export async function takenPorts(ports: ClusterPorts): Promise<readonly string[]> {
  const wanted = ports.addresses.flatMap((address, i) => [
    { address, port: ports.native },
    { address, port: ports.storage },
    { address: management, port: ports.jmx[i] ?? 0 },
  ]);
  const free = await Promise.all(wanted.map(({ address, port }) => tryListen(address, port)));
  return wanted.filter((_, i) => free[i] !== undefined).map(({ address, port }) => `${address}:${port}`);
}

async function requireLoopback(count: number): Promise<void> {
  for (let i = 2; i <= count; i++) {
    if ((await tryListen(`127.0.0.${i}`, 0)) === undefined) continue;
    throw new CqlformError(
      'LOOPBACK_MISSING',
      `this machine has no loopback address 127.0.0.${i}, which node ${i} needs`,
      {
        next: `Add it (macOS: \`sudo ifconfig lo0 alias 127.0.0.${i} up\`), or start one node.`,
        fields: { address: `127.0.0.${i}` },
      },
    );
  }
}

/** Listens for a moment; the error's code when that is refused, undefined when the port is free. */
function tryListen(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
