import type { StatusReport } from '../../app/status.ts';
import { shellWord } from '../../kernel/shell.ts';
import { deviations } from '../../model/change.ts';
import { consentsOf, type Plan } from '../../model/plan.ts';

const driftNext = 'Next: `cqlform drift` shows what differs.';

/** What to do after a plan was shown. */
export function nextAfterPlan(plan: Plan, file: string | undefined): string {
  if (!plan.applyable) return 'Next: mend the errors above, then `cqlform plan` again.';
  if (plan.sections.length === 0 && deviations(plan.drift).length > 0) return driftNext;
  if (plan.sections.length === 0) return 'Next: `cqlform new NAME` starts the next migration.';
  const consents = consentsOf(plan).map((address) => ` --allow-destructive=${shellWord(address)}`);
  const verb = plan.kind === 'rollback' && file === undefined ? 'rollback' : 'apply';
  return `Next: \`cqlform ${verb}${file === undefined ? '' : ` ${file}`}${consents.join('')}\``;
}

export function nextAfterStatus(report: StatusReport): string {
  if (report.unfinished !== null) {
    return report.unfinished.direction === 'apply'
      ? 'Next: `cqlform apply` goes on, `cqlform rollback` takes it back.'
      : 'Next: `cqlform rollback` goes on.';
  }
  if (deviations(report.drift).length > 0) return driftNext;
  if (report.migrations.some((one) => one.status === 'pending' || one.status === 'rolled-back'))
    return 'Next: `cqlform plan`';
  return 'Next: `cqlform new NAME` starts the next migration.';
}
