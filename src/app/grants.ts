import { quoted, textLiteral } from '../model/identifier.ts';

export interface GrantOptions {
  readonly role: string;
  readonly keyspace: string;
  readonly ledgerKeyspace: string;
}

/**
 * The CQL that lets a role work on a keyspace and nowhere else. A role with rights on its keyspace cannot create the
 * ledger's, so the ledger is created here too.
 */
export function grantsText({ role, keyspace, ledgerKeyspace }: GrantOptions): string {
  const [who, on, ledger] = [quoted(role), quoted(keyspace), quoted(ledgerKeyspace)];
  return `${[
    `-- Run as a superuser, once. ${role} may then plan, apply, back up and roll back ${keyspace}.`,
    `CREATE ROLE IF NOT EXISTS ${who} WITH LOGIN = true AND PASSWORD = ${textLiteral('choose one')};`,
    '',
    '-- The keyspace, with the replication that it shall have; cqlform need not be allowed to create keyspaces.',
    `CREATE KEYSPACE IF NOT EXISTS ${on} WITH replication = {'class': 'NetworkTopologyStrategy', 'datacenter1': 3};`,
    ...keyspaceRights.map((right) => `GRANT ${right} ON KEYSPACE ${on} TO ${who};`),
    '',
    '-- Functions and aggregates have rights of their own.',
    ...functionRights.map((right) => `GRANT ${right} ON ALL FUNCTIONS IN KEYSPACE ${on} TO ${who};`),
    '',
    '-- From Cassandra 5.0 on: without these, masked columns are read masked, and their backup is refused.',
    `GRANT UNMASK ON KEYSPACE ${on} TO ${who};`,
    `GRANT SELECT_MASKED ON KEYSPACE ${on} TO ${who};`,
    '',
    '-- The ledger: what was applied, how it is undone, and backups that lie in the cluster.',
    `CREATE KEYSPACE IF NOT EXISTS ${ledger} WITH replication = {'class': 'NetworkTopologyStrategy', 'datacenter1': 3};`,
    ...ledgerRights.map((right) => `GRANT ${right} ON KEYSPACE ${ledger} TO ${who};`),
    '',
    '-- Whether an index has been built, and which nodes are up.',
    `GRANT SELECT ON KEYSPACE system_views TO ${who};`,
  ].join('\n')}\n`;
}

const keyspaceRights = ['CREATE', 'ALTER', 'DROP', 'SELECT', 'MODIFY'];
const functionRights = ['CREATE', 'ALTER', 'DROP', 'EXECUTE'];
const ledgerRights = ['CREATE', 'ALTER', 'SELECT', 'MODIFY'];
