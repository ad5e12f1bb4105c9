import { readdir, rename, rm } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { projectFolder } from './project-folder.ts';

const films = `import { migration, t, table } from 'cqlform';

const films = table('films', { columns: { id: t.int(), title: t.text() }, partitionKey: ['id'] });

export default migration({ description: 'Films', schema: [films] });
`;
const shout = `import { backfill, existing, migration, t } from 'cqlform';
import { loud } from './lib/loud.ts';

const ids = existing('films', { columns: { id: t.int() }, partitionKey: ['id'] });
const films = existing('films', { columns: { id: t.int(), title: t.text() }, partitionKey: ['id'] });

export default migration({
  description: 'Loud titles',
  data: [backfill({ from: ids, into: films, columns: { title: ({ id }) => loud(String(id)) } })],
});
`;
const loud = 'export const loud = (text: string): string => text.toUpperCase();\n';
const first = 'migrations/20260101000000_films.ts';
const second = 'migrations/20260102000000_shout.ts';
const project = { [first]: films, [second]: shout, 'migrations/lib/loud.ts': loud };

describe('cqlform.sum and schema.ts', () => {
  it('are missed, written, kept, and found stale when something changes', async () => {
    await using folder = await projectFolder(project);
    expect((await folder.check()).map((one) => [one.code, one.mechanical])).toEqual([
      ['SUM_MISSING', true],
      ['SCHEMA_FILE_MISSING', true],
    ]);
    const fixed = await folder.run('check', '--fix');
    expect(fixed.code, fixed.stdout).toBe(0);
    expect(fixed.stdout).toContain('mended migrations/cqlform.sum SUM_MISSING');
    expect(
      (await folder.read('migrations/schema.ts')).replaceAll('\r', ''),
    ).toBe(`// The keyspace as the migrations make it. Written by \`cqlform check --fix\`: do not edit.
import { type RowOf, t, table } from 'cqlform';

export const films = table('films', { columns: { id: t.int(), title: t.text() }, partitionKey: ['id'] });

export type FilmsRow = RowOf<typeof films>;
`);
    expect(await folder.check()).toEqual([]);

    // Layout is the project's own business, in schema.ts and in migrations.
    const schema = await folder.read('migrations/schema.ts');
    await folder.write({
      'migrations/schema.ts': schema.replaceAll("'", '"').replaceAll(';', '').replaceAll(', ', ',\n  '),
      'migrations/lib/loud.ts': `// why\n${loud.replace('text.toUpperCase()', '(\n  text.toUpperCase()\n)')}`,
    });
    expect(await folder.check()).toEqual([]);

    await folder.write({
      'migrations/lib/loud.ts': loud.replace('toUpperCase', 'toLowerCase'),
      [first]: films.replace('title: t.text()', 'title: t.text(), year: t.int()'),
    });
    expect((await folder.check()).map((one) => [one.code, one.line, one.reason])).toEqual([
      [
        'MIGRATION_CHANGED',
        1,
        '20260101000000_films is recorded with other content: what it declares changed since its line was written',
      ],
      [
        'MIGRATION_CHANGED',
        2,
        '20260102000000_shout is recorded with other content: the code that its rows run changed since its line was written',
      ],
      ['SCHEMA_FILE_STALE', 8, 'schema.ts is not what the migrations make'],
    ]);
    const refused = await folder.run('check');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('If it was applied anywhere, take the edit back and write a new migration');
    const recorded = await folder.run('check', '--fix');
    expect(recorded.code).toBe(0);
    for (const line of [1, 2])
      expect(recorded.stdout).toContain(`recorded migrations/cqlform.sum:${line} MIGRATION_CHANGED: `);
    expect(recorded.stdout).toContain('mended migrations/schema.ts:8 SCHEMA_FILE_STALE');
    expect(await folder.read('migrations/schema.ts')).toContain('year: t.int()');
  });

  it('are told apart from a merge that went wrong', async () => {
    await using folder = await projectFolder(project);
    await folder.run('check', '--fix');
    const sum = await folder.read('migrations/cqlform.sum');
    const [one, two, head] = sum.trimEnd().split('\n');

    await folder.write({ 'migrations/cqlform.sum': `${two}\n${one}\n${head}\n` });
    expect(await folder.check()).toMatchObject([{ code: 'SUM_DISORDERED', line: 1, mechanical: true }]);
    await folder.write({
      'migrations/cqlform.sum': `${one}\n<<<<<<< ours\n${two}\n=======\n>>>>>>> theirs\n${head}\n`,
    });
    expect(await folder.check()).toMatchObject([{ code: 'SUM_CONFLICT', line: 2, mechanical: true }]);
    await folder.write({ 'migrations/cqlform.sum': sum.replaceAll('\n', '\r\n') });
    expect(await folder.check()).toEqual([]);

    await rename(folder.path(second), folder.path('migrations/20251231000000_shout.ts'));
    expect((await folder.check()).map((found) => found.code)).toEqual([
      'EXPECTATION_MISMATCH',
      'SUM_MISSING',
      'SUM_MISSING',
    ]);
    await rm(folder.path('migrations/20251231000000_shout.ts'));
    expect((await folder.run('check', '--fix')).code).toBe(0);
    expect(await folder.read('migrations/cqlform.sum')).toBe(
      `${one}\nhead ${await headOf(folder.read('migrations/cqlform.sum'))}\n`,
    );
  });
});

