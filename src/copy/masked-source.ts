import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { Table } from '../model/schema.ts';
import type { Rows } from '../ports/cluster.ts';

/** Throws `MASKED_COLUMNS` when the role reads `****` where there are values: they would be written as the values. */
export async function assertReadsInTheClear(
  rows: Pick<Rows, 'readsMasked'>,
  keyspace: string,
  table: Table,
): Promise<void> {
  if (!(await rows.readsMasked(keyspace, table))) return;
  const name = `${keyspace}.${table.name}`;
  throw new CqlformError('MASKED_COLUMNS', `${name} has masked columns that this role cannot read in the clear`, {
    next: `Grant it: GRANT UNMASK ON TABLE ${name} TO <role>; else the masks would be copied in place of the values.`,
    fields: { keyspace, table: table.name },
    exitCode: exitCodes.blocked,
  });
}
