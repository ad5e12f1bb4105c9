import type { Pruned } from '../../app/backup-prune.ts';
import { bytesText, countText, plural } from './numbers.ts';
import type { Paint } from './paint.ts';

export function prunedText(pruned: Pruned, paint: Paint): string {
  const { backups, dryRun, marked, markedBytes, waiting, waitingBytes, deleted, deletedBytes, alive } = pruned;
  const lines = backups.map(({ id, reasons }) =>
    reasons.length === 0
      ? `${paint.fail('- goes ')} ${id}`
      : `${paint.good('  stays')} ${id}  ${paint.faint(reasons.join(', '))}`,
  );
  const objects = (count: number, bytes: number): string => `${countText(count)} objects, ${bytesText(bytes)}`;
  lines.push(
    `${dryRun ? 'Would go' : 'Gone'}: ${plural(pruned.forgotten, 'backup')}.`,
    `Of no use any more: ${objects(marked, markedBytes)}; deleted by a run that comes a day later.`,
  );
  if (waiting > 0) lines.push(`Waiting since an earlier run: ${objects(waiting, waitingBytes)}.`);
  lines.push(`${dryRun ? 'Would be deleted' : 'Deleted'}: ${objects(deleted, deletedBytes)}.`);
  if (alive.length > 0) lines.push(`Nothing is deleted while backups are being made: ${alive.join(', ')}.`);
  return lines.join('\n');
}
