import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { StepVerification } from '../../src/app/verify.ts';
import type { RowsVerification } from '../../src/ports/engines.ts';
import { cassandraAddress } from '../support/cassandra.ts';
import { type TestProject, testProject } from '../support/project.ts';

const schema = `
import { copy, existing, migration, skip, reject, t, table, transform } from 'cqlform';
import { ndjson } from 'cqlform/files';

const source = ndjson.file('people.ndjson', {
  columns: { id: ndjson.int(), name: ndjson.text(), tags: ndjson.array(), town: ndjson.text() },
  key: ['id'],
});
const people = table('people', {
  columns: { town: t.text(), id: t.int(), name: t.text(), tags: t.set(t.text()), notes: t.list(t.text()), motto: t.static(t.text()) },
  partitionKey: ['town'], clusteringKey: ['id'],
});
const byName = table('by_name', {
  columns: { name: t.text(), id: t.int(), town: t.text(), tags: t.set(t.text()), notes: t.list(t.text()) },
  partitionKey: ['name'], clusteringKey: ['id'],
});
export default migration({
  description: 'People, and people by name',
  schema: [people, byName],
  data: [
    transform({
      from: source, into: people, maxRejects: 5,
      rows: ({ id, name, tags, town }, out) => {
        if (name === null) return reject('no name');
        if (id === 7) return skip('not him');
        out.emit({ town: town ?? 'nowhere', id, name, tags: new Set((tags ?? []) as string[]), motto: 'up', ...(id === 22 ? {} : { notes: [name, name] }) });
      },
    }),
    copy({ from: people, into: byName, columns: { id: ({ id }) => id ?? -1, name: ({ name }) => name ?? 'none' } }),
  ],
});
`;

const lines = Array.from({ length: 300 }, (_, id) =>
  JSON.stringify({
    id,
    name: id === 11 ? null : `name ${id % 50}`,
    tags: [`t${id % 3}`, 'z'],
    town: `town ${id % 20}`,
  }),
).join('\n');

async function applied(): Promise<TestProject> {
  const project = await testProject({ address: cassandraAddress(), migrations: {} });
  await writeFile(join(project.folder, 'people.ndjson'), lines);
  await project.write('20260101000000_people', schema);
  const { code, stdout, stderr } = await project.run('apply', '--auto-approve', '--no-check');
  expect(code, stdout + stderr).toBe(0);
  return project;
}

async function verified(project: TestProject, ...flags: readonly string[]): Promise<readonly StepVerification[]> {
  const { code, stdout, stderr } = await project.run('verify', '--json', ...flags);
  expect([0, 8], stderr).toContain(code);
  const found = JSON.parse(stdout) as readonly StepVerification[];
  expect(code).toBe(found.every((one) => one.kind === 'not-compared' || one.ok) ? 0 : 8);
  return found;
}

const rowsOf = (one: StepVerification | undefined): RowsVerification => {
  if (one?.kind !== 'rows') throw new Error(`not compared row by row: ${JSON.stringify(one)}`);
  return one.report;
};

