import type { CaughtUp } from '../../app/catch-up.ts';
import type { Lag } from '../../app/catch-up-lag.ts';
import { plural } from './numbers.ts';
import type { Paint } from './paint.ts';
import { accountsText } from './run.ts';

/** What passes over changes did. */
export function caughtUpText(round: readonly CaughtUp[], paint: Paint): string {
  return round.map((one) => [head(one, paint), ...passLines(one, paint), ...lagLines(one)].join('\n')).join('\n');
}

/** Whether a gate is open, copy by copy. */
export function gateText(copies: readonly (CaughtUp & { readonly ok: boolean })[], paint: Paint): string {
  return copies
    .map((one) => {
      const verdict = one.ok ? paint.good('✓ near enough') : paint.fail('✗ too far behind');
      return [head(one, paint), `  ${verdict}, up to ${upTo(one)}`, ...lagLines(one)].join('\n');
    })
    .join('\n');
}

function head({ migration, title, by }: CaughtUp, paint: Paint): string {
  return `${paint.strong(migration)}  ${title}, by ${by}`;
}

function passLines(one: CaughtUp, paint: Paint): readonly string[] {
  if (one.accounts === null) return [`  ${paint.faint('-')} nothing has changed, up to ${upTo(one)}`];
  return [`  ${paint.good('✓')} ${accountsText(one.accounts)}; up to ${upTo(one)}`];
}

function lagLines({ lag, by }: CaughtUp): readonly string[] {
  if (lag === null) return [];
  return [
    `    ${lagText(lag)}`,
    ...(lag.without === 0 ? [] : [`    ${plural(lag.without, 'row')} without ${by}: no pass copies them`]),
    ...(lag.ahead === 0
      ? []
      : [`    ${plural(lag.ahead, 'row')} dated ahead of the source's clock: every pass copies them`]),
    '    deletions, and changes that leave it as it was, are not seen: `cqlform verify` finds them',
  ];
}

function lagText({ milliseconds, pending }: Lag): string {
  return pending === 0
    ? 'nothing is waiting'
    : `${(milliseconds / 1000).toFixed(1)} s behind, ${plural(pending, 'row')} waiting`;
}

/** `2026-11-22 09:30:00.123 UTC`, or a number. */
export function upTo({ watermark, time }: Pick<CaughtUp, 'watermark' | 'time'>): string {
  if (!time) return watermark;
  const text = new Date(Number(BigInt(watermark) / 1000n)).toISOString();
  return `${text.slice(0, 23).replace('T', ' ')} UTC`;
}
