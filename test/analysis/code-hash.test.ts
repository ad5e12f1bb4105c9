import { writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packagesOf } from '../../src/analysis/code/packages.ts';
import { type CodeDocument, codeOf } from '../../src/analysis/code/parts.ts';
import { openProgram } from '../../src/analysis/code/program.ts';
import { editedParts } from '../../src/analysis/edited.ts';
import { type ProjectFolder, projectFolder } from './project-folder.ts';

const lib = `
const months = ['Jan', 'Feb'];
/** Of a row. */
export function monthOf(text: string): number {
  return months.indexOf(text) + 1;
}
export const unused = (x: number): number => x * 2;
`;
const migration = (rows: string, before = ''): string => `
import { existing, migration, reject, t, table, to, transform } from 'cqlform';
import { monthOf } from './lib/month.ts';
const films = existing('films', { columns: { id: t.int(), month: t.text() }, partitionKey: ['id'] });
const byMonth = table('films_by_month', { columns: { month: t.int(), id: t.int() }, partitionKey: ['month'], clusteringKey: ['id'] });
${before}
export default migration({
  description: 'Films by month',
  schema: [byMonth],
  data: [transform({ from: films, into: byMonth, rows: ${rows} })],
});
`;
const rows = `({ id, month }, out) => {
  if (month === null) return reject('no month');
  out.emit({ id, month: monthOf(month) });
}`;

