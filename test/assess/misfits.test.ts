import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { assessedMigrationSource } from '../../src/analysis/source/assessed.ts';
import { type AssessInput, assess } from '../../src/app/assess.ts';
import { openProject } from '../../src/app/config.ts';
import { keyCandidates } from '../../src/assess/keys.ts';
import { warningTexts } from '../../src/cli/view/assess-words.ts';
import type { AssessedColumn, AssessedTable } from '../../src/model/assessment.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cqlform-misfits-'));
  const database = new DatabaseSync(join(folder, 'odd.db'));
  database.exec(`
    CREATE TABLE nameless (id INTEGER PRIMARY KEY, "" INT, v INT);
    INSERT INTO nameless VALUES (1, 1, 7), (2, 2, 7), (3, 3, 8);
    CREATE TABLE empties (k TEXT PRIMARY KEY, n INT);
    INSERT INTO empties VALUES ('', 1), ('a', 2);
    CREATE TABLE numbers (id INTEGER PRIMARY KEY, big, far NUMERIC, both);
    INSERT INTO numbers VALUES (1, 9007199254740993, 1.5, 9007199254740993), (2, 1.5, 9e999, 9e999), (3, 2, 3, 1.5);
  `);
  database.close();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function tables(more: Partial<AssessInput> = {}): Promise<readonly AssessedTable[]> {
  const path = join(folder, 'odd.db');
  const project = {
    ...(await openProject({ keyspace: 'misfits' }, folder)),
    sources: { odd: { kind: 'file' as const, path } },
  };
  const input: AssessInput = {
    source: more.source === undefined ? `sqlite:${join(folder, 'odd.db')}` : `odd/${more.source}`,
    ...{ format: null, system: null, settings: {}, sample: null, key: null, nested: 'udt', arrays: null, write: null },
  };
  return (await assess(project, { ...input, ...more, source: input.source }, new Date())).tables;
}

it('leaves out what has no name, and tells values that its own proposal would reject', async () => {
  const found = new Map((await tables()).map((one) => [one.target.name, one]));
  const typeOf = (table: string, column: string): string | undefined =>
    found.get(table)?.columns.find((one) => one.column === column)?.type;
  expect(found.get('nameless')?.columns.map(({ field }) => field)).toEqual(['id', 'v']);
  expect(found.get('nameless')?.refused).toMatchObject([{ field: '', reason: expect.stringContaining('no name') }]);
  const empties = found.get('empties');
  expect(empties?.maxRejects).toBe(1);
  expect(empties && warningTexts(empties).join()).toContain('k: 1 value will be rejected (empty');
  expect(['big', 'far', 'both'].map((column) => typeOf('numbers', column))).toEqual(['decimal', 'double', 'text']);
});

it('says how many rows a key would make one, with an example, and marks the migration', async () => {
  const key = { partition: ['v'], clustering: [] };
  const [table] = await tables({ source: 'nameless', key });
  expect(table?.partitions).toMatchObject({ rows: 3, collisions: 1, collision: 'v=7' });
  expect(table && warningTexts(table)[0]).toBe('1 row would overwrite another row with the same key, e.g. v=7');
  const source = assessedMigrationSource(table === undefined ? [] : [table], { description: 'x', present: new Set() });
  expect(source).toContain('// 1 of them have a key that another one has, and would overwrite it.');
});

it('proposes no interval for a key', () => {
  const column = (field: string, type: string): AssessedColumn => {
    const found = {
      ...{ nulls: 0, values: 2, kinds: [], nullWords: {}, least: null, greatest: null, longest: null, bytes: 8 },
      ...{ distinct: { count: 2, exact: true }, unique: 'yes' as const, elements: [] },
    };
    const as = { field, column: field, sourceType: null, nullable: false, found, read: { type: '' }, type };
    return { ...as, verdict: 'exact', convert: null, unfit: [], notes: [] };
  };
  const columns = [column('k', 'int'), column('gap', 'duration')];
  const keys = keyCandidates({ key: ['k', 'gap'], unique: [['gap']] }, columns, { read: 2, whole: true });
  expect(keys).toEqual([{ fields: ['k'], by: 'all rows' }]);
});
