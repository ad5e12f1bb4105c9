import type { ExportReport } from '../../app/backup-export.ts';
import { bytesText, countText, durationText, plural } from './numbers.ts';

export function exportedText({ backup, keyspace, tables, milliseconds }: ExportReport): string {
  const lines = tables.flatMap(({ table, file, read, written, rejected, bytes, rejectsFile }) => [
    `${keyspace}.${table}: read ${countText(read)} = written ${countText(written)} + rejected ${countText(rejected)}; ${bytesText(bytes)}${file.endsWith('.parquet') ? '' : ' of text'} in ${file}`,
    ...(rejectsFile === null ? [] : [`${plural(rejected, 'row')} with reasons in ${rejectsFile}`]),
  ]);
  return [...lines, `${plural(tables.length, 'table')} of backup ${backup}, ${durationText(milliseconds)}`].join('\n');
}
