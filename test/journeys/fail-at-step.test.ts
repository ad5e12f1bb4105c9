import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { builtProgram } from '../support/built.ts';
import { cassandraAddress } from '../support/cassandra.ts';
import { type Ended, ended, type TestProject, testProject } from '../support/project.ts';
import { digestsOf } from './in-process.ts';

const child = builtProgram('kill-child');

const base = `
import { migration, t, table, udt } from 'cqlform';
const address = udt('address', { street: t.text(), zip: t.text() });
const people = table('people', {
  columns: {
    city: t.text(), id: t.int(), name: t.text(), nickname: t.text(), tags: t.set(t.text()), notes: t.list(t.text()),
    home: t.frozen(address), motto: t.static(t.text()),
  },
  partitionKey: ['city'],
  clusteringKey: ['id'],
});
const visits = table('visits', { columns: { id: t.int(), at: t.timestamp(), place: t.text() }, partitionKey: ['id'], clusteringKey: ['at'] });
export default migration({ description: 'Base', schema: [address, people, visits] });
`;

/** Something of everything: a new table filled by a transform, a view of it, a type's field renamed (an added one could not be taken back), a column filled and two dropped, an index, options, a table dropped. */
const rich = `
import { alter, alterType, backfill, desc, drop, existing, index, migration, skip, t, table, transform, udt, view } from 'cqlform';
const address = udt('address', { street: t.text(), zip: t.text() });
const people = existing('people', {
  columns: { city: t.text(), id: t.int(), name: t.text(), nickname: t.text(), tags: t.set(t.text()), notes: t.list(t.text()) },
  partitionKey: ['city'],
  clusteringKey: ['id'],
});
const visits = existing('visits', { columns: { id: t.int(), at: t.timestamp() }, partitionKey: ['id'], clusteringKey: ['at'] });
const byTag = table('people_by_tag', {
  columns: { tag: t.text(), id: t.int(), name: t.text() }, partitionKey: ['tag'], clusteringKey: [desc('id')],
});
const tagsByName = view('tags_by_name', { from: byTag, columns: [], partitionKey: ['name'], clusteringKey: ['tag', 'id'] });
const people2 = alter(people, { add: { shout: t.text() }, drop: ['nickname', 'notes'], options: { gcGraceSeconds: 3600 } });
export default migration({
  description: 'Rich',
  schema: [byTag, tagsByName, alterType(address, { rename: { zip: 'postcode' } }), people2, index('people_by_name', { on: people2, column: 'name', using: 'sai' }), drop(visits)],
  data: [
    transform({ from: people, into: byTag, rows: ({ id, name, tags }, out) => {
      if (tags.size === 0) return skip('no tags');
      for (const tag of tags) out.emit({ tag, id: id ?? 0, name });
    } }),
    backfill({ from: people, into: people2, columns: { shout: ({ nickname }) => nickname === null ? null : nickname.toUpperCase() } }),
  ],
});
`;

async function seed(project: TestProject): Promise<void> {
  const { keyspace: ks, client } = project;
  const say = (cql: string): Promise<unknown> => client.execute(cql.replaceAll('$ks', ks));
  for (let id = 0; id < 20; id += 1) {
    await say(
      `INSERT INTO $ks.people (city, id, name, nickname, tags, notes, home) VALUES ('c${id % 5}', ${id}, 'n${id}', 'nick${id}', {'a', 'b${id % 3}'}, ['x', 'y', 'x'], {street: 's', zip: 'z'}) USING TIMESTAMP ${1_000_000 + id}`,
    );
    await say(`INSERT INTO $ks.visits (id, at, place) VALUES (${id % 7}, ${id * 1000}, 'p${id}')`);
  }
  await say(`INSERT INTO $ks.people (city, id) VALUES ('key-only', 1)`);
  await say(`INSERT INTO $ks.people (city, motto) VALUES ('static-only', 'alone')`);
  await say(`UPDATE $ks.people USING TTL 86400 SET nickname = 'brief' WHERE city = 'c1' AND id = 1`);
}

