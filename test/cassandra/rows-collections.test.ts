import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cell, StoredRow } from '../../src/model/row.ts';
import { type RowsFixture, rowsFixture, tableOf } from './rows-fixture.ts';

const keyspace = 'rows_collections';
let fixture: RowsFixture;
beforeAll(async () => {
  fixture = await rowsFixture(keyspace);
});
afterAll(async () => {
  await fixture.close();
});

/** A cell in a form that is easy to read: elements as `key=value@time`, `+` where one expires. */
function shown(cell: Cell | null): string | null {
  if (cell === null) return null;
  if (cell.kind === 'counter') return `counter ${cell.value}`;
  const hex = (bytes: Uint8Array | null): string => (bytes === null ? '' : Buffer.from(bytes).toString('hex'));
  const time = (part: { writeTime: bigint | null; expiresAt: number | null }): string =>
    `@${part.writeTime}${part.expiresAt === null ? '' : '+'}`;
  if (cell.kind === 'value') return `${hex(cell.bytes)}${time(cell)}`;
  return cell.elements.map((part) => `${hex(part.key)}=${hex(part.value)}${time(part)}`).join(' ');
}
const shownRows = (rows: readonly StoredRow[]): (string | null)[][] => rows.map((row) => row.cells.map(shown));

describe('collections that are not frozen', () => {
  const columns = { l: 'list<int>', s: 'set<int>', m: 'map<int, text>', f: 'frozen<list<int>>' };

  it('keep the time of every element of sets and maps', async () => {
    const definition = { columns: { k: 'int', ...columns }, partitionKey: ['k'] };
    const table = await fixture.table('elements', definition);
    const set = `${keyspace}.elements`;
    await fixture.cql(
      `INSERT INTO ${set} (k, l, s, m, f) VALUES (1, [3, 1, 3], {2, 1}, {1: 'a', 2: ''}, [9]) USING TIMESTAMP 1000`,
    );
    await fixture.cql(`UPDATE ${set} USING TIMESTAMP 2000 SET s = s + {3}, m = m + {0: 'z'} WHERE k = 1`);
    await fixture.cql(`UPDATE ${set} USING TIMESTAMP 2500 SET m[2] = 'changed' WHERE k = 1`);
    await fixture.cql(`UPDATE ${set} USING TIMESTAMP 1000 SET s = {} WHERE k = 2`);
    await fixture.cql(`UPDATE ${set} USING TIMESTAMP 1000 SET s = {7} WHERE k = 3`);
    const rows = await fixture.read(table);
    const twin = await fixture.table('elements_twin', definition);
    await fixture.write(twin, rows);
    expect(await fixture.read(twin)).toEqual(rows);
    expect(shownRows(rows)).toContainEqual([
      '=00000003@1000 =00000001@1000 =00000003@1000',
      '00000001=@1000 00000002=@1000 00000003=@2000',
      '00000000=7a@2000 00000001=61@1000 00000002=6368616e676564@2500',
      '000000010000000400000009@1000',
    ]);
    expect(shownRows(rows)).toContainEqual([null, '00000007=@1000', null, null]);
    expect(rows).toHaveLength(2);
  });

  it('keep what is left of the TTL of every element, to the second', async () => {
    const table = await fixture.table('expiring', { columns: { k: 'int', v: 'int', ...columns }, partitionKey: ['k'] });
    const name = `${keyspace}.expiring`;
    await fixture.cql(
      `INSERT INTO ${name} (k, v, l, s, m) VALUES (1, 5, [1, 2], {1}, {1: 'a'}) USING TIMESTAMP 1000 AND TTL 5000`,
    );
    await fixture.cql(`UPDATE ${name} USING TIMESTAMP 2000 SET s = s + {2}, m = m + {2: 'b'} WHERE k = 1`);
    await fixture.cql(`UPDATE ${name} USING TIMESTAMP 3000 AND TTL 9000 SET s = s + {3} WHERE k = 1`);
    const rows = await fixture.read(table);
    expect(shownRows(rows)).toEqual([
      [
        '00000005@1000+',
        '=00000001@1000+ =00000002@1000+',
        '00000001=@1000+ 00000002=@2000 00000003=@3000+',
        '00000001=61@1000+ 00000002=62@2000',
        null,
      ],
    ]);
    // over several turns of the second, any of which could shift an expiry
    const started = performance.now();
    while (performance.now() - started < 3000) expect(await fixture.read(table)).toEqual(rows);

    const twin = await fixture.table('expiring_twin', {
      columns: { k: 'int', v: 'int', ...columns },
      partitionKey: ['k'],
    });
    expect(await fixture.write(twin, rows)).toBe(0);
    expect(roundedExpiry(await fixture.read(twin), rows)).toEqual(rows);
    const much = { nowSeconds: Math.floor(Date.now() / 1000) + 6000 };
    const late = await fixture.table('expiring_late', {
      columns: { k: 'int', v: 'int', ...columns },
      partitionKey: ['k'],
    });
    expect(await fixture.write(late, rows, much)).toBe(5);
    expect(shownRows(await fixture.read(late))).toEqual([
      [null, null, '00000002=@2000 00000003=@3000+', '00000002=62@2000', null],
    ]);
  });

  it('write a list whose elements differ in expiry in its order', async () => {
    const definition = { columns: { k: 'int', l: 'list<int>' }, partitionKey: ['k'] };
    const table = await fixture.table('mixed', definition);
    for (let key = 0; key < 20; key++) {
      await fixture.cql(`UPDATE ${keyspace}.mixed USING TIMESTAMP 1000 SET l = [1, 2] WHERE k = ${key}`);
      await fixture.cql(
        `UPDATE ${keyspace}.mixed USING TIMESTAMP 1001 AND TTL 9000 SET l = l + [3, 4] WHERE k = ${key}`,
      );
      await fixture.cql(`UPDATE ${keyspace}.mixed USING TIMESTAMP 1002 SET l = l + [5] WHERE k = ${key}`);
      await fixture.cql(`UPDATE ${keyspace}.mixed USING TIMESTAMP 1003 AND TTL 8000 SET l = l + [6] WHERE k = ${key}`);
    }
    const rows = await fixture.read(table);
    const twin = await fixture.table('mixed_twin', definition);
    await fixture.write(twin, rows);
    const once = await fixture.read(twin);
    const wanted = '=00000001@T =00000002@T =00000003@T+ =00000004@T+ =00000005@T =00000006@T+';
    expect(shownRows(once)).toEqual(rows.map(() => [wanted.replaceAll('@T', '@1003')]));
    await fixture.write(twin, rows, { attempt: 1 });
    expect(shownRows(await fixture.read(twin))).toEqual(rows.map(() => [wanted.replaceAll('@T', '@1005')]));
  });

  it('give exactly the list when it is written again with the next attempt', async () => {
    const definition = { columns: { k: 'int', l: 'list<int>' }, partitionKey: ['k'] };
    const table = await fixture.table('again', definition);
    await fixture.cql(`UPDATE ${keyspace}.again USING TIMESTAMP 1000 SET l = [1, 2] WHERE k = 1`);
    const rows = await fixture.read(table);
    const policy = { kind: 'fixed', at: 9000n } as const;
    for (const attempt of [1, 2, 3]) await fixture.write(table, rows, { policy, attempt });
    expect(shownRows(await fixture.read(table))).toEqual([['=00000001@9006 =00000002@9006']]);
  });

  it('add to what the application added meanwhile', async () => {
    const definition = { columns: { k: 'int', s: 'set<int>', m: 'map<int, text>' }, partitionKey: ['k'] };
    const table = await fixture.table('meanwhile', definition);
    await fixture.cql(`UPDATE ${keyspace}.meanwhile USING TIMESTAMP 1000 SET s = {1}, m = {1: 'a'} WHERE k = 1`);
    const rows = await fixture.read(table);
    await fixture.cql(`UPDATE ${keyspace}.meanwhile USING TIMESTAMP 500 SET s = s + {2} WHERE k = 1`);
    await fixture.cql(
      `UPDATE ${keyspace}.meanwhile USING TIMESTAMP 1500 SET s = s + {3}, m = m + {1: 'new'} WHERE k = 1`,
    );
    await fixture.write(table, rows);
    expect(shownRows(await fixture.read(table))).toEqual([['00000001=@1000 00000003=@1500', '00000001=6e6577@1500']]);
  });
});

