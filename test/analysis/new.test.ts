import { readdir, rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compilerOptions } from '../../src/analysis/type-check.ts';
import { nextId, slugOf } from '../../src/app/migration-id.ts';
import { nearNames } from '../../src/kernel/near.ts';
import { type ProjectFolder, projectFolder } from './project-folder.ts';

const base = `import { desc, migration, t, table, udt } from 'cqlform';

const address = udt('address', { street: t.text(), zip: t.text() });
const users = table('users', { columns: { id: t.uuid(), home: t.frozen(address), name: t.text() }, partitionKey: ['id'] });
const visits = table('visits', {
  columns: { user: t.uuid(), at: t.timestamp(), first: t.static(t.timestamp()), page: t.text() },
  partitionKey: ['user'],
  clusteringKey: [desc('at')],
});

export default migration({ description: 'Users and visits', schema: [address, users, visits] });
`;

describe('new', () => {
  let folder: ProjectFolder;
  const written = async (...words: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await folder.run('new', ...words);
    expect(code, stderr).toBe(0);
    return folder.read(stdout.trim());
  };
  beforeAll(async () => {
    folder = await projectFolder({ 'migrations/20990101000000_base.ts': base });
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  it('writes beginnings that pass check, each later than all before', async () => {
    expect(await written('AddRating')).toBe(`import { migration } from 'cqlform';

export default migration({
  description: 'Add rating',
  schema: [],
});
`);
    expect(
      await written('wider visits', '--alter', 'visits'),
    ).toBe(`import { alter, desc, existing, migration, t } from 'cqlform';

const visits = existing('visits', {
  columns: { user: t.uuid(), at: t.timestamp(), first: t.static(t.timestamp()), page: t.text() },
  partitionKey: ['user'],
  clusteringKey: [desc('at')],
});

export default migration({
  description: 'Wider visits',
  schema: [alter(visits, { add: {} })],
});
`);
    expect(
      await written('people', '--from', 'users', '--from', 'visits'),
    ).toBe(`import { copy, desc, existing, migration, skip, t, table, transform, udt } from 'cqlform';

const address = udt('address', { street: t.text(), zip: t.text() });

const users = existing('users', {
  columns: { id: t.uuid(), home: t.frozen(address), name: t.text() },
  partitionKey: ['id'],
});

const visits = existing('visits', {
  columns: { user: t.uuid(), at: t.timestamp(), first: t.static(t.timestamp()), page: t.text() },
  partitionKey: ['user'],
  clusteringKey: [desc('at')],
});

const people = table('people', {
  columns: { id: t.uuid(), home: t.frozen(address), name: t.text() },
  partitionKey: ['id'],
});

export default migration({
  description: 'People',
  schema: [people],
  data: [
    copy({ from: users, into: people }),
    transform({ from: visits, into: people, rows: () => skip('to be written') }),
  ],
});
`);
    expect(await folder.check()).toEqual([]);
    expect((await readdir(folder.path('migrations'))).filter((name) => /^\d/.test(name))).toEqual([
      '20990101000000_base.ts',
      '20990101000001_add_rating.ts',
      '20990101000002_wider_visits.ts',
      '20990101000003_people.ts',
    ]);
  });

  it('names tables that a mistyped one may mean', async () => {
    const { code, stderr } = await folder.run('new', 'x', '--from', 'vists');
    expect(code).toBe(64);
    expect(stderr).toContain('error[TABLE_UNKNOWN] the migrations make no table vists');
    expect(stderr).toContain('Did you mean visits?');
  });

  it('needs a state to stand on', async () => {
    await using broken = await projectFolder({ 'migrations/20260101000000_a.ts': 'export default 1;\n' });
    const { code, stderr } = await broken.run('new', 'x');
    expect(code).toBe(4);
    expect(stderr).toContain('MIGRATION_NOT_A_MIGRATION');
  });
});

describe('init', () => {
  it.each(['module', 'commonjs'])('begins a project of type %s that passes check', async (type) => {
    await using folder = await projectFolder({ 'package.json': `{ "name": "@acme/web-shop", "type": "${type}" }` });
    await rm(folder.path('cqlform.config.ts'));
    const first = await folder.run('init');
    expect(first.code, first.stderr).toBe(0);
    expect(first.stdout.trimEnd().split('\n')).toEqual([
      '+ .github/workflows/cqlform.yml',
      '+ .gitignore',
      '+ cqlform.config.ts',
      '+ migrations/cqlform.sum',
      '+ migrations/schema.ts',
      '+ migrations/tsconfig.json',
    ]);
    expect(await folder.read('cqlform.config.ts')).toContain("keyspace: 'web_shop'");
    expect(await folder.read('.gitignore')).toBe('.cqlform/\n');
    expect(await folder.check()).toEqual([]);
    expect((await folder.run('new', 'films')).code).toBe(0);
    expect(await folder.check()).toEqual([]);

    await folder.write({ 'cqlform.config.ts': "export default { keyspace: 'mine' };\n" });
    const second = await folder.run('init', '--ci', 'gitlab');
    expect(second.stdout).toContain('+ .gitlab-ci.yml\n');
    expect(second.stdout).toContain('= cqlform.config.ts is there already and stays as it is');
    expect(await folder.read('cqlform.config.ts')).toBe("export default { keyspace: 'mine' };\n");
    expect(await folder.read('.gitignore')).toBe('.cqlform/\n');
  });

  it('leaves no file half written, and says which is', async () => {
    await using folder = await projectFolder();
    const cramped = await folder.runCramped(1, 'init');
    expect(cramped.stderr).toMatch(
      /error\[FILE_UNWRITABLE\] .*github\/workflows\/cqlform.yml cannot be written: EFBIG/,
    );
    expect(await readdir(folder.path('.github/workflows'))).toEqual([]);
    await rm(folder.path('migrations'), { recursive: true });
    await folder.write({ migrations: '' });
    const noFolder = await folder.run('init');
    expect([noFolder.code, noFolder.stderr]).toEqual([64, expect.stringContaining('error[FILE_UNWRITABLE]')]);
    await rm(folder.path('migrations'));
    await folder.write({ 'migrations/tsconfig.json': '', 'migrations/schema.ts': '// The keyspace as' });
    const again = await folder.run('init');
    expect(again.code).toBe(1);
    expect(again.stdout).toContain('! migrations/tsconfig.json is there already, but not all of it: delete it');
    expect(again.stdout).toContain('! migrations/schema.ts is there already, but not all of it');
    expect(again.stdout).toContain('+ migrations/cqlform.sum');
  });

  it('writes the compiler options that check uses by itself', async () => {
    await using folder = await projectFolder();
    await folder.run('init');
    const written = JSON.parse(await folder.read('migrations/tsconfig.json')) as { readonly compilerOptions: unknown };
    expect(written.compilerOptions).toEqual(compilerOptions);
  });

  it('prints grants and writes nothing', async () => {
    await using folder = await projectFolder();
    const { stdout, code } = await folder.run('init', '--print-grants', '--keyspace', 'shop', '--role', 'Migrator');
    expect(code).toBe(0);
    expect(stdout).toContain('GRANT ALTER ON KEYSPACE shop TO "Migrator";');
    expect(await readdir(folder.path('migrations'))).toEqual([]);
  });
});

describe('names', () => {
  it.each([
    ['AddRating', 'add_rating'],
    ['add-rating of films!', 'add_rating_of_films'],
    ['Übersicht', 'ubersicht'],
    ['  x  ', 'x'],
    ['HTTPServer2', 'httpserver2'],
  ])('%s → %s', (name, slug) => {
    expect(slugOf(name)).toBe(slug);
  });

  it('refuses a name without letters', () => {
    expect(() => slugOf('!!')).toThrow(/no letter or digit/);
  });

  it('gives ids that come after all others', () => {
    const now = new Date('2026-11-22T09:30:00Z');
    expect(nextId('a', [], now)).toBe('20261122093000_a');
    expect(nextId('a', ['20261122093000_b'], now)).toBe('20261122093001_a');
    expect(nextId('a', ['20261231235959_b'], now)).toBe('20270101000000_a');
  });

  it('knows what a mistyped name may mean', () => {
    expect(nearNames('usrs', ['users', 'orders', 'films'])).toEqual(['users']);
    expect(nearNames('movie', ['movies', 'movies_by_genre', 'x'])).toEqual(['movies', 'movies_by_genre']);
    expect(nearNames('zzz', ['users'])).toEqual([]);
  });
});
