import { match } from '../../kernel/match.ts';
import type { Emit, Progress, RunEvent } from '../../model/event.ts';
import type { CopyAccounts, CopyVerified, StepResult } from '../../model/journal.ts';
import type { Step } from '../../model/step.ts';
import type { Output } from '../output.ts';
import { bytesText, countText, durationText, rowsText } from './numbers.ts';
import { ProgressLine } from './progress.ts';
import { markOf, paintMark } from './step.ts';

/** Shows a run while it goes: a moving line on a terminal, plain lines elsewhere, NDJSON with `--json`. */
export function runView(output: Output): Emit & { close(): void } {
  if (output.json)
    return Object.assign((event: RunEvent) => output.out(JSON.stringify(event)), { close: () => undefined });
  const line = new ProgressLine(output);
  let expected: number | null = null;
  const show = (event: RunEvent): void => {
    if (event.kind === 'progress') {
      const { progress } = event;
      line.update(progress.unit === 'rows' ? { ...progress, total: progress.total ?? expected } : progress);
      return;
    }
    const text = eventText(event, output);
    if (event.kind === 'step-start') {
      line.begin(event.step.title);
      expected = rowsExpected(event.step);
    }
    if (event.kind === 'step-done') line.end();
    if (text !== null) line.above(text);
  };
  return Object.assign(show, { close: () => line.end() });
}

/** Rows that a step will read, as far as the cluster's estimates tell. A backup reads everything twice. */
function rowsExpected({ work, estimate }: Step): number | null {
  if (estimate.rows === null) return null;
  return work.kind === 'backup' ? 2 * estimate.rows : estimate.rows;
}

function eventText(event: Exclude<RunEvent, { kind: 'progress' }>, { paint }: Output): string | null {
  return match<typeof event, string | null>(event, {
    'run-start': ({ run, resumed, steps }) =>
      paint.faint(`run ${run}: ${steps} steps${resumed ? ', continuing where it stopped' : ''}`),
    lease: ({ owner, state }) => (state === 'waiting' ? paint.warn(`waiting for the lease, held by ${owner}`) : null),
    preflight: ({ check, ok, detail }) => (ok ? null : paint.warn(`preflight: ${check}: ${detail}`)),
    'step-start': ({ step, number, of }) =>
      `${paint.faint(`[${number}/${of}]`)} ${paintMark(markOf(step.work), paint)} ${step.address}  ${step.title}`,
    waiting: ({ reason, until, milliseconds }) =>
      paint.warn(`        waits until ${until} (${durationText(milliseconds)}): ${reason}`),
    'schema-agreement': () => null,
    accounts: ({ accounts }) => `        ${accountsText(accounts)}`,
    'step-done': ({ result, milliseconds, already }) => {
      const what = resultText(result);
      const words = `in ${durationText(milliseconds)}${already ? ', had been done before' : ''}${what === '' ? '' : `: ${what}`}`;
      return `        ${paint.good('done')} ${paint.faint(words)}`;
    },
    'migration-done': ({ migration, status }) =>
      paint.strong(`${migration} ${status === 'applied' ? 'applied' : 'rolled back'}`),
    warning: ({ code, message }) => paint.warn(`warning[${code}] ${message}`),
    'run-done': () => null,
  });
}

export function accountsText(accounts: CopyAccounts): string {
  const { read, transformed, skipped, rejected, written, collisions, rejectsFile } = accounts;
  const parts = [
    `read ${countText(read)} = transformed ${countText(transformed)} + skipped ${countText(skipped)} + rejected ${countText(rejected)}`,
    `written ${countText(written)}`,
    ...(collisions > 0 ? [`${countText(collisions)} on a key already written`] : []),
    ...(rejectsFile === null ? [] : [`rejects in ${rejectsFile}`]),
  ];
  return parts.join('; ');
}

function resultText(result: StepResult): string {
  return match(result, {
    ddl: () => '',
    backup: ({ backup }) =>
      `${rowsText(backup)}, ${bytesText(backup.bytes)} to ${backup.store}, digest ${backup.valueDigest.slice(0, 12)}`,
    restore: ({ digest, expected, ...restored }) =>
      `${rowsText(restored)}, digest ${digest.slice(0, 12)}${digest === expected ? ' as in the backup' : ''}`,
    data: ({ accounts, verified }) =>
      `${countText(accounts.written)} rows${verified === undefined ? '' : `, ${verifiedText(verified)}`}`,
    compare: ({ rows, digest }) => `${countText(rows)} rows equal, digest ${digest.slice(0, 12)}`,
    wait: () => '',
  });
}

function verifiedText({ level, rows, newer, repaired }: CopyVerified): string {
  if (level === 'count') return `${countText(rows)} counted in the target`;
  const parts = [
    `${countText(rows)} compared (${level}) and as written`,
    ...(newer > 0 ? [`${countText(newer)} written to since`] : []),
    ...(repaired > 0 ? [`${countText(repaired)} written again`] : []),
  ];
  return parts.join(', ');
}

/** `movies: 1,234 rows of ~10,000, 12%, 3,400 rows/s, 3 s left, 1.2 MiB, 180.0 KiB/s, 3 rejected` */
export function progressText(progress: Progress, elapsedMs: number): string {
  const { table, bytes = 0, rejected = 0 } = progress;
  const parts = [amountText(progress, elapsedMs)];
  if (bytes > 0)
    parts.push(bytesText(bytes), ...(elapsedMs < 200 ? [] : [`${bytesText((bytes / elapsedMs) * 1000)}/s`]));
  if (rejected > 0) parts.push(`${countText(rejected)} rejected`);
  return `${table === undefined ? '' : `${table}: `}${parts.join(', ')}`;
}

function amountText(progress: Progress, elapsedMs: number): string {
  const { done, total, unit } = progress;
  const amount =
    unit === 'bytes' ? bytesText(done) : unit === 'milliseconds' ? durationText(done) : `${countText(done)} ${unit}`;
  if (unit === 'milliseconds') {
    return total === null || total <= done ? amount : `${amount}, ${durationText(total - done)} left`;
  }
  if (elapsedMs < 200) return amount;
  const rate = (done / elapsedMs) * 1000;
  const speed = unit === 'bytes' ? `${bytesText(rate)}/s` : `${countText(Math.round(rate))} ${unit}/s`;
  if (total === null || total <= done || rate <= 0) return `${amount}, ${speed}`;
  const share = Math.min(99, Math.floor((done / total) * 100));
  return `${amount} of ~${unit === 'bytes' ? bytesText(total) : countText(total)}, ${share}%, ${speed}, ${durationText(((total - done) / rate) * 1000)} left`;
}
