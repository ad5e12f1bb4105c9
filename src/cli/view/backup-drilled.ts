import type { DrilledTable, DrillReport } from '../../app/backup-drill.ts';
import { bytesText, durationText, plural, rowsText } from './numbers.ts';
import type { Paint } from './paint.ts';

export function drillText(report: DrillReport, paint: Paint): string {
  const verdict = report.matches ? paint.good('Matches:') : paint.fail('Does not match:');
  const lines = report.tables.map((one) => {
    const result =
      one.problem === null ? `digest ${one.expected.slice(0, 12)} as in the manifest` : paint.fail(one.problem);
    return `  ${one.table}: ${factsOf(one)}; ${result}`;
  });
  const removed = report.removed.map((keyspace) => `  ${keyspace}, left by a drill that was killed, is removed`);
  return [`${verdict} backup ${report.backup}, ${summaryOf(report)}.`, ...lines, ...removed].join('\n');
}

/** For a pull request, a ticket or the record of an audit. */
export function drillMarkdown(report: DrillReport): string {
  const rows = report.tables.map((one) => {
    const cells = [one.table, factsOf(one), `\`${one.expected}\``, one.problem ?? 'matches'];
    return `| ${cells.map(escaped).join(' | ')} |`;
  });
  return [
    `## Restore drill: ${report.matches ? 'matches' : 'does not match'}`,
    '',
    `Backup \`${report.backup}\` of keyspace \`${report.keyspace}\` on ${escaped(report.cluster)}, ${summaryOf(report)}, at ${report.startedAt}.`,
    '',
    '| Table | Restored | Digest in the manifest | Result |',
    '| --- | --- | --- | --- |',
    ...rows,
    ...report.removed.map((keyspace) => `\nThe keyspace \`${keyspace}\`, left by a drill that was killed, is removed.`),
  ].join('\n');
}

function summaryOf({ createdAt, bytes, drilledOn, milliseconds }: DrillReport): string {
  const taken = `${createdAt.slice(0, 19).replace('T', ' ')} UTC`;
  return `taken ${taken}, ${bytesText(bytes)}, restored on ${drilledOn} in ${durationText(milliseconds)}`;
}

function factsOf(one: DrilledTable): string {
  const expired = one.expired === 0 ? '' : `, ${plural(one.expired, 'cell')} had run out`;
  return `${rowsText(one)}${expired}, ${durationText(one.milliseconds)}`;
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|');
}
