import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { Emit } from '../model/event.ts';
import type { NodeHealth } from '../model/live.ts';
import type { Cluster } from '../ports/cluster.ts';
import { preflightClocks } from './preflight-clocks.ts';

export interface PreflightInput {
  readonly cluster: Cluster;
  /** Addresses of nodes that may be down, said by name. */
  readonly allowDown: readonly string[];
  readonly agreementTimeoutMs: number;
  readonly emit: Emit;
}

/** Looks whether the cluster can take a schema change at all, before the first step. */
export async function preflight({ cluster, allowDown, agreementTimeoutMs, emit }: PreflightInput): Promise<void> {
  const nodes = await cluster.health();
  const down = nodes.filter((node) => !node.up);
  const unexpected = down.filter((node) => !allowDown.some((allowed) => isSameHost(allowed, node.address)));
  emit({
    kind: 'preflight',
    check: 'nodes up',
    ok: down.length === 0,
    detail: `${nodes.length - down.length} of ${nodes.length}`,
  });
  if (unexpected.length > 0) throw nodesDown(unexpected);
  const versions = [...new Set(nodes.map((node) => node.version))];
  emit({ kind: 'preflight', check: 'one release version', ok: versions.length === 1, detail: versions.join(', ') });
  if (versions.length > 1) throw mixedVersions(versions);
  await preflightClocks(cluster, emit);
  await cluster.agree(agreementTimeoutMs);
  emit({ kind: 'preflight', check: 'schema agreement', ok: true, detail: 'all nodes agree' });
}

function isSameHost(allowed: string, address: string): boolean {
  return allowed === address || address.startsWith(`${allowed}:`);
}

function nodesDown(down: readonly NodeHealth[]): CqlformError {
  const names = down.map((node) => node.address);
  return new CqlformError(
    'NODES_DOWN',
    `${names.join(', ')} cannot be reached: a schema change now could leave them behind`,
    {
      next: `Bring them up, or name each that may stay down: ${names.map((name) => `--allow-down=${name}`).join(' ')}. Repair them when they are back.`,
      fields: { nodes: names },
      retryable: true,
      exitCode: exitCodes.blocked,
    },
  );
}

function mixedVersions(versions: readonly string[]): CqlformError {
  return new CqlformError('MIXED_VERSIONS', `the nodes run different versions: ${versions.join(', ')}`, {
    next: 'Finish the upgrade first: schema changes in the middle of one can break the older nodes.',
    fields: { versions },
    exitCode: exitCodes.blocked,
  });
}
