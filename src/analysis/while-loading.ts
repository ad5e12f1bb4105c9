import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CqlformError, exitCodes } from '../kernel/errors.ts';

const ownCode = new URL('..', import.meta.url).href;
const longestMs = 60_000;

interface Loading {
  readonly path: string;
  readonly what: 'MIGRATION' | 'CONFIG';
}
const loading: Loading[] = [];
let refusing = false;

/**
 * Does work that runs a user's file. Where that file ends the process, or waits for what never comes, the command would
 * end without a word, and as if all were well: both are errors here.
 */
export async function whileLoading<T>(one: Loading, work: () => Promise<T>): Promise<T> {
  refuseExits();
  loading.push(one);
  const { promise, reject } = Promise.withResolvers<never>();
  // The process ends when nothing is left to do; a new task keeps it for as long as the error needs.
  const never = (): void => void setImmediate(() => reject(neverLoads(one)));
  process.once('beforeExit', never);
  const timer = setTimeout(never, longestMs).unref();
  try {
    return await Promise.race([work(), promise]);
  } finally {
    clearTimeout(timer);
    process.off('beforeExit', never);
    loading.splice(loading.indexOf(one), 1);
  }
}

/** From the first file on only this program's own code ends the process: in users' code, or in what that loads, it is an error. */
function refuseExits(): void {
  if (refusing) return;
  refusing = true;
  const exit = process.exit.bind(process);
  process.exit = (code) => {
    const [, , ...frames] = (new Error().stack ?? '').split('\n');
    const user = frames
      .map((frame) => /(file:\/\/[^\s()?]+)\?cqlform/.exec(frame)?.[1])
      .find((url) => url !== undefined);
    const last = loading.at(-1);
    if (frames[0]?.includes(ownCode) || (user === undefined && last === undefined)) return exit(code);
    throw exits({
      path: user === undefined ? (last?.path ?? '') : fileURLToPath(user),
      what: last?.what ?? 'MIGRATION',
    });
  };
}

function exits({ path, what }: Loading): CqlformError {
  return new CqlformError(`${what}_EXITS`, `${basename(path)} ends the process`, {
    next: 'Take process.exit out: throw an error where something is wrong, and return where nothing is to be done.',
    where: { path },
    exitCode: exitCodes.usage,
  });
}

function neverLoads({ path, what }: Loading): CqlformError {
  return new CqlformError(
    `${what}_NEVER_LOADS`,
    `${basename(path)} waits, while it is loaded, for what does not come`,
    {
      next: `Take the top-level await out of it and of what it imports: a file has ${longestMs / 1000} s to load.`,
      where: { path },
      exitCode: exitCodes.usage,
    },
  );
}