async function headOf(text: Promise<string>): Promise<string> {
  return /^head ([0-9a-f]{64})$/m.exec(await text)?.[1] ?? '';
}

describe('a column name that was dropped', () => {
  const changed = (change: string): string => `import { alter, existing, migration, t } from 'cqlform';

const films = existing('films', { columns: { id: t.int(), title: t.text() }, partitionKey: ['id'] });

export default migration({
  description: 'A change',
  schema: [alter(films, ${change})],
});
`;
  const dropped = { [first]: films, [second]: changed("{ drop: ['title'] }") };
  const again = (column: string): string => changed(column).replace(', title: t.text() }', ' }');
  const third = 'migrations/20260103000000_again.ts';

  it('is refused with another type, where the file says so', async () => {
    await using folder = await projectFolder({ ...dropped, [third]: again('{ add: { title: t.int() } }') });
    await folder.run('check', '--fix');
    expect(await folder.check()).toEqual([
      {
        code: 'COLUMN_NAME_SPENT',
        severity: 'error',
        path: folder.path(third),
        line: 7,
        column: 34,
        reason: '20260103000000_again: column films.title was dropped as text and cannot come back as int',
        fix: 'Give the column another name.',
        mechanical: false,
      },
    ]);
  });
});

describe('a field that is renamed', () => {
  const people = `import { migration, t, table, udt } from 'cqlform';

const ad = udt('ad', { s: t.text() });
const people = table('people', { columns: { id: t.int(), home: t.frozen(ad) }, partitionKey: ['id'] });

export default migration({ description: 'People', schema: [ad, people] });
`;
  const fill = `import { alter, alterType, backfill, existing, migration, t, udt } from 'cqlform';

const ad = udt('ad', { s: t.text() });
const people = existing('people', { columns: { id: t.int(), home: t.frozen(ad) }, partitionKey: ['id'] });
const streets = alter(people, { add: { street: t.text() } });

export default migration({
  description: 'Streets',
  schema: [alterType(ad, { rename: { s: 'street' } }), streets],
  data: [backfill({ from: people, into: streets, columns: { street: ({ home }) => home?.s ?? null } })],
});
`;

  it('is refused where a row function of the same migration reads its type', async () => {
    await using folder = await projectFolder({ [first]: people, [second]: fill });
    await folder.run('check', '--fix');
    expect(await folder.check()).toMatchObject([
      { code: 'FIELD_RENAME_WITH_DATA', severity: 'error', path: folder.path(second), line: 3 },
    ]);
  });
});

describe('composition', () => {
  it.each([
    ['EXPECTATION_MISMATCH', "existing('films', { columns: { id: t.text() }, partitionKey: ['id'] })", 3, 14],
    [
      'EXPECTATION_MISMATCH',
      "existing('films', { columns: { id: t.int(), gone: t.int() }, partitionKey: ['id'] })",
      3,
      14,
    ],
    ['EXPECTATION_MISMATCH', "existing('movies', { columns: { id: t.int() }, partitionKey: ['id'] })", 3, 14],
    ['OBJECT_EXISTS', "table('films', { columns: { id: t.int() }, partitionKey: ['id'] })", 3, 14],
  ])('%s: %s', async (code, block, line, column) => {
    const verb = block.startsWith('table') ? 'used' : 'alter(used, { add: { year: t.int() } })';
    const source = `import { alter, existing, migration, t, table } from 'cqlform';
void [alter, existing, table];
const used = ${block};
export default migration({ description: 'Second', schema: [${verb}] });
`;
    await using folder = await projectFolder({ [first]: films, [second]: source });
    expect(await folder.check()).toMatchObject([
      { code, line, column, path: folder.path(second) },
      { code: 'SUM_MISSING' },
    ]);
  });
});

