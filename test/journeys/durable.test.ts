import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtProgram } from '../support/built.ts';
import { type PrivateCluster, privateCluster } from '../support/cassandra.ts';
import { type Ended, ended, type TestProject, testProject } from '../support/project.ts';
import { digestsOf } from './in-process.ts';
import { type RowKind, startTraffic, type Traffic, valuesOf } from './writers.ts';

const child = builtProgram('kill-child');

const people = `
  columns: {
    id: t.int(), at: t.int(), name: t.text(), nickname: t.masked(t.text(), 'mask_inner(1, 1)'), count: t.int(), tags: t.set(t.text()),
    notes: t.list(t.text()), log: t.list(t.text()), motto: t.static(t.text()), creed: t.static(t.text()),
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

async function started(dropMargin = 1): Promise<TestProject> {
  const project = await testProject({ address: node.address, dropMargin, migrations: { '20260101000000_base': base } });
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
    digests: await digestsOf(project.keyspace, node.address),
  };
}

/** What was in memory is on disk, and what was on disk is read anew. */
async function flushAndRestart(...projects: readonly TestProject[]): Promise<void> {
  for (const { keyspace } of projects) await node.flush(keyspace);
  await node.restart();
  for (const project of projects) {
    await expect
      .poll(() => project.rows('SELECT key FROM system.local').catch(() => []), { timeout: 60_000 })
      .toHaveLength(1);
  }
}

/** What was acknowledged and is not there any more, or is there otherwise: outside of the dropped columns. */
async function lostOf(project: TestProject, { acknowledged }: Traffic): Promise<readonly unknown[]> {
  const found = await project.rows('SELECT id, at, name, log, motto, ttl(name) AS ttl FROM $ks.people');
  const byId = new Map(found.map((row) => [row['id'], row]));
  const isThere = (id: number, kind: RowKind): boolean => {
    const { kept, motto } = valuesOf(id);
    const row = byId.get(id) ?? {};
    if (kind === 'key-only') return row['at'] === 1;
    if (kind === 'static-only') return row['motto'] === motto;
    return row['name'] === kept.name && `${row['log']}` === `${kept.log}` && expiresAsWritten(row, kind);
  };
  return [...acknowledged].filter(([id, kind]) => !isThere(id, kind)).map(([id, kind]) => ({ kind, ...byId.get(id) }));
}

/** Rows that had values in the dropped columns before these were dropped, and do not have the same again. */
async function notRestoredOf(project: TestProject, early: readonly [number, RowKind][]): Promise<readonly unknown[]> {
  const found = await project.rows('SELECT id, nickname, notes, ttl(nickname) AS ttl FROM $ks.people');
  const byId = new Map(found.map((row) => [row['id'], row]));
  const isBack = (id: number, kind: RowKind): boolean => {
    const { dropped } = valuesOf(id);
    const row = byId.get(id) ?? {};
    const same = row['nickname'] === dropped.nickname && `${row['notes']}` === `${dropped.notes}`;
    return same && expiresAsWritten(row, kind);
  };
  const valued = early.filter(([, kind]) => kind === 'plain' || kind === 'expiring');
  return valued.filter(([id, kind]) => !isBack(id, kind)).map(([id, kind]) => ({ kind, ...byId.get(id) }));
}

function expiresAsWritten({ ttl }: Record<string, unknown>, kind: RowKind): boolean {
  return kind === 'plain' ? ttl === null : typeof ttl === 'number' && ttl > 80_000;
}

describe('what comes back, stays', () => {
  it('columns, and a table with a view, also after a flush and a restart', { timeout: 300_000 }, async () => {
    await using columns = await started();
    await using wholeTable = await started();
    const projects = [columns, wholeTable];
    const each = <T>(work: (project: TestProject) => Promise<T>): Promise<T[]> => Promise.all(projects.map(work));
    const before = await each(contents);
    await columns.write('20260102000000_drop', dropping(`'nickname', 'notes', 'creed'`));
    await wholeTable.write('20260102000000_drop', dropTable);
    await each((project) => wentWell(run(project, 'apply', 'never', '0')));
    await flushAndRestart(...projects);
    await each((project) => wentWell(run(project, 'rollback', 'never', '0')));
    expect(await each(contents)).toEqual(before);
    await flushAndRestart(...projects);
    expect(await each(contents)).toEqual(before);
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
  it('no read fails and nothing else is lost: apply, rollback that is killed once, apply, with flushes and a restart', {
    timeout: 600_000,
  }, async () => {
    // As users have it, since here an application writes.
    await using project = await started(10);
    const { keyspace } = project;
    await project.write('20260102000000_drop', dropping(`'nickname', 'notes'`));
    const seeds = (): Promise<unknown> => project.rows('SELECT JSON * FROM $ks.people WHERE id IN (1, 2, 3, 4)');
    const seeded = await seeds();
    const traffic = startTraffic(project.client, `${keyspace}.people`);
    const consents = ['nickname', 'notes'].map((name) => `--allow-destructive=${keyspace}.people.${name}`);
    const apply = (...flags: readonly string[]): Promise<Ended> =>
      project.run('apply', '--auto-approve', '--no-check', ...consents, ...flags);
    try {
      const planned = await project.run('plan', '--no-check');
      for (const word of ['DATA_LOSS', 'BREAKS_READERS', `${keyspace}.people.nickname`, 'people_by_name'])
        expect(planned.stdout, planned.stderr).toContain(word);
      const refused = await apply();
      expect(refused.stderr).toContain('STILL_WRITTEN');
      expect(refused.stderr).toContain('--allow-still-written');
      // The backup before it was made and recorded: something was done.
      expect(refused.code).toBe(7);

      await expect.poll(() => traffic.acknowledged.size, { timeout: 60_000 }).toBeGreaterThan(200);
      const early = [...traffic.acknowledged];
      const applied = await apply('--allow-still-written');
      expect(applied.code, applied.stderr).toBe(0);
      await node.flush(keyspace);
      traffic.outage = true;
      await node.restart();
      traffic.outage = false;
      const { reads } = traffic;
      await expect.poll(() => traffic.reads, { timeout: 60_000 }).toBeGreaterThan(reads + 3);

      expect(await run(project, 'rollback', 'restoring', '0')).toMatchObject({ signal: 'SIGKILL' });
      const back = await project.run('rollback', '--auto-approve');
      expect(back.code, back.stderr).toBe(0);
      await node.flush(keyspace);
      expect(await seeds()).toEqual(seeded);
      expect(await notRestoredOf(project, early)).toEqual([]);
      const again = await apply('--allow-still-written');
      expect(again.code, again.stderr).toBe(0);
      await node.flush(keyspace);
    } finally {
      await traffic.stop();
    }
    await flushAndRestart(project);
    expect(await lostOf(project, traffic)).toEqual([]);
    const [hot] = await project.rows('SELECT count FROM $ks.people WHERE id = 0 AND at = 0');
    expect(hot?.['count']).toBeGreaterThanOrEqual(traffic.hot.acknowledged);
    const plain = [...traffic.acknowledged].filter(([, kind]) => kind === 'plain').length;
    const viewed = (): Promise<unknown[]> => project.rows('SELECT id FROM $ks.people_by_name');
    await expect.poll(async () => (await viewed()).length, { timeout: 60_000 }).toBeGreaterThan(plain);
    for (const column of ['nickname', 'notes'])
      await expect(project.rows(`SELECT ${column} FROM $ks.people`)).rejects.toThrow(column);
    expect(traffic.failures).toEqual([]);
  });
});
