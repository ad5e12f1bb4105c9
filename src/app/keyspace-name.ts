import { CqlformError, exitCodes } from '../kernel/errors.ts';

/** What Cassandra keeps for itself; nobody creates or alters anything there. */
const systemKeyspaces: ReadonlySet<string> = new Set([
  'system',
  'system_auth',
  'system_cluster_metadata',
  'system_distributed',
  'system_schema',
  'system_traces',
  'system_views',
  'system_virtual_schema',
]);

export function isSystemKeyspace(name: string): boolean {
  return systemKeyspaces.has(name.toLowerCase());
}

/** A keyspace that a project may have. Keyspaces become folders on disk, which bounds their names. */
export function keyspaceNamed(name: string): string {
  if (isSystemKeyspace(name)) {
    throw new CqlformError('KEYSPACE_SYSTEM', `keyspace ${name} is Cassandra's own`, {
      next: 'Name a keyspace of yours: in the configuration, with --keyspace or in CQLFORM_KEYSPACE.',
      exitCode: exitCodes.usage,
    });
  }
  if (/^\w{1,48}$/.test(name)) return name;
  throw new CqlformError('KEYSPACE_NAME', `keyspace ${JSON.stringify(name)}: Cassandra has no such names`, {
    next: 'Use letters, digits and _ only, at most 48 of them.',
    exitCode: exitCodes.usage,
  });
}
