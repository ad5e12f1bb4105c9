import { CqlformError, exitCodes } from '../kernel/errors.ts';

export function notEmpty(address: string): CqlformError {
  return new CqlformError('TABLE_NOT_EMPTY', `${address} has rows`, {
    next: 'Say what shall become of them: --missing-only adds what is not there and leaves the rest, --overwrite replaces rows that the backup has, --exact makes the table what the backup has and deletes everything else; or restore into an empty table with --into.',
    exitCode: exitCodes.consentMissing,
  });
}

export function timesAhead(address: string, newest: bigint): CqlformError {
  return new CqlformError(
    'WRITE_TIMES_AHEAD',
    `${address} has cells with write times that are far ahead, up to ${newest} µs`,
    {
      next: 'Written over them, the restored rows would be dated later still, and hide whatever is written until then. Restore into another table with --into and --create; or TRUNCATE this one, and restore into it empty.',
      fields: { table: address, newest: String(newest) },
      exitCode: exitCodes.blocked,
    },
  );
}

export function dropAhead(table: string, aheadMs: number): CqlformError {
  const minutes = Math.ceil(aheadMs / 60_000);
  return new CqlformError('DROP_AHEAD', `a column of ${table} was dropped at a time that is ${minutes} minutes ahead`, {
    next: 'Until then whatever is written to it is hidden. Run the command again after that time.',
    fields: { table, minutes },
    retryable: true,
    exitCode: exitCodes.blocked,
  });
}
