import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CopyFixture, copyFixture } from '../copy/copy-fixture.ts';
import { cassandraAddress } from '../support/cassandra.ts';
import { expectToArrive, fuzzed } from './fuzz.ts';
import { cassandraKinds, cassandraStatements, fuzzCassandra } from './fuzz-cassandra.ts';
import { fuzzCsv, fuzzNdjson, fuzzParquet, parquetKinds, writeParquet } from './fuzz-files.ts';

let fixture: CopyFixture;
const there = 'sources_random_there';
beforeAll(async () => {
  const { host, port } = cassandraAddress();
  fixture = await copyFixture('sources_random', {
    addresses: {
      other: {
        kind: 'cluster',
        at: { kind: 'nodes', contactPoints: () => [`${host}:${port}`], localDataCenter: null, tls: null },
        keyspace: there,
        credentials: null,
        consistency: 'LOCAL_QUORUM',
      },
    },
  });
});
afterAll(async () => {
  await fixture.base.cql(`DROP KEYSPACE IF EXISTS ${there}`);
  await fixture.close();
});

describe('random rows of random types arrive as they are', () => {
  it.each([
    ['csv', fuzzCsv],
    ['ndjson', fuzzNdjson],
  ] as const)('from %s', async (name, { kinds, content, from }) => {
    const rows = fuzzed(kinds);
    // of a field between quotes, an empty one is a text, and of one without, null
    await fixture.file(`fuzz.${name}`, content(rows));
    await expectToArrive(fixture, rows, { name: `fuzz_${name}`, from });
  });

  it('from Parquet', async () => {
    const rows = fuzzed(parquetKinds);
    await writeParquet(join(fixture.folder, 'fuzz.parquet'), rows);
    await expectToArrive(fixture, rows, { name: 'fuzz_parquet', from: fuzzParquet });
  });

  it('from another cluster of Cassandra', async () => {
    const rows = fuzzed(cassandraKinds);
    const { cql } = fixture.base;
    await cql(`DROP KEYSPACE IF EXISTS ${there}`);
    await cql(`CREATE KEYSPACE ${there} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`);
    const [create = '', ...inserts] = cassandraStatements(`${there}.fuzz`, rows);
    await cql(create);
    for (let at = 0; at < inserts.length; at += 50) await Promise.all(inserts.slice(at, at + 50).map(cql));
    await expectToArrive(fixture, rows, { name: 'fuzz_cassandra', from: fuzzCassandra });
    expect(rows.columns.length).toBeGreaterThanOrEqual(cassandraKinds.length);
  });
});
