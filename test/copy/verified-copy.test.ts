import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ndjson } from '../../src/files.ts';
import { backfill, copy, existing, t, table, transform } from '../../src/index.ts';
import type { Progress } from '../../src/model/event.ts';
import type { Checkpoint } from '../../src/ports/journal.ts';
import { baseTime, type CopyFixture, copyFixture } from './copy-fixture.ts';

const people = table('people', {
  columns: {
    town: t.text(),
    id: t.int(),
    name: t.text(),
    label: t.text(),
    tags: t.set(t.text()),
    notes: t.list(t.text()),
    motto: t.static(t.text()),
  },
  partitionKey: ['town'],
  clusteringKey: ['id'],
});
const source = ndjson.file('people.ndjson', {
  columns: { id: ndjson.int(), name: ndjson.text(), town: ndjson.text() },
  key: ['id'],
});
const data = transform({
  from: source,
  into: people,
  rows: ({ id, name, town }, out) =>
    out.emit({ town: town ?? '', id, name: name ?? '', tags: ['a', `t${id % 3}`], notes: ['x', 'y'], motto: 'up' }),
});
const oldPeople = existing('people', {
  columns: { town: t.text(), id: t.int(), name: t.text() },
  partitionKey: ['town'],
  clusteringKey: ['id'],
});
const byId = table('by_id', { columns: { id: t.int(), name: t.text(), town: t.text() }, partitionKey: ['id'] });
const copied = copy({ from: oldPeople, into: byId, columns: { id: ({ id }) => id ?? -1 } });
const line = (id: number): string => JSON.stringify({ id, name: `name ${id}`, town: `town ${id % 20}` });

