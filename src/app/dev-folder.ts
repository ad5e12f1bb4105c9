import { join } from 'node:path';

/** Where a project's development cluster lives. */
export function devFolder(stateFolder: string): string {
  return join(stateFolder, 'dev');
}
