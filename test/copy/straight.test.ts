import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { straightCopy } from '../../src/copy/straight.ts';
import { copy, desc, reject, skip, t, table, unset } from '../../src/index.ts';
import type { StoredRow } from '../../src/model/row.ts';
import { keyColumns } from '../../src/model/schema.ts';
import { type CopyFixture, copyFixture } from './copy-fixture.ts';

const columns = {
  p: t.int(),
  q: t.text(),
  c: t.timestamp(),
  a: t.text(),
  b: t.int(),
  l: t.frozen(t.list(t.text())),
  u: t.uuid(),
};
const origin = table('origin', { columns, partitionKey: ['p', 'q'], clusteringKey: ['c'] });
const target = table('target', {
  columns: { q: t.text(), p: t.int(), c: t.timestamp(), z: t.text(), b: t.int(), l: t.frozen(t.list(t.text())) },
  partitionKey: ['q'],
  clusteringKey: [desc('c'), 'p'],
});
const mapped = { q: 'q', p: 'p', c: 'c', z: 'a', b: 'b', l: 'l' };
const base = 1_600_000_000_000_000;
const count = 2000;

let fixture: CopyFixture;
beforeAll(async () => {
  fixture = await copyFixture('copy_straight');
  await fixture.create(origin, target);
  let state = 7;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const statements: string[] = [];
  for (let row = 0; row < count; row += 1) {
    const key = `${row % 40}, 'q${row % 7}', ${row}`;
    const at = base + random(1000);
    const where = `WHERE p = ${row % 40} AND q = 'q${row % 7}' AND c = ${row}`;
    const kind = random(10);
    const values = `'text ${row}', ${row}, ['x', 'y${row}']`;
    if (kind < 6)
      statements.push(`INSERT INTO KS.origin (p, q, c, a, b, l) VALUES (${key}, ${values}) USING TIMESTAMP ${at}`);
    else if (kind === 6) statements.push(`INSERT INTO KS.origin (p, q, c) VALUES (${key}) USING TIMESTAMP ${at}`);
    else if (kind === 7)
      statements.push(`INSERT INTO KS.origin (p, q, c, b) VALUES (${key}, 5) USING TIMESTAMP ${at} AND TTL 90000`);
    else {
      statements.push(`UPDATE KS.origin USING TIMESTAMP ${at} SET a = '' ${where}`);
      if (kind === 9) statements.push(`UPDATE KS.origin USING TIMESTAMP ${at + 5} SET b = ${row} ${where}`);
    }
  }
  for (let from = 0; from < statements.length; from += 200) {
    await Promise.all(
      statements.slice(from, from + 200).map((text) => fixture.base.cql(text.replace('KS.', 'copy_straight.'))),
    );
  }
});
afterAll(() => fixture.close());

/** Every row as text: its key by name and its cells with their write times; expiry only as whether there is one. */
async function rowsOf(name: string, named: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const from = fixture.table(name);
  const read = Object.keys(named).filter((column) => !keyColumns(from).includes(column));
  const found: string[] = [];
  const ring = { start: -(2n ** 63n), end: 2n ** 63n - 1n };
  const request = { keyspace: 'copy_straight', table: from, types: {}, columns: read, range: ring, times: true };
  for await (const page of fixture.base.rows.scan({ ...request, consistency: 'ONE' })) {
    found.push(...page.map((row) => textOf(row, { keys: keyColumns(from), read, named })));
  }
  return found.sort();
}

function textOf(
  row: StoredRow,
  {
    keys,
    read,
    named,
  }: {
    readonly keys: readonly string[];
    readonly read: readonly string[];
    readonly named: Readonly<Record<string, string>>;
  },
): string {
  const key = [...row.partitionKey, ...(row.kind === 'row' ? row.clusteringKey : [])];
  const parts = key.map((bytes, index) => `${named[keys[index] ?? '']}=${Buffer.from(bytes).toString('hex')}`);
  const cells = row.cells.map((cell, index) => {
    const shown =
      cell?.kind === 'value'
        ? `${Buffer.from(cell.bytes).toString('hex')}@${cell.writeTime}${cell.expiresAt === null ? '' : ' expires'}`
        : 'null';
    return `${named[read[index] ?? '']}=${shown}`;
  });
  return [...parts.sort(), ...cells.sort()].join(' ');
}

const toOrigin = mapped;
const fromOrigin = Object.fromEntries(Object.values(mapped).map((name) => [name, name]));

