import type { CreateReport } from '../../app/backup-create.ts';
import { bytesText, countText, rowsText } from './numbers.ts';
import type { Paint } from './paint.ts';

export function createdText(report: CreateReport, paint: Paint): string {
  const { chunks, bytes, newChunks, newBytes } = report;
  const tables = report.tables.map(
    (one) => `  ${one.table}${one.columns === null ? '' : ` (${one.columns.join(', ')})`}: ${rowsText(one)}`,
  );
  return [
    `Backup ${paint.strong(report.id)} of ${report.keyspace} in ${report.store}`,
    ...tables,
    `  ${countText(chunks)} chunks, ${bytesText(bytes)}: ${bytesText(newBytes)} new in ${countText(newChunks)}, ${bytesText(bytes - newBytes)} used again`,
  ].join('\n');
}
