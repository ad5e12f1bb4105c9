import type { DevEvent } from '../../devcluster/events.ts';
import type { DevStatus } from '../../devcluster/status.ts';
import { match } from '../../kernel/match.ts';
import { bytesText, durationText } from './numbers.ts';
import type { Paint } from './paint.ts';

export function devEventText(event: DevEvent): string {
  return match(event, {
    'lock-waiting': ({ holder }) => `process ${holder} is at it already; waiting`,
    'runtime-found': ({ description }) => `using ${description}`,
    'jars-downloading': ({ version, into }) => `fetching Cassandra ${version} into ${into} (about 67 MB, once)`,
    'jars-ready': ({ version, files }) => `Cassandra ${version} is there (${files} jars)`,
    'image-pulling': ({ image }) => `fetching the Docker image ${image} (about 150 MB, once)`,
    'cluster-found': ({ contactPoints }) => `found running at ${contactPoints.join(', ')}`,
    'node-dead': ({ node }) => `${node} is not running any more; starting it with its data`,
    'node-starting': ({ node, contactPoint, log }) => `starting ${node} at ${contactPoint}, log in ${log}`,
    'node-ready': ({ node, milliseconds }) => `${node} is up after ${durationText(milliseconds)}`,
    'ports-moved': ({ reason }) => `another address: ${reason}`,
    'ring-waiting': ({ seen, expected }) => `${seen} of ${expected} nodes see each other`,
    'node-stopping': ({ node }) => `stopping ${node}`,
    'node-stopped': ({ node, forced }) => `${node} has stopped${forced ? ' (it had to be killed)' : ''}`,
    'data-deleted': ({ folder }) => `deleted ${folder}`,
  });
}

export function devStatusText(status: DevStatus, paint: Paint): string {
  if (status.kind === 'absent') return `No development cluster in ${status.folder}.`;
  const lines = status.nodes.map((node) => {
    const health = { up: paint.good('up'), 'not-answering': paint.warn('starting or stuck'), down: paint.fail('down') }[
      node.health
    ];
    const uptime = node.uptimeSeconds === null ? '' : `, up ${durationText(node.uptimeSeconds * 1000)}`;
    return `  ${node.name}  ${node.address}:${node.port}  ${health}${uptime}, ${bytesText(node.dataBytes)} of data, log ${node.log}`;
  });
  return [`Cassandra ${status.version}, data centre ${status.localDataCenter}`, ...lines].join('\n');
}