describe('a table whose columns only pass through', () => {
  it('arrives with every cell, its write time, and rows of a key only', async () => {
    const request = { from: fixture.table('origin'), into: fixture.table('target'), columns: mapped, withinRow: false };
    const { result } = await fixture.copyTable(request);
    expect(result).toMatchObject({ read: count, transformed: count, written: count, rejected: 0, skipped: 0 });
    expect(await rowsOf('target', toOrigin)).toEqual(await rowsOf('origin', fromOrigin));
  });

  it('hands most rows on without decoding them', async () => {
    const through = { passed: 0, others: 0 };
    const from = fixture.table('origin');
    const writer = fixture.base.rows.writeBlocks({
      keyspace: 'copy_straight',
      table: from,
      types: {},
      consistency: 'ONE',
      statements: [['p', 'q', 'c', 'a', 'b', 'l']],
      held: 'little',
    });
    const range = { start: -(2n ** 63n), end: 2n ** 63n - 1n };
    const scan = { keyspace: 'copy_straight', table: from, types: {}, columns: ['a', 'b', 'l'], range };
    const values = [0, 1, 2].flatMap((index) => [{ kind: 'key' as const, index }]);
    const pages = fixture.base.rows.scanThrough(
      { ...scan, consistency: 'ONE' },
      {
        into: writer,
        values: [...values, ...[0, 1, 2].map((index) => ({ kind: 'regular' as const, index }))],
        partitionParts: 2,
        floor: null,
        begin: async () => undefined,
      },
    );
    const before = await rowsOf('origin', fromOrigin);
    for await (const page of pages) {
      through.passed += page.passed;
      through.others += page.rows.length;
    }
    await writer.flush();
    expect(writer.acknowledged).toBe(through.passed);
    expect(through.passed + through.others).toBe(count);
    expect(through.passed).toBeGreaterThan(count / 2);
    // written onto themselves, at their own times, nothing has changed
    expect(await rowsOf('origin', fromOrigin)).toEqual(before);
  });

  it('is raised to a floor, all rows alike', async () => {
    await fixture.base.cql('TRUNCATE copy_straight.target');
    const floor = BigInt(base) + 500n;
    const spec = copy({ from: origin, into: target, columns: { ...mappedColumns(), l: 'l' } });
    const { result } = await fixture.run(spec, { floor });
    expect(result).toMatchObject({ read: count, written: count, collisions: 0 });
    const times = (await rowsOf('target', toOrigin)).flatMap((row) =>
      [...row.matchAll(/@(\d+)/g)].map(([, time]) => BigInt(time ?? 0)),
    );
    expect(times.length).toBeGreaterThan(count);
    expect(times.every((time) => time >= floor)).toBe(true);
    expect(times.some((time) => time === floor) && times.some((time) => time > floor)).toBe(true);
  });

  it('is told from one that needs more', () => {
    const from = { table: fixture.table('origin'), types: {} };
    const into = { table: fixture.table('target'), types: {} };
    const mappings = (more: Readonly<Record<string, string>>) =>
      Object.fromEntries(
        Object.entries({ ...mapped, ...more }).map(([name, column]) => [
          name,
          { kind: 'column', from: column } as const,
        ]),
      );
    const plan = (more: Readonly<Record<string, string>>, read = ['a', 'b', 'l']) =>
      straightCopy({ from, into, columns: read, mappings: mappings(more), floor: null, functions: null });
    expect(plan({})).toMatchObject({ columns: ['q', 'c', 'p', 'b', 'l', 'z'] });
    expect(plan({ z: 'q' })).toBeNull();
    expect(plan({ z: 'b' })).toBeNull();
    expect(plan({ q: 'a' })).toBeNull();
  });
});

describe('a column made by a function', () => {
  const fate = (b: number | null): string => {
    if (b === null) return 'unset';
    return ['null', 'reject', 'skip', 'value', 'value'][b % 5] ?? 'value';
  };
  let broken: number | null = 33;
  const spec = copy({
    from: origin,
    into: target,
    columns: {
      z: (row) => {
        const { a, b, c } = row;
        // what functions may do with a row: spread it, list it, look twice
        if (Object.keys({ ...row }).length !== 7 || row.a !== a) throw new Error('not a whole row');
        if (c.getTime() === broken) throw new Error('broken');
        const kind = fate(b);
        if (kind === 'unset') return unset;
        if (kind === 'reject') return reject('of five, one');
        if (kind === 'skip') return skip('of five, two');
        return kind === 'null' ? null : `${a}, ${b}!`;
      },
    },
    maxRejects: count,
  });

  it('comes with the write time of its row, and rows that it refuses, skips or deletes are counted', async () => {
    await fixture.base.cql('TRUNCATE copy_straight.target');
    await expect(fixture.run(spec)).rejects.toMatchObject({
      code: 'TRANSFORM_FAILED',
      message: expect.stringMatching(/origin \{"p":33,"q":"q5".* broken/),
    });
    broken = null;
    await fixture.base.cql('TRUNCATE copy_straight.target');

    const { result } = await fixture.run(spec);
    const query = async (text: string) =>
      (await fixture.base.connection.client.execute(text, [], { fetchSize: 5000 })).rows;
    const read = await query(
      'SELECT p, q, c, a, b, writetime(a) AS ta, writetime(b) AS tb, ttl(b) AS left FROM copy_straight.origin',
    );
    const written = new Map(
      (await query('SELECT p, q, c, b, z, writetime(z) AS tz, ttl(z) AS left FROM copy_straight.target')).map((row) => [
        `${row['p']} ${row['q']} ${row['c'].getTime()}`,
        row,
      ]),
    );
    const fates = read.map((row) => fate(row['b']));
    const times = (kind: string): number => fates.filter((one) => one === kind).length;
    expect(result).toMatchObject({
      read: read.length,
      rejected: times('reject'),
      skipped: times('skip'),
      written: read.length - times('reject') - times('skip'),
    });
    expect(times('null') * times('reject') * times('skip') * times('unset')).toBeGreaterThan(0);
    for (const row of read) {
      const there = written.get(`${row['p']} ${row['q']} ${row['c'].getTime()}`);
      const kind = fate(row['b']);
      expect(there === undefined).toBe(kind === 'reject' || kind === 'skip');
      if (there === undefined) continue;
      const newest = Math.max(Number(row['ta'] ?? 0), Number(row['tb'] ?? 0));
      expect([there['b'], there['z'], Number(there['tz'])]).toEqual([
        row['b'],
        kind === 'value' ? `${row['a']}, ${row['b']}!` : null,
        kind === 'value' ? newest : 0,
      ]);
      if (kind === 'value') expect(there['left'] === null).toBe(row['left'] === null);
    }
  });
});

function mappedColumns() {
  return { z: 'a' } as const;
}
