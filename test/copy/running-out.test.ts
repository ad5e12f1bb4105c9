import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ndjson } from '../../src/files.ts';
import { copy, t, table } from '../../src/index.ts';
import { type CopyFixture, copyFixture } from './copy-fixture.ts';

const columns = { id: t.int(), name: t.text(), tags: t.set(t.text()) };
const passes = table('passes', { columns, partitionKey: ['id'] });
const kept = table('kept', { columns, partitionKey: ['id'] });
const plain = table('plain', { columns: { id: t.int(), name: t.text() }, partitionKey: ['id'] });
const brief = table('brief', {
  columns: { id: t.int(), name: t.text() },
  partitionKey: ['id'],
  options: { defaultTimeToLive: 1000 },
});
const data = copy({ from: passes, into: kept });
const plainly = copy({ from: passes, into: plain });
const file = ndjson.file('brief.ndjson', { columns: { id: ndjson.int(), name: ndjson.text() }, key: ['id'] });
const loaded = copy({ from: file, into: brief, columns: { id: ({ id }) => id ?? -1 } });

describe('rows that end by themselves', () => {
  let fixture: CopyFixture;
  const cql = (text: string) => fixture.query(text);
  const count = async (name: string): Promise<number> => (await cql(`SELECT id FROM KS.${name}`)).length;
  beforeAll(async () => {
    fixture = await copyFixture('copy_running_out');
    await fixture.create(passes, kept, plain, brief);
  });
  afterAll(() => fixture.close());

  it('are no difference while they run out, and are not written again', async () => {
    const at = 1_700_000_000_000_000n;
    await cql(`INSERT INTO KS.passes (id, name, tags) VALUES (0, 'stays', {'a'}) USING TIMESTAMP ${at}`);
    for (const id of [1, 2, 3]) {
      await cql(`INSERT INTO KS.passes (id, name, tags) VALUES (${id}, 'n', {'a'}) USING TIMESTAMP ${at} AND TTL 3`);
    }
    await cql(`UPDATE KS.passes USING TIMESTAMP ${at} AND TTL 3 SET tags = tags + {'b'} WHERE id = 0`);
    for (const each of [data, plainly]) await fixture.run(each);
    // gone from the target first
    for (const name of ['kept', 'plain']) await cql(`DELETE FROM KS.${name} USING TIMESTAMP ${at} WHERE id = 1`);
    for (const each of [data, plainly]) {
      const found = await fixture.verify(each, { repair: true });
      expect(found).toMatchObject({ missing: 0, extra: 0, different: 0, repaired: 0 });
      expect(found.uncertain).toBeGreaterThan(0);
    }
    // gone from the source first: the target's last a little longer
    await cql(`UPDATE KS.kept USING TIMESTAMP ${at} AND TTL 7 SET name = 'n', tags = {'a'} WHERE id = 2`);
    await cql(`UPDATE KS.plain USING TIMESTAMP ${at} AND TTL 7 SET name = 'n' WHERE id = 2`);
    await cql(`UPDATE KS.kept USING TIMESTAMP ${at} AND TTL 7 SET tags = tags + {'c'} WHERE id = 0`);
    await expect.poll(() => count('passes'), { timeout: 30_000, interval: 100 }).toBe(1);
    await expect
      .poll(async () => (await cql(`SELECT ttl(name) AS left FROM KS.kept WHERE id = 2`))[0]?.['left'] ?? 0, {
        timeout: 30_000,
        interval: 100,
      })
      .toBeLessThan(5);
    for (const each of [data, plainly]) {
      expect(await fixture.verify(each)).toMatchObject({ missing: 0, extra: 0, different: 0 });
    }
  });

  it('are compared while they last, and repaired for as long as they had', async () => {
    const at = 1_700_000_001_000_000n;
    for (const id of [11, 12, 13, 14]) {
      await cql(
        `INSERT INTO KS.passes (id, name, tags) VALUES (${id}, 'n', {'a', 'b'}) USING TIMESTAMP ${at} AND TTL 900`,
      );
    }
    await fixture.run(data);
    expect(await fixture.verify(data)).toMatchObject({ missing: 0, extra: 0, different: 0 });
    await cql(`INSERT INTO KS.kept (id, name) VALUES (19, 'nobody') USING TIMESTAMP 5 AND TTL 900`);
    await cql(`DELETE FROM KS.kept USING TIMESTAMP 1 WHERE id = 11`);
    await cql(`TRUNCATE KS.kept`);
    await cql(`INSERT INTO KS.kept (id, name, tags) VALUES (0, 'stays', {'a'}) USING TIMESTAMP 5`);
    await cql(`INSERT INTO KS.kept (id, name, tags) VALUES (12, 'm', {'a', 'b'}) USING TIMESTAMP 5 AND TTL 900`);
    await cql(`INSERT INTO KS.kept (id, name, tags) VALUES (13, 'n', {'a'}) USING TIMESTAMP 5 AND TTL 900`);
    await cql(`INSERT INTO KS.kept (id, name, tags) VALUES (14, 'n', {'a', 'b'}) USING TIMESTAMP 5`);
    await cql(`INSERT INTO KS.kept (id, name) VALUES (19, 'nobody') USING TIMESTAMP 5 AND TTL 900`);
    const found = await fixture.verify(data);
    expect(found).toMatchObject({ missing: 1, different: 3, extra: 1 });
    expect(found.differences.map(({ kind, key }) => `${kind} ${key}`).toSorted()).toEqual([
      'different {"id":12}',
      'different {"id":13}',
      'different {"id":14}',
      'extra {"id":19}',
      'missing {"id":11}',
    ]);
    expect(await fixture.verify(data, { repair: true })).toMatchObject({ repaired: 4 });
    const [left] = await cql(`SELECT ttl(name) AS left FROM KS.kept WHERE id = 11`);
    expect(left?.['left']).toBeLessThanOrEqual(900);
    expect(left?.['left']).toBeGreaterThan(600);
    expect(await fixture.verify(data, { repair: true })).toMatchObject({
      repaired: 0,
      missing: 0,
      different: 0,
      extra: 1,
    });
  });

  it('of a table’s own TTL do not come back when it has passed', async () => {
    await fixture.file('brief.ndjson', '{"id":1,"name":"a"}\n{"id":2}\n');
    const startedAt = new Date(Date.now() - 300_000);
    await fixture.run(loaded, { startedAt });
    await cql('TRUNCATE KS.brief');
    // as if it had begun long ago
    expect(await fixture.verify(loaded, { repair: true })).toMatchObject({ missing: 0, different: 0, repaired: 0 });
    expect(await cql('SELECT id FROM KS.brief')).toEqual([]);
    expect(await fixture.verify(loaded, { repair: true, startedAt })).toMatchObject({ missing: 2, repaired: 2 });
    const [left] = await cql('SELECT ttl(name) AS left FROM KS.brief WHERE id = 1');
    expect(left?.['left']).toBeLessThanOrEqual(700);
    // counting takes rows that ran out for no loss
    const counted = { verify: 'count', onDone: () => cql('TRUNCATE KS.brief') } as const;
    expect((await fixture.run(loaded, counted)).verified).toMatchObject({ level: 'count', rows: 0 });
    await expect(fixture.run(loaded, { ...counted, startedAt })).rejects.toMatchObject({ code: 'COPY_DIFFERS' });
  });
});
