import { setTimeout as wait } from 'node:timers/promises';
import { CqlformError } from '../kernel/errors.ts';
import type { Connection } from './connect.ts';
import type { SchemaSession } from './execute.ts';
import { addressOf, answers, type KnownNode, knownCluster } from './health.ts';

const firstPauseMs = 10;
const longestPauseMs = 250;

/** See `Cluster.agree`. A node that takes no connections has no say: it takes the schema over when it comes back. */
export async function agree(connection: Connection, session: SchemaSession, timeoutMs: number): Promise<number> {
  const start = performance.now();
  for (let pause = firstPauseMs; ; pause = Math.min(pause * 2, longestPauseMs)) {
    const known = await knownCluster(connection, session.coordinator());
    const differing = await differingNodes(known.nodes);
    if (differing.length === 0) return Math.round(performance.now() - start);
    if (performance.now() - start + pause > timeoutMs) throw noAgreement(known.nodes, differing, timeoutMs);
    await wait(pause);
  }
}

/** The nodes that are up and state another schema than the coordinator (the first). */
async function differingNodes(nodes: readonly KnownNode[]): Promise<readonly KnownNode[]> {
  const [coordinator, ...peers] = nodes;
  const differing = peers.filter((node) => node.schemaVersion !== coordinator?.schemaVersion);
  const up = await Promise.all(differing.map(answers));
  return differing.filter((_node, index) => up[index]);
}

function noAgreement(nodes: readonly KnownNode[], differing: readonly KnownNode[], timeoutMs: number): CqlformError {
  const stated = nodes.map((node) => `${addressOf(node)} ${node.schemaVersion ?? 'none'}`);
  return new CqlformError(
    'NO_SCHEMA_AGREEMENT',
    `After ${timeoutMs} ms ${differing.map(addressOf).join(', ')} still ${differing.length === 1 ? 'has' : 'have'} another schema version than ${nodes[0] === undefined ? 'the coordinator' : addressOf(nodes[0])}.`,
    {
      next: 'Look at `nodetool describecluster`; when the nodes agree, run the same command again.',
      fields: { versions: stated },
      retryable: true,
    },
  );
}
