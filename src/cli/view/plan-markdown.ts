import { consentsOf, type Plan, type Section } from '../../model/plan.ts';
import type { Step } from '../../model/step.ts';
import { countText } from './numbers.ts';
import { emptyText, summaryText } from './plan-text.ts';
import { markOf, reverseText } from './step.ts';
import { readableCql } from './step-cql.ts';

/** A plan for a pull-request comment: the summary first, details folded. */
export function planMarkdown(plan: Plan): string {
  const { target } = plan;
  const parts = [
    `### ${plan.kind === 'apply' ? 'Plan' : 'Rollback plan'} for keyspace \`${target.keyspace}\` on ${cell(target.cluster)} (Cassandra ${target.version})`,
  ];
  parts.push(plan.sections.length === 0 ? emptyText(plan, 'below') : `**${summaryText(plan.summary)}**`);
  const consents = consentsOf(plan);
  if (consents.length > 0) parts.push(`**Destroys data at:** ${consents.map((one) => `\`${one}\``).join(', ')}`);
  for (const notice of plan.notices)
    parts.push(
      `- **${notice.severity}** \`${notice.code}\` ${notice.address}: ${notice.message} ${notice.next}`.trimEnd(),
    );
  if (plan.drift.length > 0)
    parts.push(['**Drift**', ...plan.drift.map((item) => `- \`${item.address}\`: ${item.kind}`)].join('\n'));
  for (const section of plan.sections) parts.push(sectionMarkdown(section, target.keyspace));
  return `${parts.join('\n\n')}\n`;
}

function sectionMarkdown(section: Section, keyspace: string): string {
  const rows = section.steps.map(
    (step) =>
      `| \`${markOf(step.work)}\` | \`${step.address}\` | ${cell(step.title)}${step.why === '' ? '' : ` (${cell(step.why)})`} | ${rowsText(step)} | ${cell(reverseText(step.reverse))} |`,
  );
  const cql = section.steps
    .map((step) => readableCql(step, keyspace))
    .filter(({ text }) => text !== '')
    .map(({ text, leftOut }) => `${text};${leftOut === null ? '' : `\n    -- ${leftOut}`}`);
  const hazards = section.steps.flatMap((step) =>
    step.hazards.map((hazard) => `- \`${hazard.code}\` \`${hazard.address}\`: ${hazard.why}`),
  );
  return [
    `#### ${section.migration}`,
    section.description,
    ['| | where | what | rows | undo |', '|---|---|---|---|---|', ...rows].join('\n'),
    hazards.join('\n'),
    cql.length === 0 ? '' : `<details><summary>CQL</summary>\n\n\`\`\`sql\n${cql.join('\n\n')}\n\`\`\`\n\n</details>`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function rowsText(step: Step): string {
  return step.work.kind === 'ddl' || step.work.kind === 'wait' ? '' : countText(step.estimate.rows);
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
