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

  it.each([
    ['IMPURE_CLOCK', 'const D = Date; out.emit({ id, x: String(new D()) });', ''],
    ['IMPURE_CLOCK', 'out.emit({ id, x: String(new D()) });', 'const D = Date;'],
    ['IMPURE_CLOCK', 'out.emit({ id, x: D() });', 'const C = Date; const D = C;'],
    ['IMPURE_CLOCK', 'const D = Date; out.emit({ id, x: String(D.now()) });', ''],
    ['IMPURE_CLOCK', 'out.emit({ id, x: String(now()) });', 'const { now } = Date;'],
    ['IMPURE_CLOCK', "const { ['now']: n } = Date; out.emit({ id, x: String(n()) });", ''],
    ['IMPURE_CLOCK', 'let now; ({ now } = Date); out.emit({ id, x: String(now()) });', ''],
    ['IMPURE_CLOCK', 'out.emit({ id, x: String(new (Date as never)()) });', ''],
    ['IMPURE_STATE', "out.emit({ id, x: String(new globalThis['Date']()) });", ''],
    ['IMPURE_RANDOM', 'out.emit({ id, x: String(r()) });', 'const r = Math.random;'],
    ['IMPURE_RANDOM', 'const M = Math; out.emit({ id, x: String(M.random()) });', ''],
    ['IMPURE_RANDOM', 'out.emit({ id, x: String((Math)!.random()) });', ''],
    ['IMPURE_RANDOM', 'const c = crypto; out.emit({ id, x: c.randomUUID() });', ''],
    ['IMPURE_RANDOM', 'out.emit({ id, x: u() });', "import { randomUUID as u } from 'node:crypto';"],
    ['IMPURE_RANDOM', 'const d = c; out.emit({ id, x: d.randomUUID() });', "import * as c from 'node:crypto';"],
    ['IMPURE_FILES', "out.emit({ id, x: f.readFileSync('x', 'utf8') });", "import * as fs from 'fs'; const f = fs;"],
    ['IMPURE_FILES', "out.emit({ id, x: read('x') });", "import * as fs from 'fs'; const read = fs.readFileSync;"],
    ['ASYNC_TRANSFORM', "out.emit({ id, x: fs.readFileSync('x') });", "const fs = await import('node:fs');"],
    ['IMPURE_ENVIRONMENT', "const { env } = process; out.emit({ id, x: env['X'] ?? null });", ''],
    [
      'IMPURE_ENVIRONMENT',
      'require(x); out.emit({ id, x });',
      "import { createRequire } from 'node:module'; const require = createRequire('/x');",
    ],
    ['IMPURE_NETWORK', "const f = fetch; f('x'); out.emit({ id, x });", ''],
    ['IMPURE_STATE', 'const known = seen; known.add(id); out.emit({ id, x });', 'const seen = new Set<number>();'],
    ['IMPURE_STATE', 'const at = last.row; at.id = id; out.emit({ id, x });', 'const last = { row: { id: 0 } };'],
  ])('%s by another name: %s %s', async (code, rows, imports) => {
    const found = await findings(migration(rows, imports));
    expect([...new Set(found.map((one) => `${one.severity} ${one.code}`))]).toEqual([`error ${code}`]);
  });

  it('follows names through lib/', async () => {
    const lib = "export const D = Date;\nexport { randomUUID as id } from 'node:crypto';\n";
    for (const imports of ["import { D, id as make } from './lib/x.ts';", "import * as L from './lib/x.ts';"]) {
      const [clock, random] = imports.includes('*') ? ['L.D', 'L.id'] : ['D', 'make'];
      const found = await findings(migration(`out.emit({ id, x: ${random}() + new ${clock}() });`, imports), lib);
      expect(found.map((one) => one.code)).toEqual(['IMPURE_RANDOM', 'IMPURE_CLOCK']);
    }
  });

  it.each([
    ['IMPURE_CLOCK', 'out.emit({ id, x: String([1].map(Date)) });'],
    ['IMPURE_CLOCK', 'const o = { D: Date }; out.emit({ id, x: String(new o.D()) });'],
    ['IMPURE_CLOCK', 'class D extends Date {} out.emit({ id, x: String(new D()) });'],
    ['IMPURE_RANDOM', "const k = 'random'; out.emit({ id, x: String(Math[k]()) });"],
  ])('%s: warns where it cannot see what is done: %s', async (code, rows) => {
    expect(await findings(migration(rows))).toMatchObject([{ code, severity: 'warning', line: 7 }]);
  });

  it('refuses async row functions', async () => {
    const source = migration('out.emit({ id, x });').replace('rows: (', 'rows: async (');
    expect((await findings(source)).map((one) => one.code)).toEqual(['ASYNC_TRANSFORM']);
  });

  it.each([
    ['run.startedAt', 'out.emit({ id, x: run.startedAt.toISOString() });', ''],
    ['a date of the row', 'out.emit({ id, x: new Date(id).toISOString() });', ''],
    ['a date of the row by another name', 'const D = Date; out.emit({ id, x: new D(id).toISOString() });', ''],
    [
      'what is pure of Date and Math',
      'const { parse } = Date; const { floor } = Math; out.emit({ id, x: String(floor(parse(x))) });',
      '',
    ],
    [
      'a test for dates',
      "const D = Date; out.emit({ id, x: x instanceof D || x.constructor === Date ? 'a' : 'b' });",
      '',
    ],
    [
      'names of its own',
      'const Date = String; const Math = { random: () => 4 }; out.emit({ id, x: Date(Math.random()) });',
      '',
    ],
    [
      'members of a row',
      'const row = { now: 1, env: 2 }; const { now, env } = row; out.emit({ id, x: String(now + env) });',
      '',
    ],
    [
      'hashes by another name',
      "const { createHash } = c; out.emit({ id, x: createHash('sha1').update('x').digest('hex') });",
      "import * as c from 'node:crypto';",
    ],
    [
      'a copy of what is outside',
      'const all = months.slice(); all.push(id); let n = first; n += 1; out.emit({ id, x: all.join() + n });',
      'const months = [1]; const first = 1;',
    ],
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

  it.each([
    "x?.localeCompare('a')",
    "x!.localeCompare('a', undefined, { numeric: true })",
    'new Intl.NumberFormat().format(id)',
    'Intl.DateTimeFormat(undefined, {}).format(id)',
    "(() => { const N = Intl.Collator; return new N().compare('a', 'b'); })()",
    'id.toLocaleString(undefined)',
    "new Date('2026-01-01T00:00').toISOString()",
    "new Date('Jan 1, 2026').toISOString()",
    'new Date(`$' + '{x}T00:00:00.000`).toISOString()',
    "Date.parse(x + ' 12:00')",
    "Date.parse('2026-01-01T00:00:00')",
    "new Error('x').stack",
    '(() => { try { return x; } catch (e) { return (e as Error).stack; } })()',
    '(() => { const { stack } = new Error(); return stack; })()',
    '(() => { const e = new TypeError(); const { message, stack: where = message } = e; return where; })()',
    "(() => { let stack: string | undefined; ({ stack } = new Error('x')); return stack; })()",
  ])("warns of the machine's settings in %s", async (value) => {
    const found = await findings(migration(`out.emit({ id, x: String(${value}) });`));
    expect(found).toMatchObject([{ code: 'IMPURE_ENVIRONMENT', severity: 'warning', line: 7 }]);
  });

  it.each([
    "x?.localeCompare('a', 'en')",
    "new Intl.NumberFormat('en').format(id)",
    "new Date('2026-01-01').toISOString()",
    "new Date('2026-01-01T00:00Z').toISOString()",
    "Date.parse('2026-01-01T00:00:00.5+02:00')",
    "new Date('Thu, 01 Jan 1970 00:00:00 GMT').toISOString()",
    'new Date(`$' + '{x}T00:00:00Z`).toISOString()',
    'new Date(x ?? 0).toISOString()',
    "({ stack: 'x' }).stack",
    "new Error('x').message",
    "(() => { const { stack } = { stack: 'x' }; const { message } = new Error('x'); return stack + message; })()",
  ])('lets %s be', async (value) => {
    expect(await findings(migration(`out.emit({ id, x: String(${value}) });`))).toEqual([]);
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
    ["const r = x === null ? reject('x') : null; out.emit({ id, x });", false],
    ["const q = skip('never'); out.emit({ id, x });", false],
    ["const r = x === null ? reject('x') : null; if (r !== null) return; out.emit({ id, x });", false],
    ["const r = x === null && reject('x'); if (r) return undefined; out.emit({ id, x });", false],
    ["let r; if (x === null) r = reject('x'); out.emit({ id, x: r ? 'a' : x });", false],
    ["const r = reject('x'); const again = (r); const twice = again ?? null; void twice;", false],
    ["const r = reject('x'); [1].forEach(() => r);", false],
    ["if (reject('x') ?? x) out.emit({ id, x });", false],
    ["const no = () => reject('x'); if (x === null) no();", false],
    ["const no = (v: string | null) => { if (v === null) return reject('x'); return undefined; }; no(x);", false],
    [
      "function no() { let r; r ??= skip('x'); return id > 1 ? (r) : null; } const kept = no(); out.emit({ id, x });",
      false,
    ],
    ["const no = () => reject('x'); const via = () => x ?? no(); if (via() === null) out.emit({ id, x });", false],
    ["(() => skip('x'))();", false],
  ])('SIGNAL_NOT_RETURNED: %s', async (rows, mechanical) => {
    expect(await findings(migration(rows))).toMatchObject([{ code: 'SIGNAL_NOT_RETURNED', line: 7, mechanical }]);
  });

  it.each([
    "if (x === null) return reject('no x');",
    "return x === null ? skip('no x') : undefined;",
    "return x === null && id > 1 ? reject('x') : skip('y');",
    "const missing = reject('no x'); if (x === null) return missing;",
    "const r = x === null ? reject('no x') : null; if (r !== null) return r; out.emit({ id, x });",
    "let r; if (x === null) r = reject('no x'); if (id < 0) r ??= skip('old'); return r;",
    "const r = x === null ? reject('no x') : null; const also = r ?? (id < 0 ? skip('old') : undefined); return also;",
    "const found = [reject('a'), skip('b')]; return found[id];",
    "const r = reject('no x'); const pick = () => r; if (x === null) return pick();",
    "const r = { no: reject('no x') }; if (x === null) return r.no;",
    "const r = reject('no x'); const all = [r]; for (const one of all) if (x === null) return one;",
    "const check = (text: string | null) => { const bad = text === null ? reject('no x') : null; return bad; }; const r = check(x); if (r) return r;",
    "const r = x === null && reject('no x'); return r || undefined;",
    "const no = (v: string | null) => (v === null ? reject('x') : null); const lost = no(x); if (lost !== null) return lost;",
    "const no = () => reject('x'); const all = [no()]; return all[0];",
    "const count = () => { const no = () => reject('x'); return [no].length; }; count();",
    'const twice = (n: number): number => (n > 9 ? n : twice(n + 1)); twice(id);',
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
