import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDigest } from '../../src/cql/digest.ts';
import type { StoredRow } from '../../src/model/row.ts';
import type { Table } from '../../src/model/schema.ts';
import { cellColumns, type RowsFixture, rowsFixture } from './rows-fixture.ts';

const keyspace = 'rows_random';
let fixture: RowsFixture;
beforeAll(async () => {
  fixture = await rowsFixture(keyspace);
  await fixture.type('pair', { x: 'int', y: 'text' });
});
afterAll(async () => {
  await fixture.close();
});

/** A small generator whose whole sequence follows from the seed (mulberry32). */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (((mixed ^ (mixed >>> 14)) >>> 0) % 2 ** 32) % below;
  };
}

const definition = {
  columns: {
    k: 'int',
    c: 'int',
    st: 'static text',
    ss: 'static set<int>',
    a: 'int',
    b: 'text',
    l: 'list<int>',
    s: 'set<text>',
    m: 'map<int, text>',
    u: 'pair',
    f: 'frozen<map<int, frozen<list<text>>>>',
    t: 'tuple<int, text>',
  },
  partitionKey: ['k'],
  clusteringKey: ['c'],
};

/** Something that an application may write: any column in any way it can be written, at any time, with or without TTL. */
function randomStatement(random: (below: number) => number, table: string): string {
  const pick = (...choices: readonly string[]): string => choices[random(choices.length)] ?? '';
  const int = (): string => String(random(5) - 2);
  const text = (): string => `'${pick('', 'a', 'ü', 'long '.repeat(10))}'`;
  const key = `k = ${random(6)}`;
  const row = `${key} AND c = ${random(4)}`;
  const at = `TIMESTAMP ${1_000_000 + random(40)}`;
  const using = `USING ${at}${random(4) === 0 ? ` AND TTL ${5000 + random(3) * 1000}` : ''}`;
  const set = pick(
    `a = ${int()}`,
    'a = null',
    `b = ${text()}`,
    `a = ${int()}, b = ${text()}`,
    `l = [${int()}, ${int()}]`,
    `l = l + [${int()}]`,
    'l = null',
    `s = {${text()}, ${text()}}`,
    `s = s + {${text()}}`,
    `m = {${int()}: ${text()}}`,
    `m = m + {${int()}: ${text()}}`,
    `u = {x: ${int()}, y: null}`,
    `u.y = ${text()}`,
    `u.x = null`,
    `f = {${int()}: [${text()}]}`,
    `t = (${int()}, null)`,
  );
  switch (random(12)) {
    case 0:
      return `DELETE FROM ${table} USING ${at} WHERE ${row}`;
    case 1:
      return `INSERT INTO ${table} (k, c) VALUES (${random(6)}, ${random(4)}) ${using}`;
    case 2:
      return `UPDATE ${table} ${using} SET ${pick(`st = ${text()}`, `ss = ss + {${int()}}`, 'ss = null')} WHERE ${key}`;
    case 3:
      return `INSERT INTO ${table} (k, c, a, b) VALUES (${random(6)}, ${random(4)}, ${int()}, ${text()}) ${using}`;
    default:
      return `UPDATE ${table} ${using} SET ${set} WHERE ${row}`;
  }
}

/** A list is written whole at the time of its newest element; a TTL is whole seconds from when it arrives. */
function normal(rows: readonly StoredRow[], table: Table): StoredRow[] {
  const expiry = (at: number | null): number | null => (at === null ? null : Math.round((at - start) / 500));
  return rows.map((row) => {
    const names = cellColumns(table).filter(
      (name) => definition.columns[name as 'a'].startsWith('static') === (row.kind === 'static'),
    );
    const cells = row.cells.map((cell, index) => {
      if (cell?.kind === 'value') return { ...cell, expiresAt: expiry(cell.expiresAt) };
      if (cell?.kind !== 'elements') return cell;
      const times = cell.elements.map((element) => element.writeTime ?? 0n);
      const newest = times.reduce((newer, time) => (time > newer ? time : newer), 0n);
      const elements = cell.elements.map((element) => ({
        ...element,
        writeTime: names[index] === 'l' ? newest : element.writeTime,
        expiresAt: expiry(element.expiresAt),
      }));
      return { ...cell, elements };
    });
    return { ...row, cells };
  });
}
const start = Math.floor(Date.now() / 1000);

function digestOf(rows: readonly StoredRow[], table: Table): unknown {
  const cells = new Set(cellColumns(table));
  const digest = createDigest(table.columns.filter((column) => cells.has(column.name)));
  for (const row of rows) digest.add(row);
  return digest.state();
}

describe('whatever an application wrote', () => {
  it.each([1, 2, 3, 4])('comes back from a copy, also from one that was interrupted (seed %i)', async (seed) => {
    const random = randomFrom(seed);
    const source = await fixture.table(`source_${seed}`, definition);
    for (let count = 0; count < 150; count++) {
      await fixture.cql(randomStatement(random, `${keyspace}.source_${seed}`));
    }
    const before = await fixture.read(source);
    expect(before.length).toBeGreaterThan(10);

    const twin = await fixture.table(`twin_${seed}`, definition);
    await fixture.write(twin, before);
    const after = await fixture.read(twin);
    expect(normal(after, twin)).toEqual(normal(before, source));
    expect(digestOf(after, twin)).toEqual(digestOf(before, source));

    const interrupted = await fixture.table(`interrupted_${seed}`, definition);
    await fixture.write(interrupted, before.slice(0, Math.ceil(before.length / 2)), { attempt: 0 });
    await fixture.write(interrupted, before, { attempt: 1 });
    const resumed = await fixture.read(interrupted);
    expect(digestOf(resumed, interrupted)).toEqual(digestOf(before, source));

    const fixed = await fixture.table(`fixed_${seed}`, definition);
    for (const attempt of [1, 2])
      await fixture.write(fixed, before, { attempt, policy: { kind: 'fixed', at: 5_000_000n } });
    expect(digestOf(await fixture.read(fixed), fixed)).toEqual(digestOf(before, source));
  });
});
