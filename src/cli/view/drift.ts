import { diffLines } from 'diff';
import type { DriftItem } from '../../model/change.ts';
import { indent } from './indent.ts';
import type { Paint } from './paint.ts';

const words: Readonly<Record<DriftItem['kind'], string>> = {
  missing: 'recorded, but not there',
  different: 'is not what was recorded',
  recreated: 'was dropped and created again (its id changed)',
  unmanaged: 'is there, but no migration names it; left alone',
};

export function driftText(drift: readonly DriftItem[], paint: Paint): string {
  const lines = drift.flatMap((item) => [
    `  ${paint.warn('!')} ${item.address} ${words[item.kind]}`,
    ...detail(item, paint),
  ]);
  return [paint.strong('Drift'), ...lines].join('\n');
}

function detail({ recorded, live }: DriftItem, paint: Paint): readonly string[] {
  if (recorded !== null && live !== null && (recorded.includes('\n') || live.includes('\n'))) {
    return [indent(beforeAfter(recorded, live, paint), 6)];
  }
  return [
    ...(recorded === null ? [] : [paint.drop(indent(`recorded: ${recorded}`, 6))]),
    ...(live === null ? [] : [paint.add(indent(`live:     ${live}`, 6))]),
  ];
}

function linesOf(text: string): string {
  return text === '' ? '' : `${text}\n`;
}

/** Lines only in the first with `-`, only in the second with `+`. */
export function beforeAfter(before: string, after: string, paint: Paint): string {
  return diffLines(linesOf(before), linesOf(after))
    .flatMap(({ value, added, removed }) => {
      const lines = value.replace(/\n$/, '').split('\n');
      if (added) return lines.map((line) => paint.add(`+ ${line}`));
      return removed ? lines.map((line) => paint.drop(`- ${line}`)) : lines.map((line) => paint.faint(`  ${line}`));
    })
    .join('\n');
}
