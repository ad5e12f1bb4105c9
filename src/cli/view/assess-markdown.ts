import type { AssessedTable, Assessment } from '../../model/assessment.ts';
import {
  candidateTexts,
  fieldCells,
  fieldHeads,
  headText,
  keyText,
  noteTexts,
  partitionTexts,
  rightAligned,
  viewsText,
  warningTexts,
} from './assess-words.ts';

/** An assessment for a document or a pull request. */
export function assessMarkdown(assessment: Assessment): string {
  const views = viewsText(assessment);
  const parts = [
    `## Assessment of ${escaped(assessment.source)}`,
    ...assessment.tables.map(tableMarkdown),
    ...(views === null ? [] : [`- ${escaped(views)}`]),
  ];
  return `${parts.join('\n\n')}\n`;
}

function tableMarkdown(table: AssessedTable): string {
  const rule = fieldHeads.map((head) => (rightAligned.has(head) ? '---:' : '---'));
  const rows = [[...fieldHeads], rule, ...table.columns.map((one) => fieldCells(one).map(escaped))];
  const warnings = warningTexts(table);
  const notes = noteTexts(table);
  return [
    `### ${escaped(headText(table))}`,
    rows.map((row) => `| ${row.join(' | ')} |`).join('\n'),
    `**Table \`${table.target.name}\`**, ${escaped(keyText(table))}`,
    listed([
      ...candidateTexts(table).map((one) => `candidate: ${one}`),
      ...partitionTexts(table).map((one) => `partitions: ${one}`),
    ]),
    ...(warnings.length === 0 ? [] : [`**To decide**\n\n${listed(warnings)}`]),
    listed(notes),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function listed(lines: readonly string[]): string {
  return lines.map((line) => `- ${escaped(line)}`).join('\n');
}

/** Names and values of a source are text, whatever they look like. */
function escaped(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>|#]/g, '\\$&').replaceAll(/\s+/g, ' ');
}