describe('types', () => {
  const wrong = films.replace('t.text()', 't.txet()');
  const typed = films.replace("partitionKey: ['id']", "partitionKey: ['idd']");

  it('come from the compiler that ts-morph brings where the project has none', async () => {
    await using folder = await projectFolder({ [first]: typed }, { compiler: false });
    const found = await folder.check();
    expect(found.map((one) => one.code)).toContain('MIGRATION_KEY_NOT_A_COLUMN');
    expect(found).toContainEqual(expect.objectContaining({ code: 'TS2322', path: folder.path(first), line: 3 }));
    await folder.write({ [first]: films });
    expect((await folder.run('check', '--fix')).code).toBe(0);
  });

  it("come from the project's own compiler, under the migrations' own tsconfig.json", async () => {
    await using folder = await projectFolder({ [first]: wrong });
    expect(await folder.check()).toContainEqual(
      expect.objectContaining({ code: 'TS2339', path: folder.path(first), line: 3, severity: 'error' }),
    );
    const unused = films.replace('const films', 'const spare = 1;\nconst films');
    await folder.write({ [first]: unused });
    expect((await folder.check('--fix')).map((one) => one.code)).toEqual([]);
    await folder.write({
      'migrations/tsconfig.json':
        '{ "compilerOptions": { "strict": true, "noUnusedLocals": true, "module": "esnext", "moduleResolution": "bundler", "allowImportingTsExtensions": true, "noEmit": true } }',
    });
    expect(await folder.check()).toMatchObject([{ code: 'TS6133', line: 3, column: 7 }]);
  });
});

describe('mending', () => {
  it('writes returns before skip and reject and leaves the rest to people', async () => {
    const source = shout
      .replace('import { backfill,', 'import { backfill, reject,')
      .replace(
        '({ id }) => loud(String(id))',
        "({ id }) => {\n    if (id < 0) reject('negative');\n    return String(Math.random());\n  }",
      );
    const padded = `${source}//${'='.repeat(4093 - source.length - 3)}\n`;
    await using folder = await projectFolder({ ...project, [second]: padded });
    const cramped = await folder.runCramped(4, 'check', '--fix');
    expect([cramped.code, cramped.stderr]).toEqual([64, expect.stringContaining('error[FILE_UNWRITABLE]')]);
    expect(await folder.read(second)).toBe(padded);
    expect((await readdir(folder.path('migrations'))).filter((name) => name.endsWith('.partial'))).toEqual([]);
    const { code, stdout } = await folder.run('check', '--fix');
    expect(code).toBe(1);
    expect(stdout).toContain('mended migrations/20260102000000_shout.ts:10:17 SIGNAL_NOT_RETURNED');
    expect(stdout).toContain('error[IMPURE_RANDOM]');
    expect(await folder.read(second)).toContain("if (id < 0) return reject('negative');");
    const left = await folder.check();
    expect(left.map((one) => one.code)).toEqual(['IMPURE_RANDOM']);
  });

  it('names a file that cannot be read', async () => {
    await using folder = await projectFolder({ [first]: films, [second]: shout, 'migrations/lib/loud.ts/x': '' });
    const { code, stderr } = await folder.run('check');
    expect([code, stderr]).toEqual([64, expect.stringMatching(/error\[FILE_UNREADABLE\] .*loud\.ts cannot be read/)]);
  });
});

