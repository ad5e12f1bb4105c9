import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { finished } from 'node:stream/promises';
import { systemClock } from '../../src/cassandra/system-clock.ts';
import { parseType } from '../../src/cql/type-text.ts';
import type { ColumnMapping, CopySpec } from '../../src/model/data.ts';
import type { Table } from '../../src/model/schema.ts';

export const columns =
  'device text, day int, at timestamp, reading double, level int, status text, note text, owner uuid, total bigint, PRIMARY KEY ((device, day), at, owner)';
export const columnNames = ['device', 'day', 'at', 'reading', 'level', 'status', 'note', 'owner', 'total'];
const types = new Map(
  columns
    .split(', PRIMARY')[0]
    ?.split(', ')
    .map((part) => part.split(' ') as [string, string]),
);

/** A table of these columns. */
function readingsTable(name: string): Table {
  return {
    kind: 'table',
    name,
    columns: columnNames.map((column) => ({ name: column, type: parseType(types.get(column) ?? ''), static: false })),
    partitionKey: ['device', 'day'],
    clusteringKey: ['at', 'owner'].map((column) => ({ column, order: 'asc' as const })),
    options: {},
  };
}

/** The whole table into its copy; mode `through` carries all columns over, `function` makes one of them by a function. */
function copySpec(mode: string): CopySpec {
  const columns = Object.fromEntries(
    columnNames.map((name): [string, ColumnMapping] => [name, { kind: 'column', from: name }]),
  );
  if (mode === 'function') columns['note'] = { kind: 'function', value: (row) => `${String(row['note'])}!` };
  const [table, into] = [readingsTable('readings'), readingsTable('readings_copy')];
  return { kind: 'copy', index: 0, from: { kind: 'table', table }, into, maxRejects: 0, columns };
}

/** What copies of that table and comparisons of it have in common. */
export function requestOf(mode: string): {
  readonly spec: CopySpec;
  readonly from: Table;
  readonly into: Table;
  readonly startedAt: Date;
  readonly timestamp: bigint;
  readonly floor: null;
} {
  const spec = copySpec(mode);
  const [from, startedAt, timestamp] = [readingsTable('readings'), new Date(), systemClock.micros()];
  return { spec, from, into: spec.into, startedAt, timestamp, floor: null };
}

const partitions = 10_500;
const firstMoment = Date.UTC(2025, 0, 1);

/** Writes the CSV file once: nine columns in 10,500 partitions, partitions scattered or one after another. */
export async function csvFile(path: string, rows: number, order: 'scattered' | 'sorted'): Promise<void> {
  if (existsSync(path)) return;
  await mkdir(dirname(path), { recursive: true });
  const file = createWriteStream(`${path}.partial`);
  file.write(`${columnNames.join(',')}\n`);
  const perPartition = Math.ceil(rows / partitions);
  let seed = 42;
  const random = (): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
  let text = '';
  for (let row = 0; row < rows; row += 1) {
    const scattered = (Math.imul(row, 2654435761) >>> 0) % partitions;
    const partition = order === 'sorted' ? Math.floor(row / perPartition) : scattered;
    text += `${csvRow(row, partition, random)}\n`;
    if (text.length < 1_000_000) continue;
    if (!file.write(text)) await new Promise<void>((resolve) => file.once('drain', resolve));
    text = '';
  }
  file.end(text);
  await finished(file);
  await rename(`${path}.partial`, path);
}

function csvRow(row: number, partition: number, random: () => number): string {
  const device = `device-${String(partition % 350).padStart(5, '0')}`;
  const at = new Date(firstMoment + row * 1000).toISOString();
  const status = ['ok', 'warn', 'error'][row % 3] ?? '';
  const owner = `${'0123456789abcdef'.charAt(partition % 16).repeat(8)}-aaaa-4bbb-8ccc-${String(row).padStart(12, '0')}`;
  const numbers = `${(random() * 1000).toFixed(4)},${Math.floor(random() * 1e6)}`;
  return `${device},${Math.floor(partition / 350)},${at},${numbers},${status},"note ${row}, of ${partition}",${owner},${row * 7919}`;
}
