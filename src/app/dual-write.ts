import { dirname, relative, resolve, sep } from 'node:path';
import { generatedText } from '../analysis/generated-text.ts';
import { dualWriteHead, dualWriteSource, dualWritten } from '../analysis/source/dual-write.ts';
import { createFile, replaceFile } from '../analysis/write-file.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { inspect } from './inspect.ts';
import { migrationFile } from './migration-files.ts';
import { notComposable } from './new.ts';
import type { Project } from './project.ts';

export interface DualWriteOptions {
  readonly migration: string;
  /** The file to write; null: it is only given back, as if it lay in the current folder. */
  readonly out: string | null;
}

/**
 * A module with the functions of a migration's copies and the types of their rows, for an application that writes to both
 * sides. Only a file that an earlier call wrote is replaced (`FILE_EXISTS`).
 */
export async function writeDualWrite(project: Project, { migration: id, out }: DualWriteOptions): Promise<string> {
  const file = await migrationFile(project, id);
  const { migrations, schema, diagnostics } = await inspect(project);
  const migration = migrations.find((one) => one.id === id);
  if (migration === undefined || schema === null) {
    throw notComposable(diagnostics.map((one) => `${one.code}: ${one.reason}`));
  }
  if (!migration.data.some(dualWritten)) {
    throw new CqlformError('NO_DUAL_WRITE', `${id} copies nothing that an application could write to both sides of`, {
      next: 'Name a migration with a copy or a transform from a database, another cluster or a table.',
      fields: { migration: id },
      exitCode: exitCodes.usage,
    });
  }
  const place = resolve(out ?? 'dual-write.ts');
  const way = relative(dirname(place), file.path).split(sep).join('/');
  const from = way.startsWith('.') ? way : `./${way}`;
  const source = dualWriteSource({ migration: id, from, data: migration.data, types: schema.types });
  if (out === null) return source;
  const there = await generatedText(place);
  if (there?.startsWith(dualWriteHead) === true) await replaceFile(place, source);
  else await createFile(place, source);
  return source;
}
