import { isIP } from 'node:net';
import { CqlformError, exitCodes } from '../kernel/errors.ts';

/** Contact points as a list, or in one text with commas. Throws `CONTACT_POINT_CREDENTIALS` or `CONTACT_POINT_INVALID`. */
export function contactPointsIn(given: string | readonly string[]): readonly string[] {
  const points = (typeof given === 'string' ? given.split(',') : given).map((one) => one.trim());
  const named = withoutCredentials(points.filter((one) => one !== ''));
  if (named.length === 0) throw invalid(`${JSON.stringify(given)} names no contact point`, given);
  const wrong = named.find((one) => !isContactPoint(one));
  if (wrong !== undefined) throw invalid(`${JSON.stringify(wrong)} is no contact point`, wrong);
  return named;
}

/** A name or an address, with a port or without; an IPv6 address with a port in brackets. */
function isContactPoint(point: string): boolean {
  if (isIP(point) === 6) return true;
  const [, inBrackets, bare, port] = /^(?:\[([^\]]*)\]|([^\s:/[\]]+))(?::(\d+))?$/.exec(point) ?? [];
  if (bare === undefined && (inBrackets === undefined || isIP(inBrackets) !== 6)) return false;
  return port === undefined || (Number(port) >= 1 && Number(port) <= 65_535);
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

function invalid(message: string, value: string | readonly string[]): CqlformError {
  return new CqlformError('CONTACT_POINT_INVALID', message, {
    next: 'Give host, host:port or [IPv6 address]:port, with a port from 1 to 65535; several in a list, or with commas between them.',
    fields: { value },
    exitCode: exitCodes.usage,
  });
}
