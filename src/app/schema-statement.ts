import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { Cluster } from '../ports/cluster.ts';

const agreementTimeoutMs = 60_000;

/**
 * Sends a schema statement once, and waits until the nodes agree. When it timed out, `landed` tells whether it took effect
 * nevertheless. Throws `DDL_REFUSED` and `DDL_TIMED_OUT`.
 */
export async function sendStatement(
  cluster: Cluster,
  statement: string,
  landed: () => Promise<boolean>,
): Promise<void> {
  const outcome = await cluster.execute(statement);
  if (outcome.kind === 'unknown') await cluster.barrier();
  await cluster.agree(agreementTimeoutMs);
  if (outcome.kind === 'done' || (await landed())) return;
  throw new CqlformError('DDL_TIMED_OUT', `the statement timed out and did not take effect: ${statement}`, {
    next: 'Run the same command again.',
    fields: { statement },
    retryable: true,
    exitCode: exitCodes.partlyApplied,
  });
}
