import type { AnyCommand } from './command.ts';
import { applyCommand } from './commands/apply.ts';
import { assessCommand } from './commands/assess.ts';
import { backupCommand } from './commands/backup.ts';
import { baselineCommand } from './commands/baseline.ts';
import { catchUpCommand } from './commands/catch-up.ts';
import { checkCommand } from './commands/check.ts';
import { devCommand } from './commands/dev.ts';
import { driftCommand } from './commands/drift.ts';
import { dualWriteCommand } from './commands/dual-write.ts';
import { historyCommand } from './commands/history.ts';
import { initCommand } from './commands/init.ts';
import { introspectCommand } from './commands/introspect.ts';
import { loadCommand } from './commands/load.ts';
import { lockCommand } from './commands/lock.ts';
import { newCommand } from './commands/new.ts';
import { planCommand } from './commands/plan.ts';
import { rebaseCommand } from './commands/rebase.ts';
import { redoCommand } from './commands/redo.ts';
import { replayCommand } from './commands/replay.ts';
import { resolveCommand } from './commands/resolve.ts';
import { rollbackCommand } from './commands/rollback.ts';
import { showCommand } from './commands/show.ts';
import { statusCommand } from './commands/status.ts';
import { unloadCommand } from './commands/unload.ts';
import { verifyCommand } from './commands/verify.ts';

/** Every command, in the order of `--help`: the order in which a new user meets them. */
export const commands: readonly AnyCommand[] = [
  initCommand,
  introspectCommand,
  assessCommand,
  newCommand,
  checkCommand,
  planCommand,
  applyCommand,
  statusCommand,
  historyCommand,
  showCommand,
  driftCommand,
  dualWriteCommand,
  catchUpCommand,
  verifyCommand,
  replayCommand,
  rollbackCommand,
  redoCommand,
  rebaseCommand,
  backupCommand,
  loadCommand,
  unloadCommand,
  resolveCommand,
  baselineCommand,
  lockCommand,
  devCommand,
];
