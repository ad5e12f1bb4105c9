import { shellWord } from '../../kernel/shell.ts';
import { consentsOf, type Notice, type Plan, type PlanSummary, type Section } from '../../model/plan.ts';
import type { Step } from '../../model/step.ts';
import { driftText } from './drift.ts';
import { indent } from './indent.ts';
import { bytesText, countText, durationText, plural } from './numbers.ts';
import type { Paint } from './paint.ts';
import { markOf, paintMark, reverseText } from './step.ts';

/** A plan for a terminal. Readable without colour: marks and words carry everything. */
export function planText(plan: Plan, paint: Paint): string {
  const parts = [headText(plan, paint)];
  if (plan.drift.length > 0) parts.push(driftText(plan.drift, paint));
  for (const section of plan.sections) parts.push(sectionText(section, { paint, blocked: !plan.applyable }));
  const notices = plan.notices.map((notice) => noticeText(notice, paint));
  if (notices.length > 0) parts.push(notices.join('\n'));
  parts.push(footText(plan, paint));
  return `${parts.join('\n\n')}\n`;
}

function headText({ kind, target }: Plan, paint: Paint): string {
  const where = `keyspace ${paint.strong(target.keyspace)} on ${target.cluster}, Cassandra ${target.version}`;
  const environment = target.environment === null ? '' : `, environment ${target.environment}`;
  return `${kind === 'apply' ? 'Plan' : 'Rollback plan'} for ${where}${environment}`;
}

function sectionText(
  section: Section,
  { paint, blocked }: { readonly paint: Paint; readonly blocked: boolean },
): string {
  const lines = [`${paint.strong(section.migration)}${section.description === '' ? '' : `  ${section.description}`}`];
  if (section.late !== null) lines.push(paint.warn(`  late: ${section.late}`));
  for (const step of section.steps) lines.push('', stepText(step, paint));
  for (const change of section.changes) {
    if (change.kind === 'object' && change.adopted) {
      lines.push('', `  ${paint.add('*')} ${change.of} ${change.name} is there already and becomes managed`);
    }
  }
  for (const title of section.skippedData) lines.push('', paint.faint(`  > ${title}: skipped, recorded as such`));
  if (section.steps.length === 0 && section.skippedData.length === 0)
    lines.push(paint.faint(blocked ? '  not planned: see the errors below' : '  nothing to run; recorded as applied'));
  return lines.join('\n');
}

function stepText(step: Step, paint: Paint): string {
  const lines = [
    `  ${paintMark(markOf(step.work), paint)} ${paint.strong(step.address)}  ${step.title}${estimateText(step)}`,
  ];
  if (step.why !== '') lines.push(paint.change(`      # ${step.why}`));
  if (step.cql !== '') lines.push(indent(step.cql, 6));
  for (const hazard of step.hazards) lines.push(`      ${paint.warn(`! ${hazard.code}`)} ${hazard.why}`);
  if (step.consent !== null) lines.push(`      ${paint.drop(`needs --allow-destructive=${shellWord(step.consent)}`)}`);
  const undo = reverseText(step.reverse);
  if (undo !== '') lines.push(paint.faint(`      undo: ${undo}`));
  return lines.join('\n');
}

function estimateText({ work, estimate }: Step): string {
  if (work.kind === 'ddl' || work.kind === 'wait') return '';
  const rows = estimate.rows === null ? 'rows unknown' : `~${countText(estimate.rows)} rows`;
  const bytes = estimate.bytes === null ? '' : `, ${bytesText(estimate.bytes)}`;
  const time = estimate.seconds === null ? '' : `, about ${durationText(estimate.seconds * 1000)}`;
  return `  (${rows}${bytes}${time})`;
}

function noticeText(notice: Notice, paint: Paint): string {
  const painter = { error: paint.fail, warning: paint.warn, info: paint.faint }[notice.severity];
  const next = notice.next === '' ? '' : `\n  ${paint.faint('→')} ${notice.next}`;
  return `${painter(`${notice.severity}[${notice.code}]`)} ${notice.address}: ${notice.message}${next}`;
}

function footText(plan: Plan, paint: Paint): string {
  if (plan.sections.length === 0) return 'No changes: the keyspace is as the migrations say.';
  const lines = [paint.strong(summaryText(plan.summary))];
  const consents = consentsOf(plan);
  if (consents.length > 0) lines.push(`Destroys data at: ${consents.join(', ')}`);
  if (!plan.applyable) lines.push(paint.fail('This plan cannot be applied: see the errors above.'));
  return lines.join('\n');
}

export function summaryText(summary: PlanSummary): string {
  const { add, change, rebuild, destroy, adopt, data, backups, backupBytes } = summary;
  const counts = [`${add} to add`, `${change} to change`, `${rebuild} to rebuild`, `${destroy} to destroy`];
  if (adopt > 0) counts.push(`${adopt} to adopt`);
  const extra = [
    ...(data > 0 ? [plural(data, 'data step')] : []),
    ...(backups > 0
      ? [`${plural(backups, 'backup')}${backupBytes === null ? '' : ` (~${bytesText(backupBytes)})`}`]
      : []),
  ];
  return `Plan: ${counts.join(', ')}.${extra.length > 0 ? ` ${extra.join(', ')}.` : ''}`;
}
