import { join } from 'node:path';

/** Where the rows that a data step rejects go, in the project's state folder; `run`: of the run, or of a replay. */
export function rejectsName(stateFolder: string, of: { readonly run: string; readonly step: string }): string {
  return join(stateFolder, 'rejects', of.run, `${of.step.replaceAll('/', '-')}.ndjson`);
}
