import { describe, expect, it } from 'vitest';
import { compileMigration } from '../../src/dsl/compile.ts';
import { copy, migration, t, table } from '../../src/index.ts';
import {
  type Conversions,
  conversions,
  converterOf,
  domainOf,
  domainOfKind,
  scalarKinds,
  verdictOf,
} from '../../src/model/conversion.ts';
import { mysql } from '../../src/mysql.ts';
import { mistakeOf, untyped } from './mistakes.ts';

describe('the conversion table', () => {
  it('names each target once on a line, and every line is somebody’s', () => {
    for (const [domain, line] of Object.entries<Conversions>(conversions)) {
      const named = [...line.exact, ...line.lossless, ...line.function, ...line.lossy];
      expect(new Set(named).size, domain).toBe(named.length);
      expect(named.filter((target) => !scalarKinds.includes(target))).toEqual([]);
      expect(Object.values<string>(domainOfKind), domain).toContain(domain);
    }
  });

  it('says of every type of CQL that it fits itself', () => {
    for (const target of scalarKinds) {
      const domain = domainOf(target);
      expect(domain === null ? null : ['exact', 'lossless'].includes(verdictOf(domain, target)), target).toBe(true);
    }
  });

  it('knows what is lossless, lossy and impossible', () => {
    expect(verdictOf('uint64', 'bigint')).toBe('function');
    expect(verdictOf('uint64', 'varint')).toBe('lossless');
    expect(verdictOf('int64', 'double')).toBe('lossy');
    expect(verdictOf('boolean', 'uuid')).toBe('impossible');
    expect(verdictOf('localTimestamp', 'timestamp')).toBe('lossless');
    expect(domainOf('postgres.array')).toBeNull();
    expect(converterOf('uint64', 'decimal')?.(2n ** 64n)).toBe('18446744073709551616');
    expect(converterOf('uint64', 'varint')).toBeNull();
  });
});

describe('a copy', () => {
  const from = mysql.table('film', {
    connection: 'shop',
    columns: { id: mysql.intUnsigned(), size: mysql.bigint(), name: mysql.text() },
    key: ['id'],
  });
  const columns = { id: t.bigint(), size: t.decimal(), name: t.text() };
  const into = table('films', { columns, partitionKey: ['id'] });

  it('converts without loss by itself', () => {
    const data = [copy({ from, into })];
    const [spec] = compileMigration('1_x', migration({ description: 'x', schema: [into], data })).data;
    if (spec?.kind !== 'copy') throw new Error('it is no copy');
    expect(spec.columns['id']).toEqual({ kind: 'column', from: 'id' });
    const size = spec.columns['size'];
    if (size?.kind !== 'function') throw new Error('it is not converted');
    expect(size.from).toBe('size');
    const run = { startedAt: new Date(0) };
    expect(size.value({ size: -5n }, run)).toBe('-5');
    expect(size.value({ size: null }, run)).toBeUndefined();
  });

  it('asks where something may not fit, or would be lost', () => {
    const odd = table('odd', { columns: { id: t.int(), size: t.double() }, partitionKey: ['id'] });
    expect(mistakeOf(() => copy(untyped({ from, into: odd })))).toContain('MIGRATION_COLUMN_UNFIT');
    const lossy = table('lossy', { columns: { id: t.bigint(), size: t.double() }, partitionKey: ['id'] });
    expect(() => copy(untyped({ from, into: lossy }))).toThrow(
      /it is mysql.bigint, and double is wanted, which would lose/,
    );
  });
});
