import { createTable, createText, createType } from '../cql/create.ts';
import { emitDdl } from '../cql/ddl.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { own } from '../kernel/own.ts';
import type { Definitions } from '../model/backup.ts';
import type { LiveKeyspace } from '../model/live.ts';
import type { KeyspaceSettings, Options, Table } from '../model/schema.ts';
import { typesBehind } from '../planner/references.ts';
import type { BackupContents } from '../ports/engines.ts';
import { sendStatement } from './schema-statement.ts';
import type { Session } from './session.ts';

/** Options that every version takes in the same form. */
const plainOptions = ['comment', 'default_time_to_live', 'gc_grace_seconds'];

/**
 * The table as a backup has it, under the name given. Where the server is of another version, options that may not be
 * known there are left to its defaults.
 */
export function tableLike(
  table: Table,
  name: string,
  versions: { readonly backup: string; readonly live: string },
): Table {
  const series = (version: string): string => version.split('.').slice(0, 2).join('.');
  if (series(versions.backup) === series(versions.live)) return { ...table, name };
  const options: Options = Object.fromEntries(
    Object.entries(table.options).filter(([option]) => plainOptions.includes(option)),
  );
  return { ...table, name, options };
}

/** Makes the keyspace where it is missing. Throws `KEYSPACE_MISSING` where nobody says how it is replicated. */
export async function ensureKeyspace({ cluster, project }: Session): Promise<LiveKeyspace> {
  const live = await cluster.describe(project.keyspace);
  if (live.exists) return live;
  if (project.replication === null) {
    throw new CqlformError(
      'KEYSPACE_MISSING',
      `there is no keyspace ${live.name}, and nothing says how to replicate it`,
      {
        next: 'Create it, or say `replication` in the configuration.',
        fields: { keyspace: live.name },
        exitCode: exitCodes.usage,
      },
    );
  }
  await makeKeyspace(cluster, live.name, { kind: 'keyspace', replication: project.replication });
  return cluster.describe(live.name);
}

/** One that must not be there yet. */
export async function makeKeyspace(
  cluster: Session['cluster'],
  keyspace: string,
  settings: KeyspaceSettings,
): Promise<void> {
  const text = emitDdl({ kind: 'create-keyspace', settings }, { keyspace, tableId: null, dropTimestamp: null });
  await sendStatement(cluster, text, async () => (await cluster.describe(keyspace)).exists);
}

/** Makes a table, and before it those of its types that are not there. */
export async function makeTable(
  cluster: Session['cluster'],
  keyspace: string,
  { table, types }: { readonly table: Table; readonly types: BackupContents['types'] },
): Promise<void> {
  const there = (await cluster.describe(keyspace)).schema;
  for (const type of typesBehind([table], { types })) {
    if (own(there.types, type.name) !== undefined) continue;
    await sendStatement(cluster, createType(type, keyspace), async () => {
      const { schema } = await cluster.describe(keyspace);
      return own(schema.types, type.name) !== undefined;
    });
  }
  await sendStatement(cluster, createTable(table, { keyspace, id: null }), async () => {
    const { schema } = await cluster.describe(keyspace);
    return own(schema.tables, table.name) !== undefined;
  });
}

/** An index or a view beside a table that was made. */
export interface MadeBeside {
  readonly name: string;
  /** Why the server did not take it; null: it is there. */
  readonly refused: string | null;
}

/** Makes indexes and views of a table that are not there. What the server refuses is told, and the rows stay. */
export async function makeBeside(
  cluster: Session['cluster'],
  keyspace: string,
  { table, definitions }: { readonly table: string; readonly definitions: Definitions },
): Promise<readonly MadeBeside[]> {
  const { schema } = await cluster.describe(keyspace);
  const there = (name: string, of: typeof schema): boolean =>
    own(of.indexes, name) !== undefined || own(of.views, name) !== undefined;
  const wanted = [...definitions.indexes, ...definitions.views].filter(
    (one) => one.table === table && !there(one.name, schema),
  );
  const made: MadeBeside[] = [];
  for (const one of wanted) {
    try {
      await sendStatement(cluster, createText(one, keyspace), async () =>
        there(one.name, (await cluster.describe(keyspace)).schema),
      );
      made.push({ name: one.name, refused: null });
    } catch (thrown) {
      if (!(thrown instanceof CqlformError) || thrown.code !== 'DDL_REFUSED') throw thrown;
      made.push({ name: one.name, refused: thrown.message });
    }
  }
  return made;
}