describe('the code hash', () => {
  let folder: ProjectFolder;
  let original: { readonly document: CodeDocument; readonly hash: string };
  const id = 'migrations/20260101000000_a.ts';
  const hashOfSources = async (source: string, helper = lib): Promise<typeof original> => {
    await writeFile(folder.path('migrations/lib/month.ts'), helper);
    await writeFile(folder.path(id), source);
    return codeOf(openProgram(folder.path(id)));
  };
  beforeAll(async () => {
    folder = await projectFolder({ [id]: migration(rows), 'migrations/lib/month.ts': lib });
    original = codeOf(openProgram(folder.path(id)));
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  it('covers the functions of data steps and every declaration that they name, and no other', () => {
    expect(original.document.parts.map(({ name, users }) => [name, users])).toEqual([
      ['monthOf', ['transform 1']],
      ['months', ['monthOf']],
      ['transform 1', []],
    ]);
  });

  it('stays what it is for good: a ledger somewhere holds it', () => {
    expect(original.hash).toBe('cbd49bef0174dba424a2b76f8c6eab70332716bef70c5bc302a52a8d9a7cc743');
  });

  it.each([
    ['comments', migration(`/* why */ ${rows} // so`)],
    ['layout', migration(rows.replaceAll('\n', ' '))],
    ['quotes', migration(rows.replaceAll("'", '"'))],
    ['a template without holes', migration(rows.replaceAll("'no month'", '`no month`'))],
    ['parentheses', migration(rows.replace('month === null', '((month) === (null))'))],
    ['semicolons', migration(rows.replaceAll(';', ''))],
    ['trailing commas', migration(rows.replace('monthOf(month) }', 'monthOf(month,), }'))],
    ['types', migration(rows.replace("reject('no month')", "reject('no month' as string)!"))],
    ['quoted names', migration(rows.replace('{ id, month:', "{ id, 'month':"))],
    ['shorthand', migration(rows.replace('{ id, month:', '{ id: id, month:'))],
    ['types of its own', migration(rows, 'interface Odd { readonly x: number }\ntype Other = Odd;')],
    ['declarations that no row sees', migration(rows, 'export const elsewhere = [1, 2, 3];')],
    ['the description', migration(rows).replace('Films by month', 'Films')],
    [
      'the tables, which the schema hash covers',
      migration(rows).replace('t.int(), month: t.text() }', 't.int(), month: t.text(), more: t.text() }'),
    ],
  ])('does not change with %s', async (_, source) => {
    expect((await hashOfSources(source)).hash).toBe(original.hash);
  });

  it.each([
    ['a literal', migration(rows.replace('no month', 'No month'))],
    ['an operator', migration(rows.replace('===', '!=='))],
    [
      'the order of statements',
      migration(
        `({ id, month }, out) => { out.emit({ id, month: 1 }); if (month === null) return reject('no month'); }`,
      ),
    ],
    [
      'optional chaining that ends elsewhere',
      migration(rows.replace('monthOf(month)', 'monthOf((month as string)?.at(0)!)')),
    ],
    ['a unary operator', migration(rows.replace('monthOf(month)', '-monthOf(month)'))],
    ['a number', migration(rows.replace('monthOf(month)', 'monthOf(month) + 1'))],
  ])('changes with %s', async (_, source) => {
    expect((await hashOfSources(source)).hash).not.toBe(original.hash);
  });

  it('changes with a helper of a helper, and says whose it is', async () => {
    const edited = await hashOfSources(migration(rows), lib.replace("'Feb'", "'Feb', 'Mar'"));
    expect(edited.hash).not.toBe(original.hash);
    expect(editedParts(original.document, edited.document)).toEqual(['months (used by monthOf) changed']);
  });

  it('does not change with the version of a package, which is told beside it', async () => {
    const source = migration(rows.replace('monthOf(month)', 'at(month)'), "import { at } from '@dates/parse/month';");
    const versions: unknown[] = [];
    const hashes = new Set<string>();
    for (const version of ['1.0.0', '2.0.0-rc.1']) {
      await folder.write({ 'node_modules/@dates/parse/package.json': JSON.stringify({ version }) });
      hashes.add((await hashOfSources(source)).hash);
      versions.push(packagesOf(openProgram(folder.path(id))));
    }
    expect(versions).toEqual([{ '@dates/parse': '1.0.0' }, { '@dates/parse': '2.0.0-rc.1' }]);
    expect(hashes.size).toBe(1);
    await hashOfSources(migration(rows));
    expect(packagesOf(openProgram(folder.path(id)))).toEqual({});
  });

  it('does not change when a helper moves within lib/', async () => {
    await folder.write({ 'migrations/lib/calendar.ts': lib });
    expect((await hashOfSources(migration(rows), `export { monthOf } from './calendar.ts';`)).hash).toBe(original.hash);
  });

  it('follows namespaces, default exports and what is done to a declaration when its file is loaded', async () => {
    const helper = `
const known = new Map([['Jan', 1]]);
known.set('Feb', 2);
export default function monthOf(text: string): number { return known.get(text) ?? 0; }
`;
    const source = migration(rows).replace('import { monthOf }', 'import monthOf');
    const first = await hashOfSources(source, helper);
    expect(first.document.parts.map((part) => part.name)).toEqual([
      'known',
      'monthOf',
      'statement on known',
      'transform 1',
    ]);
    const second = await hashOfSources(source, helper.replace("'Feb', 2", "'Feb', 3"));
    expect(editedParts(first.document, second.document)).toEqual(['statement on known (used by known) changed']);
    const whole = migration(rows.replace('monthOf(month)', 'months.monthOf(month)')).replace(
      'import { monthOf }',
      'import * as months',
    );
    const third = await hashOfSources(whole, lib);
    expect(third.document.parts.map((part) => part.name)).toEqual(['monthOf', 'months', 'transform 1']);
  });

  it('takes the body of an overloaded function, and the whole of a destructuring', async () => {
    const overloaded = (body: string): string => `
export function monthOf(text: string): number;
export function monthOf(text: number): number;
export function monthOf(text: unknown): number { ${body} }
`;
    const first = await hashOfSources(migration(rows), overloaded('return 1;'));
    const second = await hashOfSources(migration(rows), overloaded('return 2;'));
    expect(editedParts(first.document, second.document)).toEqual(['monthOf (used by transform 1) changed']);
    const taken = (value: number): string =>
      `const made = { monthOf: () => ${value} };\nexport const { monthOf } = made;\n`;
    const third = await hashOfSources(migration(rows), taken(3));
    const fourth = await hashOfSources(migration(rows), taken(4));
    expect(editedParts(third.document, fourth.document)).toEqual(['made (used by { monthOf }) changed']);
  });

  it('knows a shadowed name from the declaration of that name', async () => {
    const source = migration(`({ id, month: byMonth }, out) => { out.emit({ id, month: byMonth === null ? 0 : 1 }); }`);
    expect((await hashOfSources(source)).document.parts.map((part) => part.name)).toEqual(['transform 1']);
  });

  it('sees that an import from a package was exchanged', async () => {
    const first = await hashOfSources(
      migration(rows.replace('monthOf(month)', 'hash(month)'), "import { hash } from 'one';"),
    );
    const second = await hashOfSources(
      migration(rows.replace('monthOf(month)', 'hash(month)'), "import { hash } from 'two';"),
    );
    expect(first.hash).not.toBe(second.hash);
  });
});
