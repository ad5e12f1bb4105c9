import { CqlformError, exitCodes } from '../kernel/errors.ts';

/** Contact points as a list, or in one text with commas. Throws `CONTACT_POINT_CREDENTIALS`. */
export function contactPointsIn(given: string | readonly string[]): readonly string[] {
  const points = typeof given === 'string' ? given.split(',').map((one) => one.trim()) : given;
  return withoutCredentials(points.filter((one) => one !== ''));
}

/** Addresses are printed; a password in one would be, too. */
function withoutCredentials(points: readonly string[]): readonly string[] {
  if (points.every((point) => !point.includes('@'))) return points;
  throw new CqlformError(
    'CONTACT_POINT_CREDENTIALS',
    'a contact point has an @: credentials do not belong into addresses',
    {
      next: 'Give host:port, and the user under `credentials` in the configuration or as CQLFORM_USERNAME and CQLFORM_PASSWORD.',
      exitCode: exitCodes.usage,
    },
  );
}
