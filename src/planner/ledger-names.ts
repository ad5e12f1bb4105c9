import type { CqlformError } from '../kernel/errors.ts';
import { ownTableNames } from '../model/ledger.ts';
import type { Migration } from '../model/migration.ts';
import { footprintOf } from './footprint.ts';
import { mistake } from './mistakes.ts';
import { nounOf } from './names.ts';

/**
 * Where the ledger is in the keyspace that is migrated, its tables are nobody else's: `LEDGER_TABLE` for a migration that
 * makes, changes, drops or reads one by such a name. Null: it names none.
 */
export function ledgerTableProblem(migration: Migration): CqlformError | null {
  const { writes, reads } = footprintOf(migration);
  const named = new Set([...writes, ...reads]);
  const name = ownTableNames.find(
    (own) => named.has(`${nounOf('table')} ${own}`) || named.has(`${nounOf('view')} ${own}`),
  );
  if (name === undefined) return null;
  return mistake(
    'LEDGER_TABLE',
    { migration: migration.id, object: name },
    {
      message: `${name} is a table of the ledger, which is in this keyspace`,
      next: 'Give the table another name, or the ledger a keyspace of its own: `ledgerKeyspace` in the configuration.',
    },
  );
}
