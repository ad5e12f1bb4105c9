import type { Client, Host } from 'cassandra-driver';
import type { Connection } from './connect.ts';
import { connect } from './connect.ts';
import { addressOf, type KnownNode, knownCluster } from './health.ts';

/** Asks something of each node that is up, since some tables of `system` speak of their own node only. */
export async function eachNode<T>(
  connection: Connection,
  coordinator: Host,
  ask: (client: Client, host: Host) => Promise<T>,
): Promise<readonly T[]> {
  const { nodes } = await knownCluster(connection, coordinator);
  const answers = await Promise.all(nodes.map((node) => askNode(connection, node, ask)));
  return answers.flatMap((answer) => (answer === undefined ? [] : [answer.value]));
}

async function askNode<T>(
  connection: Connection,
  node: KnownNode,
  ask: (client: Client, host: Host) => Promise<T>,
): Promise<{ readonly value: T } | undefined> {
  const near = connection.client.getState().getConnectedHosts();
  const host = near.find((one) => one.address === addressOf(node));
  if (host !== undefined) return { value: await ask(connection.client, host) };
  // Not connected to: in another data center, or down.
  let own: Connection;
  try {
    own = await connect({ ...connection.options, contactPoints: [addressOf(node)], localDataCenter: node.dataCenter });
  } catch {
    return undefined;
  }
  try {
    const itself = own.client
      .getState()
      .getConnectedHosts()
      .find((one) => one.address === own.address);
    return itself === undefined ? undefined : { value: await ask(own.client, itself) };
  } finally {
    await own.shutdown();
  }
}
