import type { Restored, RestorePreview } from '../../app/restore.ts';
import type { RestoredTable } from '../../app/restore-table.ts';
import type { RestoreDifference } from '../../backup/restore-differences.ts';
import { match } from '../../kernel/match.ts';
import { bytesText, countText, plural, rowsText } from './numbers.ts';
import type { Paint } from './paint.ts';

/** What is about to be restored, and how the tables differ from what they were. */
export function previewText({ backup, cluster, keyspace, tables }: RestorePreview, paint: Paint): string {
  const taken = `${backup.createdAt.slice(0, 19).replace('T', ' ')} UTC`;
  const lines = [
    `${paint.strong(backup.id)}, taken ${taken} of ${backup.keyspace} on ${backup.cluster}, into ${keyspace} on ${cluster}`,
  ];
  if (!backup.writeTimes)
    lines.push(
      `  ${paint.warn('the backup has no write times: all is written at one time, that of this restore, and without TTLs')}`,
    );
  for (const { table, into, create, differences, leaveOut, ...counts } of tables) {
    const name = table === into ? table : `${table} → ${into}`;
    lines.push(`  ${name}: ${rowsText(counts)}${create ? ', the table is made' : ''}`);
    const shown = new Set(differences.map(({ column }) => column));
    for (const one of differences) lines.push(`    ${paint.warn(differenceText(one))}`);
    for (const column of leaveOut) if (!shown.has(column)) lines.push(`    ${column} is left out`);
  }
  return lines.join('\n');
}

function differenceText(difference: RestoreDifference): string {
  return match(difference, {
    gone: ({ column, type }) => `${column} ${type} is not there any more: left out`,
    retyped: ({ column, from, to, why }) =>
      why === null ? `${column} was ${from} and is ${to}: left out` : `${column} ${to}: ${why}: left out`,
    widened: ({ column, from, to }) => `${column} was ${from} and is ${to}, which takes the same values`,
    added: ({ column, type }) => `${column} ${type} is new since: left as it is`,
    're-added': ({ column, droppedAt }) =>
      `${column} was dropped at ${droppedAt} and added again: its cells are written as of then`,
  });
}

export function restoredText(restored: Restored, paint: Paint): string {
  return restored.tables
    .map((one) => {
      const name = restored.tables.length === 1 ? '' : `${one.into}: `;
      return restored.dryRun ? `${name}${dryText(one, restored.bytes)}` : `${name}${tableText(one, paint)}`;
    })
    .join('\n');
}

function dryText({ written, deleted, expired }: RestoredTable, bytes: number): string {
  const more = [
    ...(deleted === 0 ? [] : [`${plural(deleted, 'row')} deleted`]),
    ...(expired === 0 ? [] : [`${plural(expired, 'cell')} left out that had run out`]),
  ].map((text) => `, ${text}`);
  return `${plural(written, 'row')} would be written${more.join('')}; the backup holds ${bytesText(bytes)}.`;
}

function tableText(report: RestoredTable, paint: Paint): string {
  const { written, deleted, expired, hidden, mode, digest, expected, skippedChunks, beside } = report;
  const facts = [
    ...(mode === 'missing' ? [`${plural(written, 'row')} of them lacked something`] : []),
    ...(skippedChunks === 0 ? [] : [`${plural(skippedChunks, 'chunk')} passed over that are damaged`]),
    ...(deleted === 0 ? [] : [`${plural(deleted, 'row')} deleted`]),
    ...(expired === 0 ? [] : [`${plural(expired, 'cell')} had run out`]),
    ...(hidden === 0 ? [] : [`${countText(hidden)} hidden by later deletions, so written at the present time`]),
  ].map((text) => `, ${text}`);
  const result =
    digest === expected
      ? paint.good(
          (mode === 'new-table' || mode === 'exact') && skippedChunks === 0
            ? 'digest as in the backup'
            : 'digest as it has to be',
        )
      : paint.fail(`digest ${digest} differs from ${expected}, which it has to be`);
  const made = beside.filter(({ refused }) => refused === null).map(({ name }) => name);
  const refused = beside.flatMap((one) =>
    one.refused === null ? [] : [`\n  ${paint.warn(`${one.name} was refused: ${one.refused}`)}`],
  );
  const besides = `${made.length === 0 ? '' : `\n  ${made.join(', ')} made`}${refused.join('')}`;
  return `Restored ${rowsText(report)}${facts.join('')}; ${result}.${besides}`;
}
