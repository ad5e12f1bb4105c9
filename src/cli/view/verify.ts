import type { StepVerification } from '../../app/verify.ts';
import type { RowDifference, RowsVerification } from '../../ports/engines.ts';
import { countText, plural } from './numbers.ts';
import type { Paint } from './paint.ts';

export function verificationText(verified: readonly StepVerification[], paint: Paint): string {
  if (verified.length === 0) return 'No applied migration has moved data.';
  return verified
    .map((one) => [`${paint.strong(one.migration)}  ${one.title}`, ...linesOf(one, paint)].join('\n'))
    .join('\n');
}

function linesOf(one: StepVerification, paint: Paint): readonly string[] {
  if (one.kind === 'not-compared') return [`  ${paint.faint('-')} not compared: ${one.reason}`];
  if (one.kind === 'count') {
    const sign = one.ok ? paint.good('✓') : paint.fail('✗');
    const more = one.there - one.written;
    const covered = `    ${more} more than were written: they may stand in for missing ones, which \`cqlform verify\` without --count finds`;
    return [
      `  ${sign} ${plural(one.there, 'row')} there, ${plural(one.written, 'row')} written`,
      ...(more > 0 ? [covered] : []),
      ...(more < 0 && one.ok ? [`    ${-more} have run out since: nothing else is missing`] : []),
    ];
  }
  const { report } = one;
  const verdict = one.ok ? paint.good('✓ equal') : paint.fail('✗ differs');
  return [
    `  ${verdict}: ${plural(report.expected, 'row')} expected, ${plural(report.actual, 'row')} there; ${plural(report.read, 'row')} read, ${countText(report.skipped)} skipped, ${countText(report.rejected)} rejected`,
    ...notes(report).map((note) => `    ${note}`),
    ...report.differences.flatMap((difference) => differenceLines(difference, paint)),
  ];
}

function notes(report: RowsVerification): readonly string[] {
  const { missing, extra, different, newer, uncertain, unexamined, repaired } = report;
  return [
    ...(repaired > 0 ? [`${plural(repaired, 'row')} written again`] : []),
    ...(repaired > 0 && missing + different > 0
      ? [
          `${plural(missing + different, 'row')} differ still, because a deletion or a greater value of the copy's own time or later wins: write them by hand, or roll the migration back and apply it again`,
        ]
      : []),
    ...(missing > 0 ? [`${missing} missing in the target`] : []),
    ...(different > 0 ? [`${different} different`] : []),
    ...(extra > 0 ? [`${extra} in the target that the copy did not write`] : []),
    ...(newer > 0 ? [`${newer} written by somebody since the copy: no failure`] : []),
    ...(uncertain > 0
      ? [`${plural(uncertain, 'value')} not compared: they run out about now, or several rows wrote them at one time`]
      : []),
    ...(unexamined > 0
      ? [`about ${plural(unexamined, 'row')} more in parts that differ were not looked at one by one`]
      : []),
  ];
}

function differenceLines({ kind, key, expected, actual }: RowDifference, paint: Paint): readonly string[] {
  const head = `    ${paint.warn(kind)} ${key}`;
  return [
    head,
    ...(expected === null ? [] : [paint.drop(`      expected ${expected}`)]),
    ...(actual === null ? [] : [paint.add(`      there    ${actual}`)]),
  ];
}
