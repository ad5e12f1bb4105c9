import { errors } from 'cassandra-driver';
import { CqlformError, reasonOf } from '../kernel/errors.ts';
import type { Mutation } from '../model/row.ts';
import type { Table } from '../model/schema.ts';
import type { CqlType } from '../model/type.ts';
import type { WriterRequest } from '../ports/cluster.ts';
import { nodesMissing, troubleOf } from './scan-errors.ts';

/** Whose write it was. */
export type WrittenKey = Pick<Mutation, 'partitionKey' | 'clusteringKey'>;

/** The error of a write that was given up. `repeatable`: sending it again could have done no harm. */
export function writeError(
  thrown: unknown,
  written: WrittenKey,
  options: { readonly request: WriterRequest; readonly repeatable: boolean },
): CqlformError {
  const { keyspace, table, consistency } = options.request;
  const name = `${keyspace}.${table.name}`;
  const key = keyText(table, written);
  const fields = { keyspace, table: table.name, key, consistency };
  const reason = reasonOf(thrown);
  const trouble = troubleOf(thrown);
  if (trouble === 'refused') {
    return new CqlformError('WRITE_REFUSED', `writing ${key} into ${name} was refused: ${reason}`, {
      next: 'Check that the table is as planned and that the role may MODIFY it.',
      fields,
      cause: thrown,
    });
  }
  if (trouble === 'unavailable') return nodesMissing(thrown, `writing ${key} into ${name} at ${consistency}`, fields);
  if (options.repeatable || trouble === 'overloaded' || thrown instanceof errors.NoHostAvailableError) {
    return new CqlformError('WRITE_FAILED', `writing ${key} into ${name} failed: ${reason}`, {
      next: 'Run the command again when the cluster is less busy; what was written already is not harmed.',
      fields,
      retryable: true,
      cause: thrown,
    });
  }
  return new CqlformError('WRITE_UNKNOWN', `whether ${key} was written into ${name} is unknown: ${reason}`, {
    next: 'Run the command again: the range is read and written anew, a list at a later time, a counter by its difference.',
    fields,
    retryable: true,
    cause: thrown,
  });
}

/** A key for people, as CQL literals: `id = 7 AND at = 0x00ff`. */
export function keyText(table: Table, written: WrittenKey): string {
  const names = [...table.partitionKey, ...table.clusteringKey.map((part) => part.column)];
  const parts = [...written.partitionKey, ...(written.clusteringKey ?? [])];
  return parts
    .map((bytes, index) => {
      const name = names[index] ?? '?';
      const type = table.columns.find((column) => column.name === name)?.type;
      return `${name} = ${partText(Buffer.from(bytes), type)}`;
    })
    .join(' AND ');
}

const longest = 80;

function partText(bytes: Buffer, type: CqlType | undefined): string {
  const scalar = type?.kind === 'scalar' ? type.name : null;
  const text = scalar === null ? null : scalarText(bytes, scalar);
  const shown = text ?? `0x${bytes.toString('hex')}`;
  return shown.length > longest ? `${shown.slice(0, longest)}…` : shown;
}

function scalarText(bytes: Buffer, name: string): string | null {
  if (name === 'text' || name === 'ascii') return `'${bytes.toString().replaceAll("'", "''")}'`;
  if (name === 'int' && bytes.length === 4) return String(bytes.readInt32BE());
  if (name === 'smallint' && bytes.length === 2) return String(bytes.readInt16BE());
  if (name === 'tinyint' && bytes.length === 1) return String(bytes.readInt8());
  if (name === 'bigint' && bytes.length === 8) return String(bytes.readBigInt64BE());
  if (name === 'timestamp' && bytes.length === 8) {
    const time = new Date(Number(bytes.readBigInt64BE()));
    return Number.isNaN(time.getTime()) ? null : `'${time.toISOString()}'`;
  }
  if ((name === 'uuid' || name === 'timeuuid') && bytes.length === 16) {
    return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  }
  return null;
}