/** Every row of every table, as the server prints them, and the tables' value digests as the product counts them. */
async function contents(project: TestProject): Promise<unknown> {
  const tables = await project.rows(`SELECT table_name FROM system_schema.tables WHERE keyspace_name = '$ks'`);
  const all: Record<string, unknown> = {};
  for (const { table_name: table } of tables) {
    all[`${table}`] = (await project.rows(`SELECT JSON * FROM $ks.${table}`)).map((row) => row['[json]']);
  }
  return { rows: all, digests: await digestsOf(project.keyspace, cassandraAddress()) };
}

function run(project: TestProject, ...words: readonly string[]): Promise<Ended> {
  const { host, port } = cassandraAddress();
  const env = {
    ...process.env,
    CQLFORM_CONTACT_POINTS: `${host}:${port}`,
    NODE_NO_WARNINGS: '1',
    // Many processes of the same code are started, and most of them die young.
    NODE_COMPILE_CACHE: join(tmpdir(), 'cqlform-compile-cache'),
  };
  return ended(spawn(process.execPath, [child, project.folder, ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] }));
}

/** Kills the run before, during and after each step in turn, always going on where it was killed. */
async function throughEveryDeath(project: TestProject, direction: 'apply' | 'rollback'): Promise<void> {
  let steps = Number.POSITIVE_INFINITY;
  for (let number = 1; number <= steps; number += 1) {
    for (const moment of ['before', 'during', 'after']) {
      const died = await run(project, direction, moment, String(number));
      if (died.stdout !== '') steps = Number(died.stdout.split('\n')[0]);
      expect(died.signal, `${direction} ${moment} ${number}: ${died.stderr}`).toBe('SIGKILL');
    }
  }
  expect(steps).toBeGreaterThan(2);
  await wentWell(run(project, direction, 'never', '0'));
}

async function wentWell(ending: Promise<Ended>): Promise<void> {
  const { code, stderr } = await ending;
  expect(code, stderr).toBe(0);
}

async function started(): Promise<TestProject> {
  const project = await testProject({ address: cassandraAddress(), migrations: { '20260101000000_base': base } });
  await wentWell(run(project, 'apply', 'never', '0'));
  await seed(project);
  await project.write('20260102000000_rich', rich);
  return project;
}

describe('a run that is killed', () => {
  it('is finished by apply and taken back by rollback, killed before, during and after every step', {
    timeout: 600_000,
  }, async () => {
    await using project = await started();
    const atStart = await contents(project);
    await wentWell(run(project, 'apply', 'never', '0'));
    const atEnd = await contents(project);
    await wentWell(run(project, 'rollback', 'never', '0'));
    expect(await contents(project)).toEqual(atStart);

    await throughEveryDeath(project, 'apply');
    expect(await contents(project)).toEqual(atEnd);
    await throughEveryDeath(project, 'rollback');
    expect(await contents(project)).toEqual(atStart);
  });

  it('is taken back by rollback from wherever it stopped', { timeout: 600_000 }, async () => {
    await using project = await started();
    const atStart = await contents(project);
    let steps = 1;
    for (let number = 1; number <= steps; number += 1) {
      // Of three steps two, whose kinds go round: the test above stops at all of them.
      if (number % 3 === 0) continue;
      const died = await run(project, 'apply', 'during', String(number));
      steps = Number(died.stdout.split('\n')[0]);
      expect(died.signal, `during ${number}: ${died.stderr}`).toBe('SIGKILL');
      expect(died.stderr, `during ${number}`).toBe('');
      await wentWell(run(project, 'rollback', 'never', '0'));
      expect(await contents(project), `taken back from step ${number}`).toEqual(atStart);
    }
    expect(steps).toBeGreaterThan(8);
  });
});
