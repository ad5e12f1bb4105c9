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
  return inaccessible(thrown) ?? internal(thrown);
}

const fileCalls =
  /^(access|chmod|copyfile|fstat|fsync|ftruncate|link|lstat|mkdir|mkdtemp|open|opendir|read|readlink|realpath|rename|rm|rmdir|scandir|stat|symlink|unlink|write)$/;

/** What an operating system refuses of files is the matter of whoever runs the command. */
function inaccessible(thrown: unknown): CqlformError | null {
  if (!(thrown instanceof Error)) return null;
  const { code, syscall, path, message }: NodeJS.ErrnoException = thrown;
  if (code === undefined || syscall === undefined || !fileCalls.test(syscall)) return null;
  const full = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
  if (path === undefined && !full) return null;
  return new CqlformError('FILE_INACCESSIBLE', `${path ?? 'a file'} cannot be used: ${message}`, {
    next: full
      ? 'Make room on the disk or in your quota, then run the same command again.'
      : 'See that it is there and what you may do with it and the folders above it, then run the same command again.',
    fields: { reason: code },
    ...(path === undefined ? {} : { where: { path } }),
    cause: thrown,
  });
}

function internal(thrown: unknown): CqlformError {
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return new CqlformError('INTERNAL', `unexpected: ${reason}`, {
    next: 'This is a defect in cqlform. Run it again with CQLFORM_DEBUG=1 for the stack trace, and report it.',
    cause: thrown,
  });
}
