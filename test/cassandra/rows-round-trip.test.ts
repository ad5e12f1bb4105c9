import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoredRow } from '../../src/model/row.ts';
import type { Table } from '../../src/model/schema.ts';
import { cellColumns, type RowsFixture, rowsFixture } from './rows-fixture.ts';

let fixture: RowsFixture;
beforeAll(async () => {
  fixture = await rowsFixture('rows_round_trip');
});
afterAll(async () => {
  await fixture.close();
});

/** Copies a table's rows into a twin as a restore does and gives both. */
async function copied(source: Table): Promise<{ readonly before: StoredRow[]; readonly after: StoredRow[] }> {
  const before = await fixture.read(source);
  const twin = await fixture.table(`${source.name}_twin`, {
    columns: Object.fromEntries(
      source.columns.map((column) => [column.name, `${column.static ? 'static ' : ''}${typeTexts.get(column.type)}`]),
    ),
    partitionKey: source.partitionKey,
    clusteringKey: source.clusteringKey.map((part) => part.column),
    options: source.options,
  });
  await fixture.write(twin, before);
  return { before, after: await fixture.read(twin) };
}
const typeTexts = new Map<unknown, string>();

async function table(name: string, definition: Parameters<RowsFixture['table']>[1]): Promise<Table> {
  const made = await fixture.table(name, definition);
  for (const column of made.columns) {
    typeTexts.set(column.type, (definition.columns[column.name] ?? '').replace(/^static /, ''));
  }
  return made;
}

const hex = (bytes: Uint8Array | null | undefined): string | null =>
  bytes === null || bytes === undefined ? null : Buffer.from(bytes).toString('hex');

function valuesOf(rows: readonly StoredRow[], index: number): (string | null)[] {
  return rows.map((row) => {
    const cell = row.cells[index] ?? null;
    return cell?.kind === 'value' ? hex(cell.bytes) : null;
  });
}

describe('scalars', () => {
  const literals: Readonly<Record<string, readonly string[]>> = {
    ascii: ["''", "'a''b'", "'~'"],
    bigint: ['-9223372036854775808', '9223372036854775807', '0'],
    blob: ['0x', '0x00', '0xff00ff'],
    boolean: ['true', 'false'],
    date: ["'1970-01-01'", "'-5877641-06-23'", '4294967295', '0'],
    decimal: ['0', '-0.00', '1E300', '-1E-300', '123456789012345678901234567890.123456789'],
    double: ['NaN', 'Infinity', '-Infinity', '-0.0', '4.9E-324', '1.7976931348623157E308'],
    duration: ['1y2mo3w4d5h6m7s8ms9us10ns', '-1mo', '0s'],
    float: ['NaN', '-0.0', '1.4E-45', '3.4028235E38'],
    inet: ["'127.0.0.1'", "'::1'", "'2001:db8::ff00:42:8329'"],
    int: ['-2147483648', '2147483647', '0'],
    smallint: ['-32768', '32767'],
    text: ["''", "'grüße 🦊'", "'\n\t'"],
    time: ["'00:00:00'", "'23:59:59.999999999'"],
    timestamp: ['-9223372036854775808', '9223372036854775807', "'1969-12-31T23:59:59.999Z'"],
    timeuuid: ['now()', '50554d6e-29bb-11e5-b345-feff819cdc9f'],
    tinyint: ['-128', '127'],
    uuid: ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 'uuid()'],
    varint: ['0', '-1', '170141183460469231731687303715884105728', '-129'],
  };
  const columns = Object.keys(literals);

  it('keep their bytes and write times at the edges of every type', async () => {
    const source = await table('scalars', {
      columns: { k: 'int', ...Object.fromEntries(columns.map((name) => [`v_${name}`, name])) },
      partitionKey: ['k'],
    });
    let written = 0;
    for (const [name, values] of Object.entries(literals)) {
      for (const value of values) {
        written++;
        await fixture.cql(
          `INSERT INTO rows_round_trip.scalars (k, v_${name}) VALUES (${written}, ${value}) USING TIMESTAMP ${1_000_000 + written}`,
        );
      }
    }
    const { before, after } = await copied(source);
    expect(before).toHaveLength(written);
    expect(after).toEqual(before);
    const bigint = cellColumns(source).indexOf('v_bigint');
    expect(
      valuesOf(before, bigint)
        .filter((value) => value !== null)
        .sort(),
    ).toEqual(['0000000000000000', '7fffffffffffffff', '8000000000000000']);
    const text = valuesOf(before, cellColumns(source).indexOf('v_text')).filter((value) => value !== null);
    expect(text.sort()).toEqual(['', '0a09', hex(Buffer.from('grüße 🦊'))]);
  });

  it('keep values of no bytes apart from nulls, also where the type has no such value', async () => {
    const source = await table('hollow', {
      columns: { k: 'int', i: 'int', b: 'boolean', u: 'uuid', t: 'text' },
      partitionKey: ['k'],
    });
    await fixture.cql(
      "INSERT INTO rows_round_trip.hollow (k, i, b, u, t) VALUES (1, blobAsInt(0x), blobAsBoolean(0x), blobAsUuid(0x), '') USING TIMESTAMP 5",
    );
    await fixture.cql('INSERT INTO rows_round_trip.hollow (k) VALUES (2) USING TIMESTAMP 5');
    const { before, after } = await copied(source);
    expect(after).toEqual(before);
    const cells = before.map((row) => row.cells.map((cell) => (cell?.kind === 'value' ? hex(cell.bytes) : cell)));
    expect(cells).toContainEqual(['', '', '', '']);
    expect(cells).toContainEqual([null, null, null, null]);
  });

  it('are right as keys of every type', async () => {
    const names = columns.filter((name) => name !== 'duration');
    const [partitionKey, clusteringKey] = ['p', 'c'].map((prefix) => names.map((name) => `${prefix}_${name}`));
    const source = await table('keys', {
      columns: {
        ...Object.fromEntries(names.map((name) => [`p_${name}`, name])),
        ...Object.fromEntries(names.map((name) => [`c_${name}`, name])),
        v: 'int',
      },
      partitionKey: partitionKey ?? [],
      clusteringKey: clusteringKey ?? [],
    });
    const keys = [...(partitionKey ?? []), ...(clusteringKey ?? [])];
    for (let row = 0; row < 12; row++) {
      const literal = (name: string, index: number): string => {
        const values = literals[name] ?? [];
        return values[index % values.length] ?? '';
      };
      // two clustering keys in every partition
      const values = [...names.map((name) => literal(name, row >> 1)), ...names.map((name) => literal(name, row))];
      await fixture.cql(
        `INSERT INTO rows_round_trip.keys (${keys.join(', ')}, v) VALUES (${values.join(', ')}, ${row}) USING TIMESTAMP 7`,
      );
    }
    const { before, after } = await copied(source);
    expect(before).toHaveLength(12);
    expect(after).toEqual(before);
  });
});
