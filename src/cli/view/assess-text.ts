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
import type { Paint } from './paint.ts';

const widest = 40;

/** An assessment for a terminal. */
export function assessText(assessment: Assessment, paint: Paint): string {
  const views = viewsText(assessment);
  const left = views === null ? [] : [`${paint.warn('!')} ${views}`];
  return [...assessment.tables.map((table) => tableText(table, paint)), ...left].join('\n\n');
}

function tableText(table: AssessedTable, paint: Paint): string {
  const lines = [
    paint.strong(headText(table)),
    ...fieldLines(table, paint),
    '',
    `  ${paint.add('+')} table ${table.target.name}, ${keyText(table)}`,
    ...candidateTexts(table).map((line) => paint.faint(`    candidate: ${line}`)),
    ...partitionTexts(table).map((line) => `    partitions: ${line}`),
    ...warningTexts(table).map((line) => `  ${paint.warn('!')} ${line}`),
    ...noteTexts(table).map((line) => paint.faint(`  · ${line}`)),
  ];
  return lines.join('\n');
}

function fieldLines({ columns }: AssessedTable, paint: Paint): readonly string[] {
  const rows = [[...fieldHeads], ...columns.map(fieldCells)];
  const last = fieldHeads.length - 1;
  const widths = fieldHeads.map((_, at) =>
    Math.min(widest, Math.max(...rows.map((row) => [...(row[at] ?? '')].length))),
  );
  const lines = rows.map((row) => {
    const cells = row.map((cell, at) => {
      if (at === last) return cell;
      const width = widths[at] ?? 0;
      return rightAligned.has(fieldHeads[at] ?? '') ? cell.padStart(width) : cell.padEnd(width);
    });
    return `  ${cells.join('  ')}`;
  });
  return lines.map((line, at) => (at === 0 ? paint.faint(line) : line));
}
