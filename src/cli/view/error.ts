import { CqlformError } from '../../kernel/errors.ts';
import { beforeAfter } from './drift.ts';
import { indent } from './indent.ts';
import type { Paint } from './paint.ts';

/** An error as people read it: code, what happened, where, what to do. */
export function errorText(error: CqlformError, paint: Paint): string {
  const { where } = error;
  const place =
    where === undefined
      ? []
      : [
          `  at ${where.path}${where.line === undefined ? '' : `:${where.line}${where.column === undefined ? '' : `:${where.column}`}`}`,
        ];
  return [
    `${paint.fail(`error[${error.code}]`)} ${error.message}`,
    ...place,
    ...differenceIn(error, paint),
    ...objectsIn(error, paint),
    `  ${paint.faint('→')} ${error.next}`,
  ].join('\n');
}

/** The lines of a unified diff that an error carries. */
function differenceIn({ fields }: CqlformError, paint: Paint): readonly string[] {
  const diff = fields['diff'];
  if (!Array.isArray(diff)) return [];
  return diff.map((line: string) => {
    if (/^(---|\+\+\+) /.test(line)) return `    ${paint.strong(line)}`;
    if (line.startsWith('+')) return `    ${paint.add(line)}`;
    return `    ${line.startsWith('-') ? paint.drop(line) : paint.faint(line)}`;
  });
}

/** What an error says by its fields `addresses`, `before` and `after`, as lines that went and came. */
function objectsIn({ fields: { addresses, before, after } }: CqlformError, paint: Paint): readonly string[] {
  if (!Array.isArray(addresses) || !Array.isArray(before) || !Array.isArray(after)) return [];
  return addresses.flatMap((address: unknown, at): readonly string[] => {
    const [was, is] = [String(before[at] ?? ''), String(after[at] ?? '')];
    return was === is ? [] : [`  ${paint.strong(String(address))}`, indent(beforeAfter(was, is, paint), 4)];
  });
}

export function errorJson(error: CqlformError): string {
  const { code, message, next, fields, where, retryable, exitCode } = error;
  return JSON.stringify({ kind: 'error', code, message, next, fields, where: where ?? null, retryable, exitCode });
}

/** Anything that is not our own error is a defect of ours, and says so. */
export function asCqlformError(thrown: unknown): CqlformError {
  if (thrown instanceof CqlformError) return thrown;
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return new CqlformError('INTERNAL', `unexpected: ${reason}`, {
    next: 'This is a defect in cqlform. Run it again with CQLFORM_DEBUG=1 for the stack trace, and report it.',
    cause: thrown,
  });
}
