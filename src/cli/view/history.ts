import type { RunHistory } from '../../app/history.ts';
import type { ReplayEntry, StepEntry, WatermarkEntry } from '../../model/journal.ts';
import { upTo } from './catch-up.ts';
import { countText, durationText } from './numbers.ts';
import type { Paint } from './paint.ts';
import { accountsText } from './run.ts';

export function historyText(runs: readonly RunHistory[], withSteps: boolean, paint: Paint): string {
  if (runs.length === 0) return paint.faint('Nothing was ever run on this keyspace.');
  return runs.map((one) => runText(one, withSteps, paint)).join('\n');
}

function runText({ run, steps, replays, watermarks }: RunHistory, withSteps: boolean, paint: Paint): string {
  const painter = { done: paint.good, running: paint.change, failed: paint.fail, superseded: paint.faint }[run.status];
  const done = steps.filter((step) => step.state === 'done').length;
  const lines = [
    `${run.id}  ${run.startedAt.slice(0, 19).replace('T', ' ')} UTC  ${run.direction}  ${painter(run.status)}  ${done} of ${steps.length} steps  ${paint.faint(run.actor)}`,
    `  ${run.migrations.join(', ')}`,
  ];
  if (run.error !== null) lines.push(paint.fail(`  ${run.error.code}: ${run.error.message}`));
  if (withSteps) lines.push(...steps.map((step) => stepLine(step, paint)));
  lines.push(...replays.map((one) => replayLine(one, paint)));
  lines.push(...watermarks.filter(isFollowed).map((one) => watermarkLine(one, paint)));
  return lines.join('\n');
}

function replayLine({ id, step, status, accounts, error }: ReplayEntry, paint: Paint): string {
  const what = accounts === null ? '' : `  ${accountsText(accounts)}`;
  return `    replay ${id} of rejects of ${step}: ${status}${paint.faint(what)}${error === null ? '' : `  ${paint.fail(error.code)}`}`;
}

/** Each copy that tells changes has a watermark from its beginning; most are never followed. */
function isFollowed({ passes, open }: WatermarkEntry): boolean {
  return passes > 0 || open !== null;
}

function watermarkLine({ step, by, value, passes, open, accounts }: WatermarkEntry, paint: Paint): string {
  const came = `up to ${upTo({ watermark: value, time: by !== 'number' })}`;
  const newest = accounts === null ? '' : `, the newest: ${accountsText(accounts)}`;
  const unfinished = open === null ? '' : `  ${paint.change('one has begun and not ended')}`;
  const times = passes === 1 ? '1 pass' : `${countText(passes)} passes`;
  return `    ${times} over changes of ${step}: ${came}${paint.faint(newest)}${unfinished}`;
}

function stepLine(step: StepEntry, paint: Paint): string {
  const took =
    step.finishedAt === null ? '' : durationText(Date.parse(step.finishedAt) - Date.parse(step.decisions.startedAt));
  const error = step.error === null ? '' : `  ${paint.fail(step.error.code)}`;
  return `    ${step.state.padEnd(8)} ${step.step}  ${paint.faint(took)}${error}`;
}
