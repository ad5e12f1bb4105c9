import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { Secret } from './project.ts';
import type { EnvSetting } from './source-settings.ts';

/** A value of the configuration that may come from the environment: looked up when it is used. Throws `ENV_MISSING` then. */
export function secretOf(value: string | EnvSetting): Secret {
  if (typeof value === 'string') return () => value;
  return () => {
    const found = process.env[value.name];
    if (found !== undefined && found !== '') return found;
    throw new CqlformError('ENV_MISSING', `the environment variable ${value.name} is not set`, {
      next: `Set ${value.name}: the configuration reads a connection setting from it.`,
      exitCode: exitCodes.usage,
    });
  };
}
