import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cassandraAddress } from '../support/cassandra.ts';
import { type TestProject, testProject } from '../support/project.ts';

const films = `import { migration, t, table } from 'cqlform';

const films = table('films', { columns: { id: t.int(), title: t.text() }, partitionKey: ['id'] });

export default migration({ description: 'Films', schema: [films] });
`;
const shout = `import { existing, migration, t, table, transform } from 'cqlform';
import { loud } from './lib/loud.ts';

const films = existing('films', { columns: { id: t.int(), title: t.text() }, partitionKey: ['id'] });
const posters = table('posters', { columns: { id: t.int(), text: t.text() }, partitionKey: ['id'] });

export default migration({
  description: 'Posters',
  schema: [posters],
  data: [transform({ from: films, into: posters, rows: ({ id, title }, out) => out.emit({ id, text: loud(title ?? '') }) })],
});
`;
const loud = `const marks = '!';
export function loud(text: string): string {
  return text.toUpperCase() + marks;
}
`;
const first = '20260101000000_films';
const second = '20260102000000_posters';
const third = '20260103000000_books';

describe('files of applied migrations', () => {
  let project: TestProject;
  beforeAll(async () => {
    project = await testProject({ address: cassandraAddress(), migrations: { [first]: films, [second]: shout } });
    await project.write('migrations/lib/loud.ts', loud);
  });
  afterAll(() => project[Symbol.asyncDispose]());

  it('are checked before a plan', async () => {
    const refused = await project.run('plan');
    expect(refused.code).toBe(4);
    expect(refused.stderr).toContain('error[CHECK_FAILED]');
    expect(refused.stderr).toContain('SUM_MISSING');
    expect(refused.stderr).toContain('Run `cqlform check --fix` and commit what it writes.');
    expect((await project.run('plan', '--no-check')).code).toBe(0);
    expect((await project.run('check', '--fix')).code).toBe(0);
    const applied = await project.run('apply', '--auto-approve');
    expect(applied.code, applied.stderr).toBe(0);
  });

  it('may be laid out anew, but not say or do something else: the plan names what changed and who uses it', async () => {
    await project.write('migrations/lib/loud.ts', `// so be it\n${loud.replaceAll("'", '"')}`);
    expect((await project.run('plan')).code).toBe(0);

    await project.write('migrations/lib/loud.ts', loud.replace("'!'", "'?'"));
    await project.write(first, films.replace('title: t.text()', 'title: t.text(), year: t.int()'));
    // Also when cqlform.sum was brought up to date, which says nothing about clusters.
    expect((await project.run('check', '--fix')).code).toBe(0);
    const refused = await project.run('plan', '--json');
    expect(refused.code).toBe(4);
    const error = JSON.parse(refused.stdout) as { readonly code: string; readonly fields: Record<string, string[]> };
    expect(error.code).toBe('MIGRATION_EDITED');
    expect(error.fields['migrations']).toEqual([first, second]);
    expect(error.fields['reasons']?.[0]).toMatch(/: table films changed$/);
    expect(error.fields['reasons']?.[1]).toMatch(/: marks \(used by loud\) changed$/);
    const [before, now] = ["const marks = '!';", "const marks = '?';"];
    expect(error.fields['diff']).toContain(`--- ${first}.ts (as applied)`);
    expect(error.fields['diff']).toContain(`--- lib/loud.ts (as applied)`);
    expect(error.fields['diff']?.join('\n')).toContain(`-${before}\n+${now}`);

    // What nobody checks is compared with the ledger all the same.
    await project.write(third, films.replaceAll('films', 'books').replace('Films', 'Books'));
    for (const words of [
      ['plan', '--no-check'],
      ['apply', '--no-check', '--auto-approve'],
    ]) {
      const unchecked = await project.run(...words);
      expect(unchecked.code).toBe(4);
      expect(unchecked.stderr).toContain('error[MIGRATION_EDITED]');
      expect(unchecked.stderr).toContain(`    -${before}\n    +${now}`);
      expect(unchecked.stderr).not.toContain('--no-check plans all the same');
    }
    await rm(join(project.folder, `migrations/${third}.ts`));
    await project.write(first, films);
    await project.write('migrations/lib/loud.ts', loud);
    expect((await project.run('check', '--fix')).code).toBe(0);
    expect((await project.run('plan')).code).toBe(0);
  });

  it('are taken back and applied again by redo', async () => {
    await project.write(
      second,
      shout.replace(
        'columns: { id: t.int(), text: t.text() }',
        'columns: { id: t.int(), text: t.text(), size: t.int() }',
      ),
    );
    await project.client.execute(`INSERT INTO ${project.keyspace}.films (id, title) VALUES (1, 'heat')`);
    const address = `${project.keyspace}.posters`;
    const redone = await project.run('redo', '--auto-approve', `--allow-destructive=${address}`);
    expect(redone.code, redone.stderr).toBe(0);
    expect(await project.rows('SELECT id, text, size FROM $ks.posters')).toEqual([
      { id: 1, text: 'HEAT!', size: null },
    ]);
    expect(await readFile(join(project.folder, 'migrations/schema.ts'), 'utf8')).toContain('size: t.int()');
    const again = await project.run('plan', '--detailed-exitcode');
    expect(again.code, again.stderr).toBe(0);
  });

  it('are not taken back by redo when the edited file is broken, or where that is protected', async () => {
    await project.write(second, shout.replace('migration({', 'migration({ schema: 1,'));
    const broken = await project.run('redo', '--auto-approve');
    expect(broken.code).toBe(4);
    expect(broken.stderr).toContain('error[CHECK_FAILED]');
    expect((await project.run('status')).stdout).toMatch(/✓ 20260102000000_posters/);
    await project.write(second, shout);
    const config = await readFile(join(project.folder, 'cqlform.config.ts'), 'utf8');
    await project.write('cqlform.config.ts', config.replace('replication: 1', 'replication: 1, protected: true'));
    const refused = await project.run('redo', '--auto-approve');
    expect(refused.code).toBe(4);
    expect(refused.stderr).toContain('error[PROTECTED]');
    await project.write('cqlform.config.ts', config);
  });
});

describe('rebase', () => {
  it('gives a file that is not applied a time after all others, and refuses one that is', async () => {
    const late = films.replaceAll('films', 'books').replace('Films', 'Books');
    await using project = await testProject({ address: cassandraAddress(), migrations: { [first]: films } });
    await project.run('check', '--fix');
    expect((await project.run('apply', '--auto-approve')).code).toBe(0);
    await project.write('20250101000000_books', late);
    const moved = await project.run('rebase', 'migrations/20250101000000_books.ts', '--json');
    expect(moved.code, moved.stderr).toBe(0);
    const { to } = JSON.parse(moved.stdout) as { readonly to: string };
    expect(to).toMatch(/^20\d{12}_books$/);
    expect(to > first).toBe(true);
    expect(await readdir(join(project.folder, 'migrations'))).toEqual([
      `${first}.ts`,
      `${to}.ts`,
      'cqlform.sum',
      'schema.ts',
    ]);
    const planned = await project.run('plan', '--detailed-exitcode');
    expect(planned.code, planned.stderr).toBe(2);
    expect((await project.run('rebase', to)).stdout).toContain('is the newest already');
    const applied = await project.run('rebase', first);
    expect(applied.code).toBe(4);
    expect(applied.stderr).toContain('error[MIGRATION_APPLIED]');
    const unknown = await project.run('rebase', '20260101000000_film');
    expect(unknown.code).toBe(64);
    expect(unknown.stderr).toContain(`Did you mean ${first}`);
  });
});
