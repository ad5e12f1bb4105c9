import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { root } from '../docs/document.ts';
import { cassandraAddress } from '../support/cassandra.ts';
import { type Ended, ended, type TestProject, testProject } from '../support/project.ts';

const columns = `{ columns: { id: t.int(), name: t.text() }, partitionKey: ['id'] }`;
const people = `
import { migration, t, table } from 'cqlform';
export default migration({ description: 'People', schema: [table('people', ${columns})] });
`;
const shouting = `
import { existing, migration, t, table, transform } from 'cqlform';
const people = existing('people', ${columns});
const loud = table('loud', ${columns});
export default migration({
  description: 'Loud',
  schema: [loud],
  data: [transform({ from: people, into: loud, rows: ({ id, name }, out) => out.emit({ id, name: name?.toUpperCase() }) })],
});
`;
const count = 40_000;

let project: TestProject;
beforeAll(async () => {
  project = await testProject({ address: cassandraAddress(), migrations: { '20260101000000_people': people } });
  const { code, stderr } = await project.run('apply', '--auto-approve', '--no-check');
  expect(code, stderr).toBe(0);
  await project.write('people.csv', `id,name\n${Array.from({ length: count }, (_, id) => `${id},n${id}\n`).join('')}`);
  const loaded = await project.run('load', 'people.csv', 'people');
  expect(loaded.code, loaded.stderr).toBe(0);
  await project.write('20260102000000_loud', shouting);
});
afterAll(() => project[Symbol.asyncDispose]());

/** Runs the built program on a terminal of its own, and types there. */
function onTerminal(typed: string, ...words: readonly string[]): Promise<Ended> {
  const { host, port } = cassandraAddress();
  const { CI: _, NO_COLOR: __, ...env } = process.env;
  const command = [process.execPath, join(root, 'dist/bin.js'), ...words];
  const options =
    process.platform === 'linux' ? ['-qec', command.join(' '), '/dev/null'] : ['-q', '/dev/null', ...command];
  const child = spawn('script', options, {
    cwd: project.folder,
    env: { ...env, CQLFORM_CONTACT_POINTS: `${host}:${port}`, TERM: 'xterm-256color' },
  });
  let asked = false;
  child.stdout.on('data', (chunk: Buffer) => {
    if (asked || !chunk.includes('yes')) return;
    asked = true;
    child.stdin.write(typed);
  });
  return ended(child);
}

it('shows the plan on a terminal, asks, and shows how far it is, how fast, and how long it takes', {
  timeout: 120_000,
}, async () => {
  const refused = await onTerminal('no\n', 'apply', '--no-check');
  expect(refused.code, refused.stdout).not.toBe(0);
  expect(refused.stdout).toContain('create table loud');
  const agreed = await onTerminal('yes\n', 'apply', '--no-check');
  expect(agreed.code, agreed.stdout).toBe(0);
  expect(agreed.stdout).toContain('create table loud');
  expect(agreed.stdout).toMatch(/rows of ~[\d,]+, \d+%, [\d,]+ rows\/s, .* left/);
  expect(await project.rows('SELECT name FROM $ks.loud WHERE id = 7')).toEqual([{ name: 'N7' }]);
});
