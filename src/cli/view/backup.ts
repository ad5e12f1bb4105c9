import { match } from '../../kernel/match.ts';
import type { BackupInfo } from '../../model/backup.ts';
import type { Grants } from '../../model/right.ts';
import type { VerifiedTable, VerifyReport } from '../../ports/engines.ts';
import { indent } from './indent.ts';
import { bytesText, countText, rowsText, spanText } from './numbers.ts';
import type { Paint } from './paint.ts';

export function backupListText(infos: readonly BackupInfo[], paint: Paint): string {
  if (infos.length === 0) return 'No backups in this store.';
  return infos
    .map((info) => {
      const tables = info.tables.map(
        (one) => `${one.table}${one.columns === null ? '' : ` (${one.columns.join(', ')})`}${spanText(one.tokens)}`,
      );
      const sum = (of: 'rows' | 'staticRows'): number => info.tables.reduce((all, one) => all + one[of], 0);
      const rows = rowsText({ rows: sum('rows'), staticRows: sum('staticRows') });
      return `${paint.strong(info.id)}\n  ${dateText(info.createdAt)}  ${tables.join(', ')}  ${rows}, ${bytesText(info.bytes)}${info.format === 'csv' ? ' of plain files' : ''}${info.writeTimes ? '' : ', without write times'}`;
    })
    .join('\n');
}

export function backupText(info: BackupInfo, paint: Paint): string {
  const lines = [
    `Backup    ${paint.strong(info.id)}`,
    `Taken     ${dateText(info.createdAt)} of keyspace ${info.keyspace}`,
    ...(info.strategy === null ? [] : [`Strategy  ${info.strategy}`]),
    ...(info.schedule === null ? [] : [`Schedule  ${info.schedule}`]),
    `Store     ${info.store}, ${bytesText(info.bytes)}`,
    `Format    ${info.format === 'csv' ? 'plain CSV files' : 'chunks'}, ${info.compression === 'none' ? 'not compressed' : info.compression}`,
    ...(info.writeTimes ? [] : ['Times     none: no write times and no TTLs are in it']),
    `Manifest  ${info.manifestHash}`,
  ];
  if (info.grants !== null) lines.push(`Grants    ${grantsText(info.grants)}`);
  for (const table of info.tables) {
    lines.push(
      `Table     ${table.table}${table.columns === null ? '' : ` (columns ${table.columns.join(', ')})`}${spanText(table.tokens)}: ${rowsText(table)}`,
      `          id ${table.tableId}`,
      `          value digest ${table.valueDigest}`,
    );
    if (table.timesInferred.length > 0)
      lines.push(`          write times inferred for ${table.timesInferred.join(', ')}`);
    lines.push(paint.faint(indent(table.definition, 10)));
  }
  return lines.join('\n');
}

function grantsText(grants: Grants): string {
  return match(grants, {
    none: () => 'the servers checked none',
    unreadable: ({ reason }) => `not in it: ${reason}`,
    read: ({ permissions }) =>
      permissions.length === 0
        ? 'none'
        : permissions
            .map(({ role, resource, permissions: some }) => `${role}: ${some.join(', ')} on ${resource}`)
            .join('\n          '),
  });
}

export function verifyText(report: VerifyReport, paint: Paint): string {
  const share = report.share < 100 ? ` (a sample of ${report.share}%)` : '';
  const read = `${countText(report.chunks)} chunks, ${rowsText(report)}, ${bytesText(report.bytes)} read again${share}`;
  if (report.damage.length === 0) return `${paint.good('Whole:')} ${read}.`;
  const lines = report.damage.map((one) => `  ${one.table} ${one.range}: ${one.problem} (${one.object})`);
  const restorable = report.tables.map((one) => `  ${restorableText(report, one)}`);
  return [
    `${paint.fail('Damaged:')} backup ${report.backup}: ${read}.`,
    ...lines,
    'What can be restored:',
    ...restorable,
  ].join('\n');
}

function restorableText({ backup, share }: VerifyReport, one: VerifiedTable): string {
  const { table, chunks, wholeChunks, rows, wholeRows } = one;
  if (one.isWhole) return `${table}: ${share < 100 ? 'as far as it was read, all of it' : 'all of it'}`;
  const command = `\`cqlform backup restore ${backup} --table ${table} --skip-damaged\``;
  if (share < 100) return `${table}: not all of it; without --sample, verify tells how much`;
  if (wholeChunks === 0) return `${table}: nothing`;
  return `${table}: ${countText(wholeRows)} of ${countText(rows)} rows, in ${countText(wholeChunks)} of ${countText(chunks)} chunks, by ${command}`;
}

function dateText(iso: string): string {
  return `${iso.slice(0, 19).replace('T', ' ')} UTC`;
}
