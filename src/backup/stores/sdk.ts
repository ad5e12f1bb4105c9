import { CqlformError } from '../../kernel/errors.ts';

/** Loads the SDK of a cloud, an optional peer; throws `STORE_DRIVER_MISSING` where it is not installed. */
export async function loadSdk<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null;
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw thrown;
    throw new CqlformError('STORE_DRIVER_MISSING', `this store needs the package ${name}, which is not installed`, {
      next: `Install it in the project: \`npm install --save-dev ${name}\`.`,
      fields: { package: name },
      cause: thrown,
    });
  }
}
