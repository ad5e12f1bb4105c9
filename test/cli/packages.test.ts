import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cassandraAddress } from '../support/cassandra.ts';
import { testProject } from '../support/project.ts';
import { refusal } from './run.ts';

const first = '20260101000000_words';
const second = '20260102000000_loud_words';
const words = `
import { migration, t, table } from 'cqlform';
const words = table('words', { columns: { id: t.int(), word: t.text() }, partitionKey: ['id'] });
export default migration({ description: 'Words', schema: [words] });
`;
const loudWords = `
import { existing, migration, t, table, transform } from 'cqlform';
import { loud } from 'shout/loud.js';
const words = existing('words', { columns: { id: t.int(), word: t.text() }, partitionKey: ['id'] });
const into = table('loud_words', { columns: { id: t.int(), word: t.text() }, partitionKey: ['id'] });
const rows = ({ id, word }, out) => void out.emit({ id, word: loud(word) });
export default migration({ description: 'Loud', schema: [into], data: [transform({ from: words, into, rows })] });
`;

it('runs rows through the package versions that were planned, and remembers them', { timeout: 240_000 }, async () => {
  await using project = await testProject({ address: cassandraAddress(), migrations: { [first]: words } });
  const install = (version: string): Promise<void> =>
    project.write(
      'node_modules/shout/package.json',
      JSON.stringify({ name: 'shout', version, type: 'module', exports: { './loud.js': './loud.js' } }),
    );
  await project.write('node_modules/shout/loud.js', 'export const loud = (word) => word.toUpperCase();\n');
  await install('1.0.0');
  const made = await project.run('apply', '--no-check', '--auto-approve');
  expect(made.code, made.stderr).toBe(0);
  await project.client.execute(`INSERT INTO ${project.keyspace}.words (id, word) VALUES (1, 'so')`);
  await project.write(second, loudWords);
  const planned = await project.run('plan', '--no-check', '--out', 'plan.json');
  expect(planned.code, planned.stderr).toBe(0);
  const { sections } = JSON.parse(await readFile(join(project.folder, 'plan.json'), 'utf8')) as {
    sections: { codeHash: string; packages: unknown }[];
  };
  expect(sections[0]?.packages).toEqual({ shout: '1.0.0' });

  await install('2.0.0');
  const refused = await project.run('apply', 'plan.json');
  expect(refused.code).toBe(5);
  expect(refusal(refused)).toMatchObject({
    code: 'PACKAGE_CHANGED',
    text: `${second} was planned with shout 1.0.0, and now 2.0.0`,
  });
  await install('1.0.0');
  const applied = await project.run('apply', '--no-check', '--auto-approve');
  expect(applied.code, applied.stderr).toBe(0);
  expect(await project.rows('SELECT id, word FROM $ks.loud_words')).toEqual([{ id: 1, word: 'SO' }]);
  expect((await project.run('plan', '--no-check')).stdout).not.toContain('PACKAGE_CHANGED');

  await install('2.0.0');
  const after = await project.run('plan', '--no-check', '--detailed-exitcode');
  expect(after.code, after.stderr).toBe(0);
  expect(after.stdout).toContain(
    `info[PACKAGE_CHANGED] ${project.keyspace}: ${second} was applied with shout 1.0.0, and now 2.0.0\n`,
  );
});
