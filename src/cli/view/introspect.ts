import { relative } from 'node:path';
import type { IntrospectReport } from '../../app/introspect.ts';
import type { Paint } from './paint.ts';

export function introspectText({ path, objects, left, problems }: IntrospectReport, paint: Paint): string {
  const warnings = left.map(
    ({ code, address, reason, object }) =>
      `${paint.warn(`warning[${code}]`)} ${address}${object === null ? '' : ' is left out'}: ${reason}`,
  );
  const errors = problems.map(({ code, reason, fix }) => `${paint.fail(`error[${code}]`)} ${reason}\n  → ${fix}`);
  const written =
    path === null
      ? 'Every object of the keyspace has its migration already: nothing was written.'
      : `${relative(process.cwd(), path)} (${objects} object${objects === 1 ? '' : 's'})`;
  return [...warnings, ...errors, written].join('\n');
}
