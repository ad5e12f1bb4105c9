import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { AssessedTable, Assessment } from '../../src/model/assessment.ts';
import { runIn } from '../cli/run.ts';

const root = join(import.meta.dirname, '../..');

/** Assesses a table of a server; `write` also writes its migration, and has it checked as it came. */
export async function assessed(url: string, source: string, write: 'write' | 'look' = 'look'): Promise<AssessedTable> {
  const folder = await mkdtemp(join(tmpdir(), 'cqlform-assess-'));
  try {
    await mkdir(join(folder, 'migrations'));
    await mkdir(join(folder, 'node_modules'));
    await symlink(root, join(folder, 'node_modules/cqlform'));
    await writeFile(join(folder, 'package.json'), '{ "name": "assessing", "type": "module" }\n');
    await writeFile(
      join(folder, 'cqlform.config.ts'),
      `import { defineConfig, env } from 'cqlform';
export default defineConfig({ keyspace: 'assessed', sources: { shop: { url: env('SHOP_URL') } } });\n`,
    );
    const env = { SHOP_URL: url };
    const written = write === 'write' ? ['--write', 'all of it'] : [];
    const { code, stdout, stderr } = await runIn({ folder, env }, 'assess', source, ...written, '--json');
    expect(code, stdout + stderr).toBe(0);
    if (write === 'write') {
      const checked = await runIn({ folder, env }, 'check');
      expect(checked.code, checked.stdout + checked.stderr).toBe(0);
    }
    const [table] = (JSON.parse(stdout) as Assessment).tables;
    if (table === undefined) throw new Error('nothing was assessed');
    return table;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** `mysql.int int`, by column. */
export function proposedTypes({ columns }: AssessedTable): Readonly<Record<string, string>> {
  return Object.fromEntries(columns.map(({ column, read, type }) => [column, `${read.type} ${type}`]));
}
