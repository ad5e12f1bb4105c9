import { CqlformError } from '../../kernel/errors.ts';
import { ifInstalled } from '../../kernel/optional.ts';

/** Loads a driver that is an optional peer; throws `SOURCE_DRIVER_MISSING` where it is not installed. */
export async function loadDriver<T>(name: string, load: () => Promise<T>): Promise<T> {
  const loaded = await ifInstalled(load);
  if (loaded !== null) return loaded;
  throw new CqlformError('SOURCE_DRIVER_MISSING', `this source needs the package ${name}, which is not installed`, {
    next: `Install it in the project: \`npm install --save-dev ${name}\`.`,
    fields: { package: name },
  });
}

/** After so long a silence the other end is asked whether it is there: the system itself would ask after two hours. */
export const quietMs = 20_000;
