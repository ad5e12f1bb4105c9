import { CqlformError, reasonOf } from '../../kernel/errors.ts';
import type { SourceFile } from './locate.ts';

/** The place that means standard input. */
export const standardInput = '-';

/** As much of its beginning is kept, so that it can be looked at before it is read. */
const keptBytes = 16 * 1024 * 1024;

/** Standard input as a file: it can be read from its beginning several times, until somebody reads on behind what is kept. */
export const standardInputFile: SourceFile = {
  path: standardInput,
  name: 'standard input',
  bytes: Number.POSITIVE_INFINITY,
  compression: 'none',
  identity: standardInput,
};

interface Opened {
  readonly chunks: AsyncIterator<Buffer>;
  readonly kept: Buffer[];
  /** Of those kept. */
  length: number;
  /** False: something behind what is kept was read, so that there is no way back. */
  whole: boolean;
  ended: boolean;
}
let opened: Opened | null = null;

/** Throws `STDIN_READ` when the beginning is gone, and `SOURCE_UNREADABLE`. */
export async function* readStandardInput(): AsyncGenerator<Buffer> {
  opened ??= {
    chunks: process.stdin[Symbol.asyncIterator]() as AsyncIterator<Buffer>,
    kept: [],
    length: 0,
    whole: true,
    ended: false,
  };
  const input = opened;
  if (!input.whole) {
    throw new CqlformError('STDIN_READ', 'standard input was read already, and it cannot be read twice', {
      next: 'Write it into a file first, and name that.',
    });
  }
  for (let at = 0; ; at += 1) {
    const kept = input.kept[at];
    if (kept !== undefined) {
      yield kept;
      continue;
    }
    const chunk = input.ended ? null : await nextOf(input);
    if (chunk === null) return;
    if (input.whole && input.length + chunk.length <= keptBytes) {
      input.kept.push(chunk);
      input.length += chunk.length;
    } else if (input.whole) {
      input.whole = false;
      // what stands there was handed out already
      input.kept.splice(0);
    }
    yield chunk;
  }
}

async function nextOf(input: Opened): Promise<Buffer | null> {
  try {
    const { done, value } = await input.chunks.next();
    if (done !== true) return value;
    input.ended = true;
    return null;
  } catch (thrown) {
    throw new CqlformError('SOURCE_UNREADABLE', `standard input cannot be read: ${reasonOf(thrown)}`, {
      next: 'See why the program before it ended.',
      cause: thrown,
    });
  }
}
