import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { PassThrough, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip, createZstdCompress } from 'node:zlib';
import type { Rate } from '../copy/rate.ts';
import { assertReadable, type UnloadFormat } from '../copy/unload/rows-text.ts';
import { type UnloadAccounts, unloadRows } from '../copy/unload/unload.ts';
import { CqlformError, exitCodes, reasonOf } from '../kernel/errors.ts';
import type { DataSpec } from '../model/data.ts';
import { keyColumns } from '../model/schema.ts';
import { tableOf } from './load.ts';
import { type FileFormat, formatOf } from './load-format.ts';
import { assertWaived, piiTags, type Waivers } from './privacy.ts';
import type { Session } from './session.ts';

export interface UnloadInput {
  readonly table: string;
  /** Null: standard output. */
  readonly file: string | null;
  /** Null: by the file's extension. */
  readonly format: FileFormat | null;
  readonly columns: readonly string[] | null;
  readonly header: boolean;
  readonly delimiter: string | null;
  readonly quote: string;
  readonly nullText: string;
  readonly rate: Rate | null;
  readonly maxRejects: DataSpec['maxRejects'];
  readonly rejectsFile: string | null;
  /** Personal column → why it may leave. */
  readonly waivers: Waivers;
  /** Replace a file that is there. */
  readonly force: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: UnloadAccounts) => void;
}

export interface UnloadReport extends UnloadAccounts {
  readonly keyspace: string;
  readonly table: string;
  readonly file: string | null;
  /** Null when nothing was rejected. */
  readonly rejectsFile: string | null;
  readonly milliseconds: number;
}

/** Writes a table into a file; the file has its name only when it is whole. */
export async function unloadTable(session: Session, input: UnloadInput): Promise<UnloadReport> {
  const { project, cluster, rows, clock } = session;
  const live = await cluster.describe(project.keyspace);
  const from = tableOf(live.schema.tables, input.table, project.keyspace);
  if (!project.lower) {
    const columns =
      input.columns === null ? from.columns.map(({ name }) => name) : [...keyColumns(from), ...input.columns];
    const what = 'a file takes it where nobody looks after it';
    assertWaived({ table: from.name, columns, what }, await piiTags(project), input.waivers);
  }
  const format = unloadFormat(input);
  const file = input.file === null ? null : resolve(input.file);
  if (file !== null && existsSync(file) && !input.force) throw fileThere(file);
  const rejectsFile = resolve(input.rejectsFile ?? `${project.stateFolder}/rejects/unload-${from.name}.ndjson`);
  const begun = clock.monotonic();
  const output = await openOutput(file);
  const accounts = await output.whole(
    unloadRows(
      {
        keyspace: project.keyspace,
        from,
        types: live.schema.types,
        columns: input.columns,
        format,
        write: output.write,
        rate: input.rate,
        maxRejects: input.maxRejects,
        rejectsFile,
        signal: input.signal,
        onProgress: input.onProgress,
      },
      { rows, clock },
    ),
  );
  return {
    ...accounts,
    keyspace: project.keyspace,
    table: from.name,
    file: input.file,
    rejectsFile: accounts.rejected === 0 ? null : rejectsFile,
    milliseconds: Math.round(clock.monotonic() - begun),
  };
}

function unloadFormat({ format, file, header, delimiter, quote, nullText }: UnloadInput): UnloadFormat {
  const kind = format ?? (file === null ? 'csv' : formatOf(file));
  if (kind === 'parquet') throw new TypeError('not yet');
  if (kind !== 'csv') return { kind };
  const tabs = /\.tsv(\.gz|\.zst)?$/i.test(file ?? '');
  const form = { delimiter: delimiter ?? (tabs ? '\t' : ','), quote, nullText };
  assertReadable(form);
  return { kind, header, ...form };
}

interface Output {
  write(text: Buffer): Promise<void>;
  /** Waits for the work, then for its last byte; gives the file its name. */
  whole<T>(work: Promise<T>): Promise<T>;
}

async function openOutput(file: string | null): Promise<Output> {
  if (file === null) {
    return { write: (text) => handed(process.stdout, text), whole: (work) => work };
  }
  const partial = `${file}.partial`;
  await mkdir(dirname(file), { recursive: true }).catch((thrown: unknown) => Promise.reject(unwritable(file, thrown)));
  const entry = new PassThrough({ highWaterMark: 4 * 1024 * 1024 });
  const target = createWriteStream(partial);
  const piped = file.endsWith('.gz')
    ? pipeline(entry, createGzip(), target)
    : file.endsWith('.zst')
      ? pipeline(entry, createZstdCompress(), target)
      : pipeline(entry, target);
  // told by `whole`; until then it is nobody's
  piped.catch(() => undefined);
  return {
    write: (text) =>
      Promise.race([handed(entry, text), piped]).catch((thrown: unknown) => Promise.reject(unwritable(file, thrown))),
    whole: async (work) => {
      try {
        const done = await work;
        entry.end();
        await piped.catch((thrown: unknown) => Promise.reject(unwritable(file, thrown)));
        await rename(partial, file);
        return done;
      } catch (thrown) {
        entry.destroy();
        await piped.catch(() => undefined);
        throw thrown;
      }
    },
  };
}

async function handed(stream: Writable, text: Buffer): Promise<void> {
  if (stream.write(text)) return;
  await new Promise<void>((proceed) => stream.once('drain', proceed));
}

function fileThere(file: string): CqlformError {
  return new CqlformError('FILE_EXISTS', `${file} is there already`, {
    next: 'Name another file, or say --force to replace it.',
    fields: { file },
    exitCode: exitCodes.usage,
  });
}

function unwritable(file: string, cause: unknown): CqlformError {
  if (cause instanceof CqlformError) return cause;
  return new CqlformError('FILE_UNWRITABLE', `${file} cannot be written: ${reasonOf(cause)}`, {
    next: 'Make room, or give the right to write there; or name another file.',
    fields: { file },
    cause,
  });
}
