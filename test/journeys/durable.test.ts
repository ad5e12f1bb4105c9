import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PrivateCluster, privateCluster } from '../support/cassandra.ts';
import { type Ended, ended, type TestProject, testProject } from '../support/project.ts';
import { startTraffic } from './writers.ts';

const child = fileURLToPath(new URL('kill-child.ts', import.meta.url));

const people = `
  columns: {
    id: t.int(), at: t.int(), name: t.text(), nickname: t.masked(t.text(), 'mask_inner(1, 1)'), count: t.int(), tags: t.set(t.text()),
    notes: t.list(t.text()), motto: t.static(t.text()), creed: t.static(t.text()),
  },
  partitionKey: ['id'], clusteringKey: ['at'],
`;
const base = `
import { migration, t, table, view } from 'cqlform';
const people = table('people', {${people}});
const byName = view('people_by_name', { from: people, columns: ['tags'], partitionKey: ['name'], clusteringKey: ['id', 'at'] });
export default migration({ description: 'Base', schema: [people, byName] });
`;
const dropping = (columns: string): string => `
import { alter, existing, migration, t } from 'cqlform';
const people = existing('people', {${people}});
export default migration({ description: 'Drop some', schema: [alter(people, { drop: [${columns}] })] });
`;
const dropTable = `
import { drop, existing, migration, t } from 'cqlform';
const people = existing('people', {${people}});
export default migration({ description: 'Drop people', schema: [drop({ kind: 'view', name: 'people_by_name' }), drop(people)] });
`;

let node: PrivateCluster;
beforeAll(async () => {
  node = await privateCluster();
});
afterAll(() => node[Symbol.asyncDispose]());

function run(project: TestProject, ...words: readonly string[]): Promise<Ended> {
  const { host, port } = node.address;
  const env = { ...process.env, CQLFORM_CONTACT_POINTS: `${host}:${port}`, NODE_NO_WARNINGS: '1' };
  return ended(spawn(process.execPath, [child, project.folder, ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] }));
}

async function wentWell(ending: Promise<Ended>): Promise<void> {
  const { code, stderr } = await ending;
  expect(code, stderr).toBe(0);
}

async function started(): Promise<TestProject> {
  const project = await testProject({ address: node.address, migrations: { '20260101000000_base': base } });
  await wentWell(run(project, 'apply', 'never', '0'));
  const rows = [
    `INSERT INTO $ks.people (id, at, name, nickname, count, tags, notes, motto, creed) VALUES (1, 1, 'Ann', 'annie', 1, {'x', 'y'}, ['a', 'b', 'a'], 'up', 'be') USING TIMESTAMP 1000`,
    `INSERT INTO $ks.people (id, at, nickname) VALUES (1, 2, 'only this')`,
    `UPDATE $ks.people USING TTL 86400 SET nickname = 'brief', notes = ['short'] WHERE id = 2 AND at = 1`,
    `INSERT INTO $ks.people (id, at) VALUES (3, 1)`,
    `INSERT INTO $ks.people (id, creed) VALUES (4, 'static only')`,
    `DELETE nickname FROM $ks.people WHERE id = 1 AND at = 1`,
    `UPDATE $ks.people SET nickname = 'again' WHERE id = 1 AND at = 1`,
  ];
  for (const cql of rows) await project.client.execute(cql.replaceAll('$ks', project.keyspace));
  return project;
}

async function contents(project: TestProject): Promise<unknown> {
  return {
    people: await project.rows('SELECT JSON * FROM $ks.people'),
    times: await project.rows('SELECT JSON id, at, writetime(name) AS written FROM $ks.people WHERE id = 1'),
    byName: await project.rows('SELECT JSON * FROM $ks.people_by_name'),
  };
}

/** What was in memory is on disk, and what was on disk is read anew. */
async function flushAndRestart(project: TestProject): Promise<void> {
  await node.flush(project.keyspace);
  await node.restart();
  await expect
    .poll(() => project.rows('SELECT key FROM system.local').catch(() => []), { timeout: 60_000 })
    .toHaveLength(1);
}

