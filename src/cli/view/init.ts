import { join } from 'node:path';
import type { InitReport } from '../../app/init.ts';
import type { Paint } from './paint.ts';

export function initText({ folder, written, kept }: InitReport, paint: Paint): string {
  return [
    ...written.map((path) => `${paint.add('+')} ${join(folder, path)}`),
    ...kept.map(
      (path) => `${paint.faint('=')} ${join(folder, path)} ${paint.faint('is there already and stays as it is')}`,
    ),
  ].join('\n');
}
