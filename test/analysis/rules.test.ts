import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkMigrationFile } from '../../src/analysis/check-file.ts';
import type { Diagnostic } from '../../src/analysis/diagnostic.ts';
import { fixSignals } from '../../src/analysis/fix-signals.ts';
import { ownExports } from '../../src/analysis/own-exports.ts';
import { type ProjectFolder, projectFolder } from './project-folder.ts';

const id = 'migrations/20260101000000_a.ts';
/** Row function on line 6 and on; `imports` stays on line 2. */
const migration = (
  rows: string,
  imports = '',
): string => `import { existing, migration, reject, skip, t, table, to, transform } from 'cqlform';
${imports}
const a = existing('a', { columns: { id: t.int(), x: t.text() }, partitionKey: ['id'] });
const b = table('b', { columns: { id: t.int(), x: t.text() }, partitionKey: ['id'] });
export default migration({ description: 'A', schema: [b], data: [transform({ from: a, into: b,
rows: ({ id, x }, out, run) => {
${rows}
} })] });
`;

describe('the rules for code that runs for rows', () => {
  let folder: ProjectFolder;
  const findings = async (source: string, lib = ''): Promise<readonly Diagnostic[]> => {
    await folder.write({ [id]: source, 'migrations/lib/x.ts': lib });
    return checkMigrationFile(folder.path(id), await ownExports()).found;
  };
  beforeAll(async () => {
    const installed = ['moment', 'uuid'].map((name) => [`node_modules/${name}/package.json`, '{}']);
    folder = await projectFolder(Object.fromEntries(installed));
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  it.each([
    ['IMPURE_CLOCK', 'out.emit({ id, x: String(Date.now()) });', ''],
    ['IMPURE_CLOCK', 'out.emit({ id, x: new Date().toISOString() });', ''],
    ['IMPURE_CLOCK', 'out.emit({ id, x: Date() });', ''],
    ['IMPURE_CLOCK', 'out.emit({ id, x: String(performance.now()) });', ''],
    ['IMPURE_CLOCK', 'out.emit({ id, x: moment().format() });', "import moment from 'moment';"],
    ['IMPURE_RANDOM', 'out.emit({ id, x: String(Math.random()) });', ''],
    ['IMPURE_RANDOM', 'out.emit({ id, x: crypto.randomUUID() });', ''],
    ['IMPURE_RANDOM', "out.emit({ id, x: String(Math['random']()) });", ''],
    ['IMPURE_RANDOM', 'const { random } = Math; out.emit({ id, x: String(random()) });', ''],
    ['IMPURE_RANDOM', 'out.emit({ id, x: randomUUID() });', "import { randomUUID } from 'node:crypto';"],
    ['IMPURE_RANDOM', 'out.emit({ id, x: crypto.randomBytes(4).toString() });', "import * as crypto from 'crypto';"],
    ['IMPURE_RANDOM', 'out.emit({ id, x: v4() });', "import { v4 } from 'uuid';"],
    ['IMPURE_NETWORK', "fetch('http://x'); out.emit({ id, x });", ''],
    ['IMPURE_NETWORK', 'out.emit({ id, x: get(x) });', "import { get } from 'node:https';"],
    ['IMPURE_NETWORK', 'connect(1); out.emit({ id, x });', "import { connect } from 'node:net';"],
    ['IMPURE_FILES', "out.emit({ id, x: readFileSync('x', 'utf8') });", "import { readFileSync } from 'node:fs';"],
    ['IMPURE_FILES', "out.emit({ id, x: fs.readFileSync('x', 'utf8') });", "import fs from 'fs';"],
    ['IMPURE_ENVIRONMENT', "out.emit({ id, x: process.env['X'] ?? null });", ''],
    ['IMPURE_ENVIRONMENT', 'out.emit({ id, x: hostname() });', "import { hostname } from 'node:os';"],
    [
      'IMPURE_ENVIRONMENT',
      "out.emit({ id, x: execSync('date').toString() });",
      "import { execSync } from 'node:child_process';",
    ],
    ['IMPURE_ENVIRONMENT', 'out.emit({ id, x: import.meta.url });', ''],
    ['IMPURE_STATE', 'count += 1; out.emit({ id, x });', 'let count = 0;'],
    ['IMPURE_STATE', 'seen.add(id); out.emit({ id, x });', 'const seen = new Set<number>();'],
    ['IMPURE_STATE', 'last.id = id; out.emit({ id, x });', 'const last = { id: 0 };'],
    ['IMPURE_STATE', '[first] = [x]; out.emit({ id, x });', 'let first: string | null = null;'],
    ['IMPURE_STATE', 'globalThis.x = 1; out.emit({ id, x });', ''],
    ['IMPURE_STATE', "out.emit({ id, x: word.test(x ?? '') ? x : null });", 'const word = /a/g;'],
    ['ASYNC_TRANSFORM', 'setTimeout(() => out.emit({ id, x }), 1);', ''],
    ['ASYNC_TRANSFORM', 'Promise.resolve(x).then((one) => out.emit({ id, x: one }));', ''],
    ['ASYNC_TRANSFORM', "import('./lib/x.ts');", ''],
  ])('%s: %s', async (code, rows, imports) => {
    const [found, ...others] = (await findings(migration(rows, imports))).filter((one) => one.severity === 'error');
    expect(found).toMatchObject({ code, path: folder.path(id), line: 7, mechanical: false });
    expect(found?.reason).toContain('in transform 1');
    expect(found?.fix).not.toBe('');
    expect(others.map((one) => one.code).filter((one) => one !== code)).toEqual([]);
  });

  it('refuses async row functions', async () => {
    const source = migration('out.emit({ id, x });').replace('rows: (', 'rows: async (');
    expect((await findings(source)).map((one) => one.code)).toEqual(['ASYNC_TRANSFORM']);
  });

  it.each([
    ['run.startedAt', 'out.emit({ id, x: run.startedAt.toISOString() });', ''],
    ['a date of the row', 'out.emit({ id, x: new Date(id).toISOString() });', ''],
    [
      'hashes',
      "out.emit({ id, x: createHash('sha1').update(x ?? '').digest('hex') });",
      "import { createHash } from 'node:crypto';",
    ],
    [
      'local state',
      'let n = 0; const seen = []; [1].forEach((one) => { n += one; seen.push(one); }); out.emit({ id, x: String(n) });',
      '',
    ],
    [
      'what is built when the file is loaded',
      'out.emit({ id, x: names.get(id) ?? null });',
      "const names = new Map<number, string>(); names.set(1, 'a');",
    ],
    ['a parameter of a forbidden name', 'out.emit({ id, x: [1].map((process) => String(process)).join() });', ''],
    ['an expression without memory', "out.emit({ id, x: word.test(x ?? '') ? x : null });", 'const word = /a/i;'],
    ['code that no row runs', 'out.emit({ id, x });', 'export const made = Date.now();'],
  ])('lets %s be', async (_, rows, imports) => {
    expect(await findings(migration(rows, imports))).toEqual([]);
  });

  it("warns of the machine's time zone and language", async () => {
    const found = await findings(
      migration('const d = new Date(id); out.emit({ id, x: d.getHours() + d.toLocaleString() + new Date(2020, 1) });'),
    );
    expect(found.map((one) => [one.code, one.severity])).toEqual([
      ['IMPURE_ENVIRONMENT', 'warning'],
      ['IMPURE_ENVIRONMENT', 'warning'],
      ['IMPURE_ENVIRONMENT', 'warning'],
    ]);
  });

  it('follows helpers into lib/ and names their users', async () => {
    const lib =
      'export function stamp(): string {\n  return inner();\n}\nfunction inner(): string {\n  return String(Date.now());\n}\n';
    const [found] = await findings(
      migration('out.emit({ id, x: stamp() });', "import { stamp } from './lib/x.ts';"),
      lib,
    );
    expect(found).toMatchObject({
      code: 'IMPURE_CLOCK',
      path: folder.path('migrations/lib/x.ts'),
      line: 5,
      column: 17,
    });
    expect(found?.reason).toContain('in inner, which stamp uses');
  });

  it.each([
    ["if (x === null) reject('no x');", true],
    ["skip('never');", true],
    ["if (x === null) { reject('no x'); }", true],
    ["x === null && reject('no x');", false],
    ["void reject('no x');", false],
    ["[1].forEach(() => { reject('no x'); });", false],
    ["[1].forEach(() => reject('no x'));", false],
  ])('SIGNAL_NOT_RETURNED: %s', async (rows, mechanical) => {
    expect(await findings(migration(rows))).toMatchObject([{ code: 'SIGNAL_NOT_RETURNED', line: 7, mechanical }]);
  });

  it.each([
    "if (x === null) return reject('no x');",
    "return x === null ? skip('no x') : undefined;",
    "return x === null && id > 1 ? reject('x') : skip('y');",
    "const missing = reject('no x'); if (x === null) return missing;",
    "const of = (text: string | null) => text ?? reject('none'); const y = of(x); if (typeof y !== 'string') return y;",
  ])('lets signals be that go somewhere: %s', async (rows) => {
    expect(await findings(migration(rows))).toEqual([]);
  });

  it('writes the missing returns', async () => {
    const source = migration(
      "if (x === null) reject('no x');\nif (id < 0) { skip('a'); } else skip('b');\nout.emit({ id, x });",
    );
    const found = await findings(source);
    expect(await fixSignals(found)).toHaveLength(3);
    expect(await folder.read(id)).toContain(
      "if (x === null) return reject('no x');\nif (id < 0) { return skip('a'); } else return skip('b');",
    );
    expect(await findings(await folder.read(id))).toEqual([]);
  });

  it('looks at the functions of copy and backfill as well', async () => {
    const source = migration('out.emit({ id, x });').replace(
      /transform\(\{[\s\S]*$/,
      'copy({ from: a, into: b, columns: { x: () => String(Math.random()) } })] });\n',
    );
    expect(await findings(source.replace('import { existing', 'import { copy, existing'))).toMatchObject([
      { code: 'IMPURE_RANDOM', line: 5 },
    ]);
  });
});
