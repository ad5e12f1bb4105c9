import { join } from 'node:path';
import type { InitReport } from '../../app/init.ts';
import type { Paint } from './paint.ts';

export function initText({ folder, written, kept, cutOff }: InitReport, paint: Paint): string {
  return [
    ...written.map((path) => `${paint.add('+')} ${join(folder, path)}`),
    ...kept.map(
      (path) => `${paint.faint('=')} ${join(folder, path)} ${paint.faint('is there already and stays as it is')}`,
    ),
    ...cutOff.map(
      (path) =>
        `${paint.fail('!')} ${join(folder, path)} ${paint.fail('is there already, but not all of it: delete it, then run `cqlform init` again')}`,
    ),
  ].join('\n');
}
