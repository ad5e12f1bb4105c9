import { describe, expect, it } from 'vitest';
import { areDistinct } from '../../src/copy/refuse-collisions.ts';
import { compileMigration } from '../../src/dsl/compile.ts';
import { copy, migration, t, table } from '../../src/index.ts';
import { postgres } from '../../src/postgres.ts';

interface Options {
  readonly catalogue?: boolean;
  readonly fractions?: 'truncate';
}

/** Of a table of people by a moment, whether its rows can meet in `into`. */
function distinct(
  into: 'same' | 'coarse' | 'by name' | 'made',
  { catalogue = true, ...options }: Options = {},
): boolean {
  const columns = { at: postgres.timestamptz(), no: postgres.bigint(), name: postgres.text() };
  const from = postgres.table('people', {
    connection: 'shop',
    columns,
    key: into === 'coarse' ? ['at'] : ['no'],
    notNull: ['at', 'no', 'name'],
    ...options,
  });
  const target = (key: 'at' | 'no' | 'name') =>
    table('people', { columns: { at: t.timestamp(), no: t.varint(), name: t.text() }, partitionKey: [key] });
  const people = target(into === 'coarse' ? 'at' : into === 'by name' ? 'name' : 'no');
  const made = { from, into: people, columns: { no: ({ no }: { readonly no: bigint }) => no / 2n } };
  const data = [into === 'made' ? copy(made) : copy({ from, into: people })];
  const compiledAll = compileMigration(
    '20260101000000_people',
    migration({ description: 'x', schema: [people], data }),
  );
  const [compiled] = compiledAll.data;
  if (compiled?.from.kind !== 'foreign') throw new Error('there is no copy');
  return areDistinct(compiled, compiled.from, {
    rows: null,
    bytes: null,
    missing: [],
    identity: '',
    distinct: catalogue,
  });
}

describe('rows cannot meet', () => {
  it.each([
    ['a unique key goes into the target as it is', distinct('same'), true],
    ['the catalogue has no such key', distinct('same', { catalogue: false }), false],
    ['the target has another key', distinct('by name'), false],
    ['a function makes the key', distinct('made'), false],
    ['digits of the key are left out', distinct('coarse', { fractions: 'truncate' }), false],
    ['digits of the key are refused', distinct('coarse'), true],
  ] as const)('only where %s', (_when, found, wanted) => expect(found).toBe(wanted));
});
