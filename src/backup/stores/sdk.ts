import { CqlformError } from '../../kernel/errors.ts';
import { ifInstalled } from '../../kernel/optional.ts';

/** Loads the SDK of a cloud, an optional peer; throws `STORE_DRIVER_MISSING` where it is not installed. */
export async function loadSdk<T>(name: string, load: () => Promise<T>): Promise<T> {
  const loaded = await ifInstalled(load);
  if (loaded !== null) return loaded;
  throw new CqlformError('STORE_DRIVER_MISSING', `this store needs the package ${name}, which is not installed`, {
    next: `Install it in the project: \`npm install --save-dev ${name}\`.`,
    fields: { package: name },
  });
}
