import type { CreateReport } from '../../app/backup-create.ts';
import { bytesText, countText, rowsText, spanText } from './numbers.ts';
import type { Paint } from './paint.ts';

export function createdText(report: CreateReport, paint: Paint): string {
  const { chunks, bytes, newChunks, newBytes } = report;
  const tables = report.tables.map(
    (one) =>
      `  ${one.table}${one.columns === null ? '' : ` (${one.columns.join(', ')})`}${spanText(one.tokens)}: ${rowsText(one)}`,
  );
  return [
    `Backup ${paint.strong(report.id)} of ${report.keyspace} in ${report.store}`,
    ...tables,
    `  ${countText(chunks)} chunks, ${bytesText(bytes)}: ${bytesText(newBytes)} new in ${countText(newChunks)}, ${bytesText(bytes - newBytes)} used again`,
    ...(report.grants === 'unreadable'
      ? [paint.warn('  without roles and permissions: this role may not read system_auth')]
      : []),
  ].join('\n');
}
