import { repositoryOf } from '../../src/app/backup.ts';
import { drillBackup } from '../../src/app/backup-drill.ts';
import { openProject } from '../../src/app/config.ts';
import { restoreTables } from '../../src/app/restore.ts';
import { withSession } from '../../src/app/session.ts';
import type { Rows } from '../../src/ports/cluster.ts';
import { inputOf, storeOf, type Wishes } from './restore-project.ts';

/** What the parent asks of this process, which kills itself on the way. */
export interface Orders {
  readonly contactPoint: string;
  readonly folder: string;
  readonly keyspace: string;
  /** Dies after so many mutations; 0: never. */
  readonly dieAfter: number;
  readonly work: 'restore' | 'drill';
  readonly wishes: Pick<Wishes, 'id' | 'tables' | 'into' | 'way'>;
}

const orders: Orders = JSON.parse(process.argv[2] ?? '');
const { folder, keyspace } = orders;

let count = 0;
function mortal(rows: Rows): Rows {
  return {
    ...rows,
    write: (request) => {
      const writer = rows.write(request);
      return {
        write: async (mutation) => {
          await writer.write(mutation);
          count += 1;
          if (count !== orders.dieAfter) return;
          // What was handed in before has arrived, so that the pieces that are done are told from the rest.
          await writer.flush();
          process.kill(process.pid, 'SIGKILL');
        },
        flush: () => writer.flush(),
      };
    },
  };
}

const project = await openProject({ contactPoints: orders.contactPoint, keyspace }, folder);
const { tables } = await withSession(project, async (session) => {
  const dying = { ...session, rows: mortal(session.rows) };
  const repository = await repositoryOf(dying, storeOf(orders));
  const input = inputOf(orders.wishes, keyspace);
  return orders.work === 'drill' ? drillBackup(dying, repository, input) : restoreTables(dying, repository, input);
});
console.log(JSON.stringify({ count, tables }));
