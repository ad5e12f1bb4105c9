import { openProgram } from './code/program.ts';
import { reachedParts } from './code/reach.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { OwnExports } from './own-exports.ts';
import { fileFindings } from './rules/files.ts';
import { purityFindings } from './rules/purity.ts';
import { signalFindings } from './rules/signals.ts';

export interface FileCheck {
  readonly found: readonly Diagnostic[];
  /** False when the file cannot be imported. */
  readonly loadable: boolean;
}

/** What reading a migration file and its lib/ files shows, without running them. */
export function checkMigrationFile(path: string, own: OwnExports): FileCheck {
  const program = openProgram(path);
  const broken = fileFindings(program, { what: 'MIGRATION', own });
  if (broken.length > 0) return { found: broken, loadable: false };
  const parts = reachedParts(program);
  return { found: [...purityFindings(parts, program), ...signalFindings(parts, program)], loadable: true };
}
