import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { consentsOf, type Plan } from '../model/plan.ts';
import type { Output } from './output.ts';

export interface Approval {
  readonly autoApprove: boolean;
  /** Addresses that flags consent to. */
  readonly allowed: readonly string[];
  /** The command that keeps this plan in a file, for the error's advice; null where a file cannot stand for it. */
  readonly keep: string | null;
}

/** Asks whether the plan shall run, and for each loss by its address. Gives the addresses that were typed. */
export async function approve(plan: Plan, approval: Approval, output: Output): Promise<readonly string[]> {
  const { autoApprove, allowed, keep } = approval;
  if (!autoApprove && !output.interactive) {
    throw new CqlformError('APPROVAL_MISSING', 'there is no terminal to ask on', {
      next:
        keep === null
          ? 'Read the plan, and say --auto-approve if that is what you want.'
          : `Keep the plan (\`${keep}\`), read it, and run \`cqlform apply plan.json\`; or say --auto-approve.`,
      exitCode: exitCodes.consentMissing,
    });
  }
  const missing = consentsOf(plan).filter((address) => !allowed.includes(address));
  if (!output.interactive) return [];
  const { createInterface } = await import('node:readline/promises');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const left = new Promise<never>((_, reject) => terminal.once('close', () => reject(declined('you left'))));
  left.catch(() => undefined);
  const ask = (question: string): Promise<string> => {
    const answer = terminal.question(question);
    answer.catch(() => undefined);
    return Promise.race([answer, left]);
  };
  try {
    for (const address of missing) await confirmLoss(address, ask);
    if (!autoApprove) await confirm(ask);
  } finally {
    terminal.close();
  }
  return missing;
}

async function confirm(ask: (question: string) => Promise<string>): Promise<void> {
  const answer = (await ask('Run this plan? Only "yes" does: ')).trim();
  if (answer !== 'yes') throw declined('you did not say "yes"');
}

async function confirmLoss(address: string, ask: (question: string) => Promise<string>): Promise<void> {
  const answer = (
    await ask(
      `Data at ${address} will be destroyed or overwritten (a backup comes first). Type the address to consent: `,
    )
  ).trim();
  if (answer !== address) throw declined(`you did not type ${address}`);
}

function declined(why: string): CqlformError {
  return new CqlformError('DECLINED', `nothing was run: ${why}`, {
    next: 'Run the command again when you want it.',
    exitCode: exitCodes.consentMissing,
  });
}
