import type { CopiedBackups } from '../../app/backup-copy.ts';
import type { MirroredBackup } from '../../ports/engines.ts';
import { bytesText, countText, plural } from './numbers.ts';
import type { Paint } from './paint.ts';

export function copiedBackupText(copied: MirroredBackup, paint: Paint): string {
  const { id, there, objects, bytes, newObjects, newBytes } = copied;
  const what = `${countText(objects)} objects, ${bytesText(bytes)}, read there`;
  const fresh = newObjects === 0 ? 'nothing new' : `${countText(newObjects)} new, ${bytesText(newBytes)}`;
  return `${there ? paint.faint('= there ') : paint.good('+ copied')} ${id}  ${paint.faint(`${what}; ${fresh}`)}`;
}

export function copiedBackupsText({ from, to, backups }: CopiedBackups): string {
  const bytes = backups.reduce((sum, { newBytes }) => sum + newBytes, 0);
  return `${plural(backups.length, 'backup')} of ${from} in ${to}, every byte read back; ${bytesText(bytes)} new.`;
}