describe('what comes back, stays', () => {
  it.each([
    ['columns', dropping(`'nickname', 'notes', 'creed'`)],
    ['a table with a view', dropTable],
  ])('%s, also after a flush and a restart', { timeout: 300_000 }, async (_name, source) => {
    await using project = await started();
    const before = await contents(project);
    await project.write('20260102000000_drop', source);
    await wentWell(run(project, 'apply', 'never', '0'));
    await flushAndRestart(project);
    await wentWell(run(project, 'rollback', 'never', '0'));
    expect(await contents(project)).toEqual(before);
    await flushAndRestart(project);
    expect(await contents(project)).toEqual(before);
  });

  it('lists, though the run is killed amid their restore', { timeout: 300_000 }, async () => {
    await using project = await started();
    const texts = Array.from(
      { length: 1_500 },
      (_, id) =>
        `UPDATE ${project.keyspace}.people SET notes = ['a', 'b', 'a', 'c${id}'] WHERE id = ${id + 10} AND at = 1`,
    );
    for (let at = 0; at < texts.length; at += 50)
      await Promise.all(texts.slice(at, at + 50).map((cql) => project.client.execute(cql)));
    const before = await contents(project);
    await project.write('20260102000000_drop', dropping(`'notes'`));
    await wentWell(run(project, 'apply', 'never', '0'));
    for (let death = 1; death <= 3; death += 1)
      expect(await run(project, 'rollback', 'restoring', '0')).toMatchObject({ signal: 'SIGKILL' });
    await wentWell(run(project, 'rollback', 'never', '0'));
    expect(await contents(project)).toEqual(before);
    await flushAndRestart(project);
    expect(await contents(project)).toEqual(before);
  });
});

describe('while others write', () => {
  it('no read fails and nothing else is lost: apply, rollback, apply, with flushes and a restart', {
    timeout: 600_000,
  }, async () => {
    await using project = await started();
    const { keyspace } = project;
    await project.write('20260102000000_drop', dropping(`'nickname'`));
    const traffic = startTraffic(project.client, `${keyspace}.people`);
    const apply = (...flags: readonly string[]): Promise<Ended> =>
      project.run('apply', '--auto-approve', '--no-check', `--allow-destructive=${keyspace}.people.nickname`, ...flags);
    try {
      const planned = await project.run('plan', '--no-check');
      for (const word of ['DATA_LOSS', 'BREAKS_READERS', `${keyspace}.people.nickname`, 'people_by_name'])
        expect(planned.stdout, planned.stderr).toContain(word);
      const refused = await apply();
      expect(refused.stderr).toContain('STILL_WRITTEN');
      expect(refused.stderr).toContain('--allow-still-written');
      // The backup before it was made and recorded: something was done.
      expect(refused.code).toBe(7);

      const applied = await apply('--allow-still-written');
      expect(applied.code, applied.stderr).toBe(0);
      await node.flush(keyspace);
      traffic.outage = true;
      await node.restart();
      traffic.outage = false;
      const { reads } = traffic;
      await expect.poll(() => traffic.reads, { timeout: 60_000 }).toBeGreaterThan(reads + 3);

      const back = await project.run('rollback', '--auto-approve');
      expect(back.code, back.stderr).toBe(0);
      await node.flush(keyspace);
      const again = await apply('--allow-still-written');
      expect(again.code, again.stderr).toBe(0);
      await node.flush(keyspace);
    } finally {
      await traffic.stop();
    }
    await flushAndRestart(project);
    const rows = await project.rows('SELECT id, name, count FROM $ks.people');
    const names = new Map(rows.map((row) => [row['id'], row['name']]));
    const lost = [...traffic.acknowledged].filter(([id, name]) => names.get(id) !== name);
    expect(lost).toEqual([]);
    expect(traffic.acknowledged.size).toBeGreaterThan(50);
    expect(rows.find((row) => row['id'] === 0)?.['count']).toBeGreaterThanOrEqual(traffic.hot.acknowledged);
    expect(await project.rows('SELECT nickname FROM $ks.people').catch((error: Error) => error.message)).toMatch(
      /nickname/,
    );
    expect(traffic.failures).toEqual([]);
  });
});
