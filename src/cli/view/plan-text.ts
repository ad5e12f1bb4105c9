import { shellWord } from '../../kernel/shell.ts';
import { deviations } from '../../model/change.ts';
import { consentsOf, type Notice, type Plan, type PlanSummary, type Section } from '../../model/plan.ts';
import { consentsOfStep, type Step } from '../../model/step.ts';
import { driftText } from './drift.ts';
import { indent } from './indent.ts';
import { bytesText, countText, durationText, plural } from './numbers.ts';
import type { Paint } from './paint.ts';
import { markOf, paintMark, reverseText } from './step.ts';
import { readableCql } from './step-cql.ts';

/** A plan for a terminal. Readable without colour: marks and words carry everything. */
export function planText(plan: Plan, paint: Paint): string {
  const parts = [headText(plan, paint)];
  if (plan.drift.length > 0) parts.push(driftText(plan.drift, paint));
  for (const section of plan.sections) parts.push(sectionText(section, { paint, plan }));
  const said = new Set(plan.sections.flatMap((section) => adoptions(section, plan).map(({ address }) => address)));
  const mute = ({ code, address }: Notice): boolean => code === 'ADOPTED' && said.has(address);
  const notices = plan.notices.filter((notice) => !mute(notice)).map((notice) => noticeText(notice, paint));
  if (notices.length > 0) parts.push(notices.join('\n'));
  parts.push(footText(plan, paint));
  return `${parts.join('\n\n')}\n`;
}

function headText({ kind, target }: Plan, paint: Paint): string {
  const where = `keyspace ${paint.strong(target.keyspace)} on ${target.cluster}, Cassandra ${target.version}`;
  const environment = target.environment === null ? '' : `, environment ${target.environment}`;
  return `${kind === 'apply' ? 'Plan' : 'Rollback plan'} for ${where}${environment}`;
}

function sectionText(section: Section, { paint, plan }: { readonly paint: Paint; readonly plan: Plan }): string {
  const lines = [`${paint.strong(section.migration)}${section.description === '' ? '' : `  ${section.description}`}`];
  if (section.late !== null) lines.push(paint.warn(`  late: ${section.late}`));
  for (const step of section.steps) lines.push('', stepText(step, { paint, keyspace: plan.target.keyspace }));
  const adopted = adoptions(section, plan).map(({ text }) => `  ${paint.add('*')} ${text}`);
  if (adopted.length > 0) lines.push('', ...adopted);
  for (const title of section.skippedData) lines.push('', paint.faint(`  > ${title}: skipped, recorded as such`));
  if (section.steps.length === 0 && section.skippedData.length === 0) lines.push(paint.faint(`  ${nothingText(plan)}`));
  return lines.join('\n');
}

function nothingText({ kind, applyable }: Plan): string {
  if (!applyable) return 'not planned: see the errors below';
  return `nothing to run; recorded as ${kind === 'apply' ? 'applied' : 'rolled back'}`;
}

interface Adoption {
  readonly address: string;
  readonly text: string;
}

/** What is as wanted without a step and only becomes managed; in a rollback, what stays and is managed no more. */
function adoptions({ changes, steps }: Section, { kind, target: { keyspace } }: Plan): readonly Adoption[] {
  const what = kind === 'apply' ? 'there already and becomes managed' : 'left as it is and no longer managed';
  const setsKeyspace = steps.some(({ work }) => work.kind === 'ddl' && work.ddl.kind.endsWith('-keyspace'));
  return changes.flatMap((change): readonly Adoption[] => {
    if (change.kind === 'object')
      return change.adopted
        ? [{ address: `${keyspace}.${change.name}`, text: `${change.of} ${change.name} is ${what}` }]
        : [];
    const said = setsKeyspace || kind === 'rollback';
    return said ? [] : [{ address: keyspace, text: `what is said of keyspace ${keyspace} is ${what}` }];
  });
}

function stepText(step: Step, { paint, keyspace }: { readonly paint: Paint; readonly keyspace: string }): string {
  const lines = [
    `  ${paintMark(markOf(step.work), paint)} ${paint.strong(step.address)}  ${step.title}${estimateText(step)}`,
  ];
  if (step.why !== '') lines.push(paint.change(`      # ${step.why}`));
  const { text, leftOut } = readableCql(step, keyspace);
  if (text !== '') lines.push(indent(text, 6));
  if (leftOut !== null) lines.push(paint.faint(`          -- ${leftOut}`));
  for (const hazard of step.hazards) lines.push(`      ${paint.warn(`! ${hazard.code}`)} ${hazard.why}`);
  for (const address of consentsOfStep(step))
    lines.push(`      ${paint.drop(`needs --allow-destructive=${shellWord(address)}`)}`);
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
  if (plan.sections.length === 0) return emptyText(plan, 'above');
  const lines = [paint.strong(summaryText(plan.summary))];
  const consents = consentsOf(plan);
  if (consents.length > 0) lines.push(`Destroys data at: ${consents.join(', ')}`);
  if (!plan.applyable) lines.push(paint.fail('This plan cannot be applied: see the errors above.'));
  return lines.join('\n');
}

/** Of a plan without sections. `where`: on which side of it errors and drift are shown. */
export function emptyText({ drift, applyable }: Plan, where: 'above' | 'below'): string {
  if (!applyable) return `This plan cannot be applied: see the errors ${where}.`;
  return deviations(drift).length === 0
    ? 'No changes: the keyspace is as the migrations say.'
    : `Nothing is pending, but the keyspace is not as it was recorded: see the drift ${where}.`;
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
