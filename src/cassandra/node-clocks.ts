import type { Client, Host } from 'cassandra-driver';
import type { NodeClock } from '../model/live.ts';
import type { Connection } from './connect.ts';
import { eachNode } from './each-node.ts';

/** The first may have had to wait for a connection; the quicker answer tells the time more closely. */
const asks = 2;
/** The server tells whole milliseconds, rounded down. */
const grainMs = 1;

interface Told {
  readonly fewestMs: number;
  readonly mostMs: number;
}

/** How far the clock of each node that answers is ahead of this machine's. */
export async function nodeClocks(connection: Connection, coordinator: Host): Promise<readonly NodeClock[]> {
  const told = await eachNode(connection, coordinator, (client, host) => nodeClock(client, host).catch(() => null));
  return told.filter((clock) => clock !== null);
}

export async function nodeClock(client: Client, host: Host): Promise<NodeClock> {
  let closest: Told = { fewestMs: Number.NEGATIVE_INFINITY, mostMs: Number.POSITIVE_INFINITY };
  for (let asked = 0; asked < asks; asked += 1) {
    const told = await ask(client, host);
    if (told.mostMs - told.fewestMs < closest.mostMs - closest.fewestMs) closest = told;
  }
  return { address: host.address, aheadMs: evident(closest) };
}

/** The node looked at its clock between the question and the answer. */
async function ask(client: Client, host: Host): Promise<Told> {
  const sent = Date.now();
  const result = await client.execute('SELECT toTimestamp(now()) AS at FROM system.local', [], {
    host,
    isIdempotent: true,
  });
  const received = Date.now();
  const at: unknown = result.first()?.get('at');
  if (!(at instanceof Date)) throw new TypeError(`${host.address} told no time`);
  return { fewestMs: at.getTime() - received, mostMs: at.getTime() + grainMs - sent };
}

/** Clocks that may be the same count as the same: a slow answer says nothing. */
function evident({ fewestMs, mostMs }: Told): number {
  return fewestMs <= 0 && mostMs >= 0 ? 0 : Math.round((fewestMs + mostMs) / 2);
}