describe('dates that rows are given', () => {
  it('are warned of where they are made of a text, by its type', async () => {
    await using folder = await projectFolder({
      [first]: `import { migration, t, table, to, transform } from 'cqlform';
const columns = { id: t.int(), at: t.text(), ms: t.bigint(), day: t.timestamp(), out: t.timestamp() };
const b = table('b', { columns, partitionKey: ['id'] });
const a = table('a', { columns, partitionKey: ['id'] });
export default migration({ description: 'A', schema: [a, b], data: [transform({ from: a, into: b, rows: ({ id, at, ms, day }, out, run) => {
  out.emit({ id, out: new Date(at ?? 0) });
  out.emit({ id, out: new Date(day ?? run.startedAt) });
  out.emit({ id, out: new Date(Number(ms)) });
  out.emit({ id, out: at === null ? null : new Date(at + 'Z') });
  out.emit({ id, out: to.timestamp(at ?? 0), ms: BigInt(Date.parse(String(at))) });
} })] });
`,
    });
    await folder.run('check', '--fix');
    const found = await folder.check();
    expect(found.map(({ code, severity, line }) => [code, severity, line])).toEqual([
      ['IMPURE_ENVIRONMENT', 'warning', 6],
      ['IMPURE_ENVIRONMENT', 'warning', 10],
    ]);
    expect(found[0]).toMatchObject({
      reason: expect.stringMatching(/^new Date\(\) of a text, read in the machine's time zone/),
      fix: expect.stringContaining('to.timestamp'),
    });
  });
});

describe('existing blocks', () => {
  const third = 'migrations/20260103000000_third.ts';
  const block = (
    columns: string,
    key: string,
  ): string => `import { alter, desc, existing, migration, t, udt } from 'cqlform';

const place = udt('place', { street: t.text() });

const films = existing('films', { columns: { ${columns} }, ${key} });

export default migration({
  description: 'Third',
  schema: [alter(films, { add: { more: t.int() } })],
});
void [desc, place];
`;
  const wide = `import { desc, migration, t, table, udt } from 'cqlform';
const place = udt('place', { street: t.text() });
const films = table('films', {
  columns: { year: t.int(), id: t.uuid(), title: t.text(), shot: t.frozen(place), tags: t.set(t.text()) },
  partitionKey: ['year'],
  clusteringKey: [desc('id')],
});
export default migration({ description: 'Films', schema: [place, films] });
`;

  it('are written as the tables are, one after another', async () => {
    await using folder = await projectFolder({
      [first]: wide,
      [second]: block('id: t.int(), shot: place, tags: t.list(t.text())', "partitionKey: ['id']").replace(
        'more',
        'less',
      ),
      [third]: block('year: t.int(), id: t.uuid(), title: t.ascii()', "partitionKey: ['year'], clusteringKey: ['id']"),
    });
    expect(await folder.check()).toContainEqual(
      expect.objectContaining({ code: 'EXPECTATION_MISMATCH', mechanical: true }),
    );
    const { code, stdout } = await folder.run('check', '--fix');
    expect(code, stdout).toBe(0);
    expect(await folder.read(second)).toContain(`const films = existing('films', {
  columns: { year: t.int(), id: t.uuid(), shot: t.frozen(place), tags: t.set(t.text()) },
  partitionKey: ['year'],
  clusteringKey: [desc('id')],
});
`);
    expect(await folder.read(third)).toContain('columns: { year: t.int(), id: t.uuid(), title: t.text() }');
    expect(await folder.check()).toEqual([]);
  });

  it('are left to people when they name what is not there', async () => {
    await using folder = await projectFolder({
      [first]: wide,
      [third]: block(
        'year: t.int(), id: t.uuid(), titel: t.text()',
        "partitionKey: ['year'], clusteringKey: [desc('id')]",
      ),
    });
    const source = await folder.read(third);
    expect((await folder.run('check', '--fix')).code).toBe(1);
    expect(await folder.read(third)).toBe(source);
    // What else is mechanical is mended all the same, and nobody is sent in a circle.
    expect(await folder.read('migrations/cqlform.sum')).toContain('20260103000000_third ');
    const found = await folder.check();
    expect(found.map(({ code }) => code)).toEqual(['EXPECTATION_MISMATCH']);
    expect(found[0]?.fix).toMatch(/correct it by hand.* films has year int, id uuid, .* key is \(year, id desc\)/);
  });

  it('are mended where their columns are spread, and what they need is imported', async () => {
    await using folder = await projectFolder({
      [first]: wide,
      [third]: `import { alter, existing, migration, t } from 'cqlform';
const key = { year: t.int(), id: t.uuid() };
const films = existing('films', { columns: { ...key, title: t.ascii() }, partitionKey: ['year'], clusteringKey: ['id'] });
export default migration({ description: 'Third', schema: [alter(films, { add: { more: t.int() } })] });
`,
    });
    const { code, stdout } = await folder.run('check', '--fix');
    expect(code, stdout).toBe(0);
    const mended = await folder.read(third);
    expect(mended).toContain("import { alter, desc, existing, migration, t } from 'cqlform';");
    expect(mended).toContain('columns: { year: t.int(), id: t.uuid(), title: t.text() }');
    expect(mended).toContain("clusteringKey: [desc('id')]");
  });
});
