import { relative } from 'node:path';
import type { Diagnostic } from '../../analysis/diagnostic.ts';
import { changedCode } from '../../analysis/sum-file.ts';
import type { CheckReport } from '../../app/check.ts';
import type { Paint } from './paint.ts';

/** The findings of `check`, one paragraph each, and the sum of them. */
export function checkText(report: CheckReport, paint: Paint): string {
  const fixed = report.fixed.map((one) =>
    one.code === changedCode
      ? `${paint.warn('recorded')} ${placeOf(one)} ${one.code}: ${one.reason}; where it was applied, \`plan\` and \`apply\` refuse it`
      : `${paint.good('mended')} ${placeOf(one)} ${one.code}: ${one.reason}`,
  );
  const found = report.diagnostics.map((one) => diagnosticText(one, paint));
  return [...fixed, ...found, summaryText(report, paint)].join('\n');
}

function diagnosticText(one: Diagnostic, paint: Paint): string {
  const head = one.severity === 'error' ? paint.fail(`error[${one.code}]`) : paint.warn(`warning[${one.code}]`);
  return `${paint.strong(placeOf(one))}: ${head} ${one.reason}\n  ${paint.faint('→')} ${one.fix}`;
}

/** `migrations/x.ts:3:14`, as terminals make a link of it. */
function placeOf({ path, line, column }: Diagnostic): string {
  const near = relative(process.cwd(), path);
  const shown = near.startsWith('..') ? path : near;
  return [shown, ...(line === null ? [] : [line]), ...(column === null ? [] : [column])].join(':');
}

function summaryText({ files, diagnostics }: CheckReport, paint: Paint): string {
  const errors = diagnostics.filter((one) => one.severity === 'error').length;
  const warnings = diagnostics.length - errors;
  const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
  const checked = `${counted(files, 'migration')} checked`;
  if (diagnostics.length === 0) return paint.good(`${checked}: all in order.`);
  return `${checked}: ${counted(errors, 'error')}, ${counted(warnings, 'warning')}.`;
}

export function nextAfterCheck({ diagnostics }: CheckReport): string {
  const changed = diagnostics.find((one) => one.code === changedCode);
  if (changed !== undefined) return `Next: ${changed.fix}`;
  if (diagnostics.some((one) => one.mechanical)) return 'Next: `cqlform check --fix` mends what is mechanical.';
  return diagnostics.some((one) => one.severity === 'error')
    ? 'Next: mend the errors, then `cqlform check` again.'
    : 'Next: `cqlform plan`';
}
