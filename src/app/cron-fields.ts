import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { CronSchedule } from './cron.ts';

/** One field of a cron expression. */
export interface CronField {
  /** True: `*`, which restricts nothing. Where a field has all values otherwise, it counts as a restriction. */
  readonly isAny: boolean;
  /** In their order. */
  readonly values: readonly number[];
  readonly lowest: number;
  readonly highest: number;
}

/** A cron expression, field by field. Sunday is 0. Where days and weekdays are both restricted, either is enough. */
export interface CronFields {
  readonly seconds: CronField;
  readonly minutes: CronField;
  readonly hours: CronField;
  readonly days: CronField;
  readonly months: CronField;
  readonly weekdays: CronField;
  readonly years: CronField;
}

const nicknames: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};
const monthNames = ['', 'jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** For translation. Throws `SCHEDULE_TARGET` for what only `backup run` understands. */
export function fieldsOf({ text }: CronSchedule): CronFields {
  const words = (nicknames[text.trim().toLowerCase()] ?? text).trim().split(/\s+/);
  const [seconds, minutes, hours, days, months, weekdays, years] =
    words.length === 5 ? ['0', ...words, '*'] : words.length === 6 ? [...words, '*'] : words;
  const read = (word: string | undefined, lowest: number, highest: number, names: readonly string[] = []): CronField =>
    fieldIn(word ?? '', { lowest, highest, names, text });
  return {
    seconds: read(seconds, 0, 59),
    minutes: read(minutes, 0, 59),
    hours: read(hours, 0, 23),
    days: read(days, 1, 31),
    months: read(months, 1, 12, monthNames),
    weekdays: sundayFirst(read(weekdays, 0, 7, dayNames)),
    years: read(years, 1970, 2199),
  };
}

interface Bounds {
  readonly lowest: number;
  readonly highest: number;
  readonly names: readonly string[];
  /** Of the whole expression. */
  readonly text: string;
}

function fieldIn(word: string, bounds: Bounds): CronField {
  const { lowest, highest, text } = bounds;
  const found = new Set<number>();
  for (const part of word.split(',')) {
    const [, from = '', to, step = '1'] = /^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(part) ?? [];
    const first = from === '*' ? lowest : numberIn(from, bounds);
    const last = from === '*' || (to === undefined && part.includes('/')) ? highest : numberIn(to ?? from, bounds);
    const by = Number(step);
    if (first === null || last === null || by < 1 || first > last) {
      throw untranslatable(`${part} of ${JSON.stringify(text)} is understood by \`cqlform backup run\` only`);
    }
    for (let value = first; value <= last; value += by) found.add(value);
  }
  return { isAny: word === '*', values: [...found].sort((a, b) => a - b), lowest, highest };
}

function numberIn(word: string, { lowest, highest, names }: Bounds): number | null {
  const named = names.indexOf(word.toLowerCase());
  const value = named >= 0 && word !== '' ? named : /^\d+$/.test(word) ? Number(word) : Number.NaN;
  return value >= lowest && value <= highest ? value : null;
}

function sundayFirst(field: CronField): CronField {
  const values = [...new Set(field.values.map((value) => value % 7))].sort((a, b) => a - b);
  return { ...field, values, highest: 6 };
}

export function untranslatable(why: string): CqlformError {
  return new CqlformError('SCHEDULE_TARGET', why, {
    next: 'Change the schedule, name another target, or let `cqlform backup run` follow it.',
    exitCode: exitCodes.usage,
  });
}

/** `fromTo` between the ends of a range: `1-5,7`; a lone value is a range of itself. */
export function rangesOf(values: readonly number[], fromTo: string, name: (value: number) => string = String): string {
  const ranges: [number, number][] = [];
  for (const value of values) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === value - 1) last[1] = value;
    else ranges.push([value, value]);
  }
  return ranges
    .map(([first, last]) =>
      first === last
        ? name(first)
        : last === first + 1
          ? `${name(first)},${name(last)}`
          : `${name(first)}${fromTo}${name(last)}`,
    )
    .join(',');
}

/** The step by which a field runs from its first value to its end; null: it does not. */
export function stepOf({ values, highest }: CronField): { readonly first: number; readonly step: number } | null {
  const [first, second] = values;
  if (first === undefined || second === undefined || values.length < 3) return null;
  const step = second - first;
  const runs = values.every((value, index) => value === first + index * step);
  return runs && step > 1 && (values.at(-1) ?? 0) + step > highest ? { first, step } : null;
}
