import { CqlformError, exitCodes } from '../kernel/errors.ts';

/** The id of a migration that comes after all others: `20261122093000_movies_by_genre`. */
export function nextId(name: string, others: readonly string[], now: Date): string {
  const newest =
    others
      .map((id) => id.slice(0, 14))
      .sort()
      .at(-1) ?? '0';
  const stamp = stampOf(now);
  return `${stamp > newest ? stamp : stampOf(new Date(timeOf(newest) + 1000))}_${slugOf(name)}`;
}

/** YYYYMMDDHHMMSS in UTC. */
function stampOf(time: Date): string {
  return time.toISOString().replaceAll(/\D/g, '').slice(0, 14);
}

/** True for fourteen digits that are a time: no month 13, no 30th of February. */
export function isStamp(stamp: string): boolean {
  const time = new Date(timeOf(stamp));
  return !Number.isNaN(time.getTime()) && stampOf(time) === stamp;
}

function timeOf(stamp: string): number {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(stamp) ?? [];
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
}

/** snake_case: `AddRating`, `add rating` and `add-rating` are `add_rating`. Throws `NAME_INVALID`. */
export function slugOf(name: string): string {
  const slug = name
    .normalize('NFKD')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replaceAll(/[\u0300-\u036f]/g, '')
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '')
    .slice(0, 80)
    .replace(/_+$/, '');
  if (slug !== '') return slug;
  throw new CqlformError('NAME_INVALID', `${JSON.stringify(name)} has no letter or digit to name a migration with`, {
    next: 'Give a few words in Latin letters, e.g. `cqlform new add_rating`.',
    exitCode: exitCodes.usage,
  });
}

/** `add_rating` → `Add rating`. */
export function descriptionOf(slug: string): string {
  const words = slug.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
