import { CqlformError } from '../kernel/errors.ts';
import { own } from '../kernel/own.ts';
import type { SchemaRow } from './introspect-rows.ts';

/** A column of `system_schema` that every server has. */
export function textField(row: SchemaRow, name: string): string {
  const value = optionalTextField(row, name);
  if (value === null) throw unreadable(row, name);
  return value;
}

export function optionalTextField(row: SchemaRow, name: string): string | null {
  const value = own(row, name);
  return value === null || value === undefined ? null : String(value);
}

export function numberField(row: SchemaRow, name: string): number {
  const value = own(row, name);
  if (typeof value !== 'number') throw unreadable(row, name);
  return value;
}

/** A list or set of texts; the driver gives null for an empty one. */
export function listField(row: SchemaRow, name: string): readonly string[] {
  const value = own(row, name);
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) throw unreadable(row, name);
  return value.map(String);
}

/** A map of texts, its keys in order. */
export function textMapField(row: SchemaRow, name: string): Readonly<Record<string, string>> {
  const value = own(row, name) ?? {};
  if (typeof value !== 'object') throw unreadable(row, name);
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, inner]): [string, string] => [key, String(inner)])
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
  );
}

function unreadable(row: SchemaRow, name: string): CqlformError {
  const subject = row['table_name'] ?? row['view_name'] ?? row['type_name'] ?? row['keyspace_name'];
  return new CqlformError('SCHEMA_UNREADABLE', `The server states no readable ${name} for ${String(subject)}.`, {
    next: 'Check that the server is Cassandra 4.0 or newer (`cqlform status`); if it is, report this with the output of DESCRIBE.',
    fields: { column: name },
  });
}
