import { CqlformError } from '../kernel/errors.ts';

/** The same error, said of a source of the configuration: what stands under `sources` is to be mended, not the own cluster. */
export function asConfigured(thrown: unknown, name: string): unknown {
  if (!(thrown instanceof CqlformError)) return thrown;
  const { code, message, next, fields, exitCode, retryable } = thrown;
  const rest = { fields: { ...fields, connection: name }, exitCode, retryable, cause: thrown };
  if (code === 'CLUSTER_UNREACHABLE') {
    const reason = message.replace(/^No node can be reached\. /, '').replace(/\.$/, '');
    return new CqlformError('SOURCE_UNREACHABLE', `source ${name} cannot be reached: ${reason}`, {
      ...rest,
      next: `Check sources.${name} in the configuration, and that the cluster is up.`,
    });
  }
  return new CqlformError(code, `source ${name}: ${message}`, {
    ...rest,
    next: next.replace('credentials', `sources.${name}.credentials`),
  });
}
