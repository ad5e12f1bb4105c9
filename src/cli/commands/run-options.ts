import type { RunFlags } from '../../app/apply.ts';
import { CqlformError, exitCodes } from '../../kernel/errors.ts';
import type { Emit } from '../../model/event.ts';
import { type VerifyLevel, verifyLevels } from '../../model/journal.ts';
import { mostThreads, type ThreadsWanted } from '../../ports/engines.ts';

/** Of commands that copy rows; the project's copies keep to it. */
export const rateOption = {
  type: 'string',
  describe: 'Copy at most so much a second: 5000 (rows) or 2MB (bytes)',
} as const;

/** Flags of commands that run a plan. */
export const runOptions = {
  rate: rateOption,
  'auto-approve': { type: 'boolean', default: false, describe: 'Do not ask; never consents to data loss' },
  'allow-destructive': {
    type: 'string',
    array: true,
    default: [],
    describe: 'Address whose data may be destroyed or overwritten; repeat the flag for each',
  },
  'allow-down': { type: 'string', array: true, default: [], describe: 'Node that may be down; repeatable' },
  'allow-still-written': {
    type: 'boolean',
    default: false,
    describe: 'Go on although the application keeps writing what is backed up',
  },
  'backup-consistency': {
    choices: ['ALL', 'QUORUM'] as const,
    default: 'ALL',
    describe: 'How backups before a loss are read; QUORUM is recorded in the manifest',
  },
  'verify-copies': {
    choices: verifyLevels,
    describe: 'How closely copied rows are looked at afterwards, instead of what the configuration says',
  },
  threads: {
    type: 'string',
    coerce: threadsOf,
    describe: 'How many threads run the functions of rows: a number or auto, instead of what the configuration says',
  },
  'lock-timeout': { type: 'number', default: 30, describe: 'Seconds to wait for the lease of another run' },
  'agreement-timeout': { type: 'number', default: 60, describe: 'Seconds to wait for schema agreement' },
} as const;

export interface GivenRunFlags {
  readonly 'allow-destructive': readonly string[];
  readonly 'allow-down': readonly string[];
  readonly 'allow-still-written': boolean;
  readonly 'backup-consistency': 'ALL' | 'QUORUM';
  readonly 'lock-timeout': number;
  readonly 'agreement-timeout': number;
  readonly 'backup-store': string | undefined;
  readonly 'verify-copies': VerifyLevel | undefined;
  readonly threads: ThreadsWanted | undefined;
}

export function runFlags(
  flags: GivenRunFlags,
  consented: readonly string[],
  run: { emit: Emit; signal: AbortSignal },
): RunFlags {
  return {
    allowDestructive: [...flags['allow-destructive'], ...consented],
    allowDown: flags['allow-down'],
    allowStillWritten: flags['allow-still-written'],
    backupConsistency: flags['backup-consistency'],
    leaseTimeoutMs: flags['lock-timeout'] * 1000,
    agreementTimeoutMs: flags['agreement-timeout'] * 1000,
    backupStore: flags['backup-store'],
    verifyCopies: flags['verify-copies'],
    threads: flags.threads,
    ...run,
  };
}

function threadsOf(text: string | readonly string[]): ThreadsWanted {
  if (text === 'auto') return text;
  const count = typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (count <= mostThreads) return count;
  throw new CqlformError('USAGE', `--threads is ${String(text)}, neither auto nor a number up to ${mostThreads}`, {
    next: 'Say how many threads run the functions of rows: 0 for the main thread alone, a number, or auto.',
    fields: { option: 'threads' },
    exitCode: exitCodes.usage,
  });
}