describe('a copy, looked at when it has written', () => {
  let fixture: CopyFixture;
  const cql = (text: string): Promise<unknown> => fixture.query(text);
  beforeAll(async () => {
    fixture = await copyFixture('copy_verified');
    await fixture.create(people, byId);
    await fixture.file('people.ndjson', Array.from({ length: 300 }, (_, id) => line(id)).join('\n'));
  });
  afterAll(() => fixture.close());

  it('finds what it wrote, and what the application wrote since is no difference', async () => {
    const now = BigInt(Date.now()) * 1000n;
    const application = (): Promise<unknown> =>
      Promise.all([
        cql(`UPDATE KS.people USING TIMESTAMP ${now} SET name = 'by the application' WHERE town = 'town 4' AND id = 4`),
        cql(`DELETE FROM KS.people USING TIMESTAMP ${now} WHERE town = 'town 5' AND id = 5`),
        cql(`DELETE name FROM KS.people USING TIMESTAMP ${now} WHERE town = 'town 6' AND id = 6`),
        cql(`UPDATE KS.people USING TIMESTAMP ${now} SET tags = tags - {'a'} WHERE town = 'town 7' AND id = 7`),
        cql(`UPDATE KS.people USING TIMESTAMP ${now} SET notes = notes + ['z'] WHERE town = 'town 8' AND id = 8`),
      ]);
    const { verified } = await fixture.run(data, { verify: 'sample', onDone: application });
    // 300 rows and the static cells of 20 towns
    expect(verified).toEqual({ level: 'sample', rows: 320, newer: 5, repaired: 0 });
    expect((await cql(`SELECT id FROM KS.people WHERE town = 'town 5' AND id = 5`)) as unknown[]).toEqual([]);
    expect(await cql(`SELECT notes FROM KS.people WHERE town = 'town 9' AND id = 9`)).toEqual([{ notes: ['x', 'y'] }]);
    // counting cannot tell a deletion from a loss
    await expect(fixture.run(data, { verify: 'count', attempt: 2 })).rejects.toMatchObject({ code: 'COPY_DIFFERS' });
    const whole = await fixture.run(data, { verify: 'count', timestamp: now + 1n });
    expect(whole.verified).toMatchObject({ level: 'count', rows: 300 });
  });

  it('goes no faster than it may, by rows and by bytes', async () => {
    for (const rate of [{ unit: 'rows', perSecond: 300 } as const, { unit: 'bytes', perSecond: 12_000 } as const]) {
      const begun = performance.now();
      const { result } = await fixture.run(data, { rate, timestamp: baseTime + 9n });
      const seconds = (rate.unit === 'rows' ? result.read : result.bytes) / rate.perSecond;
      expect(seconds).toBeGreaterThan(0.3);
      // a quarter of a second may go ahead, and the last page is not waited for
      expect(performance.now() - begun).toBeGreaterThan((seconds - 0.6) * 1000);
    }
    const held = fixture.run(data, { rate: { unit: 'rows', perSecond: 1 }, heldFor: 4 });
    await expect(held).rejects.toThrow('the lease is lost');
  });

  it('fails when rows were lost, and mends them all when it is run again', async () => {
    await cql('TRUNCATE KS.people');
    const harm = async (): Promise<void> => {
      await cql('TRUNCATE KS.people');
    };
    const lost = fixture.run(data, { verify: 'sample', onDone: harm, attempt: 3, timestamp: baseTime + 100n });
    await expect(lost).rejects.toMatchObject({
      code: 'COPY_DIFFERS',
      message: expect.stringMatching(/320 missing of the rows looked at; \{"town":"town \d+"/),
    });
    const finished = fixture.checkpoints() as readonly Checkpoint[];
    const again = await fixture.run(data, { verify: 'sample', attempt: 4, timestamp: baseTime + 100n, finished });
    expect(again.verified).toMatchObject({ level: 'full', rows: 320 });
    expect(again.result.read).toBe(300);
    expect((await cql('SELECT id FROM KS.people')) as unknown[]).toHaveLength(300);
  });

  it('fails when something else is there at the same time', async () => {
    const timestamp = baseTime + 1000n;
    const harm = (): Promise<unknown> =>
      cql(`UPDATE KS.people USING TIMESTAMP ${timestamp} SET name = 'zzz' WHERE town = 'town 3' AND id = 3`);
    await expect(fixture.run(data, { verify: 'sample', onDone: harm, timestamp })).rejects.toMatchObject({
      code: 'COPY_DIFFERS',
      message: expect.stringContaining('1 different'),
      exitCode: 8,
    });
    await expect(
      fixture.run(data, { verify: 'full', onDone: harm, timestamp: timestamp + 10n, attempt: 1 }),
    ).resolves.toMatchObject({ verified: { level: 'full', rows: 320, newer: 0 } });
  });

  it('counts what has static cells only, and tells static rows and cells that it did not write', async () => {
    const statics = (name: string) =>
      table(name, {
        columns: { p: t.int(), c: t.int(), st: t.static(t.text()), v: t.text() },
        partitionKey: ['p'],
        clusteringKey: ['c'],
      });
    const [from, into] = [statics('statics'), statics('statics_copied')];
    await fixture.create(from, into);
    await cql(`INSERT INTO KS.statics (p, c, st, v) VALUES (1, 1, 's', 'a')`);
    await cql('INSERT INTO KS.statics (p, c) VALUES (2, 1)');
    await cql(`INSERT INTO KS.statics (p, st) VALUES (3, 'so')`);
    const data = copy({ from, into });
    const { verified } = await fixture.run(data, { verify: 'count' });
    expect(verified).toMatchObject({ level: 'count', rows: 3 });
    const tables = new Set<string | undefined>();
    const onProgress = (progress: Progress): void => void tables.add(progress.table);
    expect(await fixture.verify(data, { onProgress })).toMatchObject({
      expected: 4,
      actual: 4,
      extra: 0,
      differences: [],
    });
    await fixture.copier.count(fixture.table('statics_copied'), fixture.context({ onProgress }));
    expect([...tables]).toEqual(['statics_copied']);
    await cql(`UPDATE KS.statics_copied USING TIMESTAMP ${baseTime - 1n} SET st = 'extra' WHERE p = 2`);
    await cql(`INSERT INTO KS.statics_copied (p, st) VALUES (9, 'alone') USING TIMESTAMP ${baseTime - 1n}`);
    await cql(`UPDATE KS.statics_copied USING TIMESTAMP ${baseTime - 1n} SET v = 'extra' WHERE p = 2 AND c = 1`);
    const { extra, missing, different, differences } = await fixture.verify(data);
    expect({ extra, missing, different }).toEqual({ extra: 3, missing: 0, different: 0 });
    expect(differences.map(({ key, actual }) => `${key} ${actual}`).sort()).toEqual([
      '{"p":2,"c":1} {"st":null,"v":"extra"}',
      '{"p":2,"c":null} {"st":"extra","v":null}',
      '{"p":9,"c":null} {"st":"alone","v":null}',
    ]);
  });

  it('writes lists again without doubling them, also beside static cells', async () => {
    const lists = (name: string) =>
      table(name, {
        columns: { p: t.int(), c: t.int(), st: t.static(t.list(t.int())), l: t.list(t.text()), v: t.text() },
        partitionKey: ['p'],
        clusteringKey: ['c'],
      });
    const [from, into] = [lists('lists'), lists('lists_copied')];
    await fixture.create(from, into);
    const at = baseTime - 100n;
    for (const p of [1, 2, 3, 4]) {
      await cql(
        `INSERT INTO KS.lists (p, c, st, l, v) VALUES (${p}, 1, [1, 2], ['a', 'b'], 'v') USING TIMESTAMP ${at}`,
      );
    }
    const listed = copy({ from, into });
    await fixture.run(listed);
    await cql('TRUNCATE KS.lists_copied');
    // of 1 nothing is there; of 2 all but a plain cell, of 3 a part of the list, of 4 a list that somebody added to since
    const target = `UPDATE KS.lists_copied USING TIMESTAMP`;
    await cql(`${target} ${at} SET st = [1, 2], l = ['a', 'b'] WHERE p = 2 AND c = 1`);
    await cql(`${target} ${at} SET st = [2], l = ['b'], v = 'v' WHERE p = 3 AND c = 1`);
    await cql(`${target} ${at} SET st = [1, 2], l = ['a', 'b'] WHERE p = 4 AND c = 1`);
    await cql(`${target} ${baseTime + 100n} SET l = l + ['c'] WHERE p = 4 AND c = 1`);
    expect(await fixture.verify(listed, { repair: true })).toMatchObject({ missing: 2, different: 4, repaired: 6 });
    expect(await fixture.query('SELECT p, st, l, v FROM KS.lists_copied WHERE p IN (1, 2, 3, 4)')).toEqual([
      ...[1, 2, 3].map((p) => ({ p, st: [1, 2], l: ['a', 'b'], v: 'v' })),
      { p: 4, st: [1, 2], l: ['a', 'b', 'c'], v: 'v' },
    ]);
    expect(await fixture.verify(listed, { repair: true })).toMatchObject({ missing: 0, different: 0, repaired: 0 });
  });

  it('remembers the rows of the pieces that an earlier attempt finished', async () => {
    const timestamp = baseTime + 10_000n;
    const killed = (): Promise<unknown> => Promise.reject(new Error('killed'));
    await expect(fixture.run(data, { verify: 'sample', timestamp, onDone: killed })).rejects.toThrow('killed');
    const finished = fixture.checkpoints();
    await cql('TRUNCATE KS.people');
    await expect(fixture.run(data, { verify: 'sample', timestamp, finished, attempt: 2 })).rejects.toMatchObject({
      code: 'COPY_DIFFERS',
    });
    await fixture.run(data, { timestamp: timestamp + 10n });
  });

  it('looks for rows of a table by their keys, and lets the newer source row be', async () => {
    const startedAt = new Date();
    const { verified } = await fixture.run(copied, { verify: 'sample', startedAt, schema: [byId] });
    expect(verified).toEqual({ level: 'sample', rows: 300, newer: 0, repaired: 0 });
    const application = (): Promise<unknown> =>
      Promise.all([
        cql(`UPDATE KS.people SET name = 'newer' WHERE town = 'town 4' AND id = 4`),
        cql(`UPDATE KS.by_id SET name = 'newer' WHERE id = 5`),
        cql(`INSERT INTO KS.people (town, id, name) VALUES ('town 6', 9006, 'new')`),
      ]);
    const live = await fixture.run(copied, { verify: 'sample', startedAt, schema: [byId], onDone: application });
    expect(live.verified).toEqual({ level: 'sample', rows: 301, newer: 3, repaired: 0 });
    // a deletion that is older than the copy, and hides what has times of its own
    const hidden = (): Promise<unknown> => cql(`DELETE FROM KS.by_id WHERE id = 9`);
    await expect(
      fixture.run(copied, { verify: 'sample', startedAt: new Date(), schema: [byId], onDone: hidden }),
    ).rejects.toMatchObject({
      message: expect.stringContaining('1 missing'),
    });
  });

  it('looks at a backfill', async () => {
    const labelled = existing('people', {
      columns: { town: t.text(), id: t.int(), name: t.text(), label: t.text() },
      partitionKey: ['town'],
      clusteringKey: ['id'],
    });
    const filled = backfill({ from: oldPeople, into: labelled, columns: { label: ({ name }) => `${name}!` } });
    const drop = (): Promise<unknown> => cql(`DELETE FROM KS.people WHERE town = 'town 1' AND id = 1`);
    const { verified } = await fixture.run(filled, { verify: 'sample', schema: [], onDone: drop });
    expect(verified.rows).toBe(300);
  });
});
