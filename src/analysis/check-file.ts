import { openProgram } from './code/program.ts';
import { reachedParts } from './code/reach.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { OwnExports } from './own-exports.ts';
import { fileFindings } from './rules/files.ts';
import { purityFindings } from './rules/purity.ts';
import { signalFindings } from './rules/signals.ts';
import { datesMade, type MadeDate } from './rules/text-dates.ts';

export interface FileCheck {
  readonly found: readonly Diagnostic[];
  /** To be looked at with types: see `text-dates.ts`. */
  readonly dates: readonly MadeDate[];
  /** False when the file cannot be imported. */
  readonly loadable: boolean;
}

/** What reading a migration file and its lib/ files shows, without running them. */
export function checkMigrationFile(path: string, own: OwnExports): FileCheck {
  const program = openProgram(path);
  const broken = fileFindings(program, { what: 'MIGRATION', own });
  if (broken.length > 0) return { found: broken, dates: [], loadable: false };
  const parts = reachedParts(program);
  const found = [...purityFindings(parts, program), ...signalFindings(parts, program)];
  return { found, dates: datesMade(parts, program), loadable: true };
}
