import type { LoadReport } from '../../app/load.ts';
import type { UnloadReport } from '../../app/unload.ts';
import type { LoadProgress } from '../../copy/load.ts';
import { bytesText, countText, durationText, plural } from './numbers.ts';

/** `events: 1,204,000 rows written, 98,000 rows/s, 112.0 MiB of 214.3 MiB, 52%, 11.2 s left, 3 rejected` */
export function loadProgressText(table: string, progress: LoadProgress, elapsedMs: number): string {
  const { read, written, rejected, bytes, totalBytes, totalRows = null } = progress;
  const perSecond = elapsedMs < 200 ? null : Math.round((written / elapsedMs) * 1000);
  const parts = [`${countText(written)} rows written`];
  if (perSecond !== null) parts.push(`${countText(perSecond)} rows/s`);
  const ofBytes = bytes > 0 && totalBytes !== null && totalBytes > 0;
  if (ofBytes) parts.push(`${bytesText(bytes)} of ${bytesText(totalBytes)}`);
  else if (bytes > 0) parts.push(`${bytesText(bytes)} read`);
  // what was read may still be held; and where rows are counted, some of a file is none of its bytes
  const done = written + rejected;
  const ofRead = read > 0 && ofBytes ? (bytes / totalBytes) * (done / read) : 0;
  const share = totalRows !== null && totalRows > 0 ? done / totalRows : ofRead;
  if (share > 0) parts.push(`${Math.min(99, Math.floor(share * 100))}%`);
  if (share > 0 && share < 1 && elapsedMs >= 200) parts.push(`${durationText((elapsedMs / share) * (1 - share))} left`);
  if (rejected > 0) parts.push(`${countText(rejected)} rejected`);
  return `${table}: ${parts.join(', ')}`;
}

export function loadText(report: LoadReport): string {
  const { read, written, rejected, keyspace, table, milliseconds, dryRun, rejectsFile, notes } = report;
  const rate = milliseconds === 0 ? '' : `, ${countText(Math.round((written / milliseconds) * 1000))} rows/s`;
  const lines = [
    `${keyspace}.${table}: read ${countText(read)} = ${dryRun ? 'would be written' : 'written'} ${countText(written)} + rejected ${countText(rejected)}`,
    `${durationText(milliseconds)}${dryRun ? '' : rate}`,
  ];
  if (rejectsFile !== null) lines.push(`${plural(rejected, 'row')} with reasons in ${rejectsFile}`);
  return [...lines, ...notes].join('\n');
}

export function unloadText(report: UnloadReport): string {
  const { madeFolder } = report;
  const { read, written, rejected, bytes, keyspace, table, file, milliseconds, dryRun, rejectsFile } = report;
  const rate = milliseconds === 0 ? '' : `, ${countText(Math.round((written / milliseconds) * 1000))} rows/s`;
  const lines = [
    `${keyspace}.${table}: read ${countText(read)} = ${dryRun ? 'would be written' : 'written'} ${countText(written)} + rejected ${countText(rejected)}`,
    ...(madeFolder === null ? [] : [`the folder ${madeFolder} was not there: it ${dryRun ? 'would be' : 'was'} made`]),
    `${bytesText(bytes)}${file?.endsWith('.parquet') ? '' : ' of text'}${file === null || dryRun ? '' : ` in ${file}`}, ${durationText(milliseconds)}${rate}`,
  ];
  if (rejectsFile !== null) lines.push(`${plural(rejected, 'row')} with reasons in ${rejectsFile}`);
  return lines.join('\n');
}