describe('user-defined types that are not frozen', () => {
  it('keep every field’s own time and expiry, also when the first is null', async () => {
    await fixture.type('address', { street: 'text', '"Zip': 'int', tags: 'frozen<set<text>>' });
    const definition = { columns: { k: 'int', u: 'address', f: 'frozen<address>' }, partitionKey: ['k'] };
    const table = await fixture.table('udts', definition);
    const name = `${keyspace}.udts`;
    await fixture.cql(
      `INSERT INTO ${name} (k, u, f) VALUES (1, {street: null, """Zip": 7}, {street: null, """Zip": 7}) USING TIMESTAMP 1000`,
    );
    await fixture.cql(`UPDATE ${name} USING TIMESTAMP 2000 SET u.tags = {'a'} WHERE k = 1`);
    await fixture.cql(`INSERT INTO ${name} (k, u) VALUES (2, {street: ''}) USING TIMESTAMP 1000`);
    await fixture.cql(`UPDATE ${name} USING TIMESTAMP 3000 AND TTL 7000 SET u."""Zip" = 1 WHERE k = 2`);
    await fixture.cql(`INSERT INTO ${name} (k, u) VALUES (3, {street: null}) USING TIMESTAMP 1000`);
    const rows = await fixture.read(table);
    const zip = Buffer.from('"Zip').toString('hex');
    const street = Buffer.from('street').toString('hex');
    const tags = Buffer.from('tags').toString('hex');
    expect(shownRows(rows)).toEqual(
      expect.arrayContaining([
        [`${zip}=00000007@1000 ${tags}=000000010000000161@2000`, 'ffffffff0000000400000007ffffffff@1000'],
        [`${street}=@1000 ${zip}=00000001@3000+`, null],
        [null, null],
      ]),
    );
    const twin = await fixture.table('udts_twin', definition);
    await fixture.write(twin, rows);
    expect(roundedExpiry(await fixture.read(twin), rows)).toEqual(rows);

    const untimed = await fixture.read(table, { times: false });
    expect(shownRows(untimed)).toEqual(
      shownRows(rows).map((cells) => cells.map((cell) => cell?.replaceAll(/@\d+\+?/g, '@null') ?? null)),
    );
  });

  it('name a field that the type no longer has', async () => {
    const row: StoredRow = {
      kind: 'row',
      partitionKey: [Buffer.from('00000001', 'hex')],
      clusteringKey: [],
      cells: [
        {
          kind: 'elements',
          elements: [{ key: Buffer.from('gone'), value: Buffer.from('x'), writeTime: 1n, expiresAt: null }],
        },
        null,
      ],
    };
    const table = tableOf('udts', {
      columns: { k: 'int', u: 'address', f: 'frozen<address>' },
      partitionKey: ['k'],
    });
    await expect(fixture.write(table, [row])).rejects.toMatchObject({ code: 'UNKNOWN_FIELD' });
  });
});

/** Rows with the wanted expiry wherever theirs is at most two seconds away: a TTL is whole seconds from when it arrives. */
function roundedExpiry(rows: readonly StoredRow[], wanted: readonly StoredRow[]): StoredRow[] {
  return rows.map((row, rowIndex) => ({
    ...row,
    cells: row.cells.map((cell, index) => {
      const other = wanted[rowIndex]?.cells[index] ?? null;
      if (cell?.kind === 'value' && other?.kind === 'value') return rounded(cell, other);
      if (cell?.kind !== 'elements' || other?.kind !== 'elements') return cell;
      return {
        ...cell,
        elements: cell.elements.map((element, at) => {
          const twin = other.elements[at];
          return twin === undefined ? element : rounded(element, twin);
        }),
      };
    }),
  }));
}

function rounded<T extends { readonly expiresAt: number | null }>(part: T, wanted: { expiresAt: number | null }): T {
  if (part.expiresAt === null || wanted.expiresAt === null) return part;
  return Math.abs(part.expiresAt - wanted.expiresAt) <= 2 ? { ...part, expiresAt: wanted.expiresAt } : part;
}
