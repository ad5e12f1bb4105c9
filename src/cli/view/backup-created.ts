import type { CreateReport } from '../../app/backup-create.ts';
import { bytesText, plural, rowsText, spanText } from './numbers.ts';
import type { Paint } from './paint.ts';

export function createdText(report: CreateReport, paint: Paint): string {
  const { rows, readBytes, chunks, bytes, newRows, newChunks, newBytes } = report;
  const amount = (some: number, of: number, stored: number): string =>
    `${plural(some, 'row')} in ${plural(of, 'chunk')}, ${bytesText(stored)}`;
  const tables = report.tables.map(
    (one) =>
      `  ${one.table}${one.columns === null ? '' : ` (${one.columns.join(', ')})`}${spanText(one.tokens)}: ${rowsText(one)}`,
  );
  return [
    `Backup ${paint.strong(report.id)} of ${report.keyspace} in ${report.store}`,
    ...tables,
    ...(report.writeTimes ? [] : untimedLines(report, paint)),
    ...report.tables
      .filter(({ timesInferred }) => timesInferred.length > 0)
      .map(({ table, timesInferred }) =>
        paint.warn(`  ${table}: the server does not tell the write times of ${timesInferred.join(', ')}`),
      ),
    ...(report.format === 'csv'
      ? [`  plain files, ${bytesText(bytes)}, in ${report.folder}; the manifest is in manifests/`]
      : [
          `  ${report.strategy}${report.why === null ? '' : `: ${report.why}`}`,
          `  read    ${plural(rows, 'row')}, ${bytesText(readBytes)}`,
          `  new     ${amount(newRows, newChunks, newBytes)}`,
          `  reused  ${amount(rows - newRows, chunks - newChunks, bytes - newBytes)}`,
        ]),
    ...(report.grants === 'unreadable'
      ? [paint.warn('  without roles and permissions: this role may not read system_auth')]
      : []),
  ].join('\n');
}

function untimedLines({ tables }: CreateReport, paint: Paint): readonly string[] {
  return [
    '  without write times and TTLs: a restore writes everything at its own time, and nothing of it ends',
    ...tables.flatMap(({ table, ttl }) => {
      if (ttl === null) return [];
      const why = ttl === 'default' ? 'it has a default TTL' : 'some of its cells have a TTL';
      return [paint.warn(`  ${table}: ${why}; what is restored of this backup stays for good`)];
    }),
  ];
}
