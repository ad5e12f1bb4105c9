import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { builtProgram } from '../support/built.ts';
import { cassandraAddress } from '../support/cassandra.ts';
import { type Ended, ended, type TestProject, testProject } from '../support/project.ts';

const program = fileURLToPath(new URL('../../dist/bin.js', import.meta.url));
const preload = new URL('../support/skewed-clock.mjs', import.meta.url).href;
const killChild = builtProgram('kill-child');

const base = `
import { migration, t, table } from 'cqlform';
const notes = table('notes', { columns: { id: t.int(), a: t.text(), b: t.text() }, partitionKey: ['id'] });
export default migration({ description: 'Notes', schema: [notes] });
`;
const dropping = (column: string): string => `
import { alter, existing, migration, t } from 'cqlform';
const notes = existing('notes', { columns: { id: t.int(), ${column}: t.text() }, partitionKey: ['id'] });
export default migration({ description: 'No ${column}', schema: [alter(notes, { drop: ['${column}'] })] });
`;

/** The program on a machine whose clock is this many seconds wrong; `onLine` sees what it prints. */
function onSkewed(
  project: TestProject,
  seconds: number,
  { words, onLine }: { readonly words: readonly string[]; readonly onLine?: (text: string, kill: () => void) => void },
): Promise<Ended> {
  const { host, port } = cassandraAddress();
  const { CI: _, ...rest } = process.env;
  const env = { ...rest, CQLFORM_CONTACT_POINTS: `${host}:${port}`, NO_COLOR: '1', CLOCK_SKEW: String(seconds) };
  const child = spawn(process.execPath, ['--import', preload, program, ...words], {
    cwd: project.folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.setEncoding('utf8').on('data', (text: string) => onLine?.(text, () => child.kill('SIGTERM')));
  return ended(child);
}

/** When a column was dropped, less the time there was on the server before and after: what is left is the margin. */
async function marginOf(project: TestProject, column: string, work: () => Promise<void>): Promise<[number, number]> {
  const now = async (): Promise<number> => {
    const [row] = await project.rows('SELECT toTimestamp(now()) AS at FROM system.local');
    return Number(row?.['at']);
  };
  const before = await now();
  await work();
  const after = await now();
  const [row] = await project.rows(
    `SELECT dropped_time AS at FROM system_schema.dropped_columns WHERE keyspace_name = '$ks' AND table_name = 'notes' AND column_name = '${column}'`,
  );
  return [Number(row?.['at']) - after, Number(row?.['at']) - before];
}

it('a wrong clock neither dates what is dropped nor hides a run that was killed', { timeout: 120_000 }, async () => {
  await using project = await testProject({
    address: cassandraAddress(),
    dropMargin: 7,
    migrations: { '20260101000000_base': base, '20260102000000_a': dropping('a'), '20260103000000_b': dropping('b') },
  });
  const applied = async (seconds: number, ...more: readonly string[]): Promise<Ended> => {
    const run = await onSkewed(project, seconds, { words: ['apply', '--no-check', '--auto-approve', ...more] });
    expect(run.code, run.stderr).toBe(0);
    return run;
  };
  await applied(1_200, '--to', '20260101000000_base');
  await project.client.execute(`INSERT INTO ${project.keyspace}.notes (id, a, b) VALUES (1, 'x', 'y')`);
  const address = (column: string): string => `--allow-destructive=${project.keyspace}.notes.${column}`;
  const fast = await marginOf(project, 'a', async () => {
    const { stderr } = await applied(1_200, '--to', '20260102000000_a', address('a'));
    expect(stderr).toMatch(/warning\[CLOCK_SKEWED\] the clock of this machine is 1200\.\d s ahead/);
  });
  const slow = await marginOf(project, 'b', async () => {
    const { stderr } = await applied(-60, address('b'));
    expect(stderr).toMatch(/warning\[CLOCK_SKEWED\] the clock of this machine is \d+\.\d s behind/);
  });
  // As many seconds as asked for after the drop was decided, in between: whoever still writes the column does so before it.
  for (const [least, most] of [fast, slow]) {
    expect(least).toBeLessThan(7_000);
    expect(most).toBeGreaterThanOrEqual(7_000);
  }

  const stopped = await onSkewed(project, -60, {
    words: ['rollback', '--auto-approve', '--json'],
    onLine: (text, kill) => text.includes('"kind":"waiting"') && kill(),
  });
  expect(stopped.code, stopped.stderr).toBe(143);
  expect(stopped.stdout).toMatch(/"kind":"waiting","step":"[^"]+","reason":"[^"]+\.notes\.b was dropped as of then/);
  expect(JSON.parse(stopped.stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({ code: 'INTERRUPTED' });
  const status = await project.run('status', '--json');
  const { unfinished } = JSON.parse(status.stdout) as { unfinished: Record<string, unknown> | null };
  expect(unfinished).toMatchObject({ direction: 'rollback', status: 'failed', error: { code: 'INTERRUPTED' } });

  const { host, port } = cassandraAddress();
  const env = { ...process.env, CQLFORM_CONTACT_POINTS: `${host}:${port}`, NODE_NO_WARNINGS: '1' };
  const words = [killChild, project.folder, 'rollback', 'during', '1'];
  const killed = await ended(spawn(process.execPath, words, { env, stdio: ['ignore', 'pipe', 'pipe'] }));
  expect(killed.signal, killed.stderr).toBe('SIGKILL');
  expect((await project.run('plan', '--no-check')).stderr).toContain('error[RUN_UNFINISHED]');
  const back = await project.run('rollback', '--auto-approve');
  expect(back.code, back.stderr).toBe(0);
  expect(await project.rows('SELECT id, b FROM $ks.notes')).toEqual([{ id: 1, b: 'y' }]);
});