describe('verify', () => {
  it('finds what is missing, different, extra and newer, and writes what is missing', {
    timeout: 180_000,
  }, async () => {
    await using project = await applied();
    const whole = await verified(project);
    // 298 rows and the static cells of 20 towns; the list and static columns of the copy are carried too.
    expect(rowsOf(whole[0])).toMatchObject({ read: 300, skipped: 1, rejected: 1, expected: 318, actual: 318 });
    expect(rowsOf(whole[1])).toMatchObject({ read: 298, expected: 298, actual: 298, differences: [] });
    expect(whole.map((one) => one.kind === 'rows' && one.ok)).toEqual([true, true]);

    const { client, keyspace } = project;
    const cql = (text: string) => client.execute(text.replaceAll('$ks', keyspace));
    await cql(`DELETE FROM $ks.people USING TIMESTAMP 1 WHERE town = 'town 1' AND id = 1`);
    const time = (
      await project.rows(`SELECT writetime(name) AS at FROM $ks.people WHERE town = 'town 1' AND id = 21`)
    )[0];
    const copied = BigInt(String(time?.['at']));
    // Lists are written a little later than the rest of their row: the row that goes has none.
    // As an older copy, a mistake at the copy's own time, and an application would leave them.
    await cql(`DELETE FROM $ks.people USING TIMESTAMP ${copied} WHERE town = 'town 2' AND id = 22`);
    await cql(`UPDATE $ks.people USING TIMESTAMP ${copied} SET name = 'zzz' WHERE town = 'town 3' AND id = 3`);
    await cql(`UPDATE $ks.people SET name = 'by the application' WHERE town = 'town 4' AND id = 4`);
    await cql(`INSERT INTO $ks.people (town, id, name) VALUES ('town 5', 9005, 'old') USING TIMESTAMP 5`);
    await cql(`INSERT INTO $ks.people (town, id, name) VALUES ('town 6', 9006, 'new')`);

    const [first] = await verified(project);
    expect(rowsOf(first)).toMatchObject({ missing: 1, different: 1, extra: 1, newer: 2, unexamined: 0 });
    const { differences } = rowsOf(first);
    expect(differences.find((one) => one.kind === 'missing')).toMatchObject({
      key: '{"town":"town 2","id":22}',
      actual: null,
    });
    const different = differences.find((one) => one.kind === 'different');
    expect(different?.expected).toContain('name 3');
    expect(different?.actual).toContain('zzz');

    const text = await project.run('verify', '20260101000000_people');
    expect(text.code).toBe(8);
    expect(text.stdout).toContain('1 missing in the target');
    expect(text.stderr).toContain('cqlform verify --repair');

    await cql(`DELETE FROM $ks.people WHERE town = 'town 5' AND id = 9005`);
    const [repaired] = await verified(project, '--repair');
    expect(rowsOf(repaired)).toMatchObject({ repaired: 2, missing: 0, different: 0, extra: 0, newer: 2 });
    const kept = await project.rows(`SELECT name, notes FROM $ks.people WHERE town = 'town 4' AND id = 4`);
    expect(kept[0]?.['name']).toBe('by the application');
    const back = await project.rows(`SELECT name, notes, tags FROM $ks.people WHERE town = 'town 2' AND id = 22`);
    expect(back).toEqual([{ name: 'name 22', notes: null, tags: ['t1', 'z'] }]);
  });

  it('samples, counts, and says what cannot be compared any more', { timeout: 120_000 }, async () => {
    await using project = await applied();
    const [sampled] = await verified(project, '--sample', '20', '20260101000000_people');
    const { expected, actual, read } = rowsOf(sampled);
    expect(read).toBe(300);
    expect(expected).toBe(actual);
    expect(expected).toBeGreaterThan(0);
    expect(expected).toBeLessThan(318);

    await project.client.execute(`DELETE FROM ${project.keyspace}.by_name WHERE name = 'name 1'`);
    expect(await verified(project, '--count')).toMatchObject([
      { kind: 'count', ok: true, written: 298, there: 298 },
      { kind: 'count', ok: false, written: 298, there: 292 },
    ]);

    await project.client.execute(`DROP TABLE ${project.keyspace}.by_name`);
    expect(await verified(project)).toMatchObject([{ kind: 'rows', ok: true }, { kind: 'not-compared' }]);

    await project.client.execute(`ALTER TABLE ${project.keyspace}.people DROP notes`);
    const [gone] = await verified(project);
    expect(gone).toMatchObject({ kind: 'not-compared', reason: 'people.notes is not there any more' });

    for (const [flags, code] of [
      [['--sample', '0'], 64],
      [['--count', '--repair'], 64],
      [['20250101000000_other'], 64],
    ] as const) {
      const { code: ended, stderr } = await project.run('verify', ...flags);
      expect(ended, stderr).toBe(code);
    }
    const wrong = await project.run('apply', '--rate', 'fast');
    expect([wrong.code, wrong.stderr]).toEqual([64, expect.stringContaining('--rate fast is neither rows')]);
  });
});
