import type { StatusReport } from '../../app/status.ts';
import { shellWord } from '../../kernel/shell.ts';
import { consentsOf, type Plan } from '../../model/plan.ts';

/** What to do after a plan was shown. */
export function nextAfterPlan(plan: Plan, file: string | undefined): string {
  if (!plan.applyable) return 'Next: mend the errors above, then `cqlform plan` again.';
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
  if (report.drift.some((item) => item.kind !== 'unmanaged')) return 'Next: `cqlform drift` shows what differs.';
  if (report.migrations.some((one) => one.status === 'pending' || one.status === 'rolled-back'))
    return 'Next: `cqlform plan`';
  return 'Next: `cqlform new NAME` starts the next migration.';
}
