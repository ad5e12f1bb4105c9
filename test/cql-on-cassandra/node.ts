import { Client } from 'cassandra-driver';
import { cassandraAddress } from '../support/cassandra.ts';

/** A connection to the test run's Cassandra and a keyspace that is empty when the test begins and gone when it ends. */
export interface TestKeyspace extends AsyncDisposable {
  readonly client: Client;
  readonly name: string;
  /** Sends one statement as it is; throws the server's refusal together with the statement. */
  run(cql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

export async function testKeyspace(name: string): Promise<TestKeyspace> {
  const { host, port, localDataCenter } = cassandraAddress();
  const client = new Client({
    contactPoints: [`${host}:${port}`],
    localDataCenter,
    socketOptions: { readTimeout: 30_000 },
  });
  await client.connect();
  const run: TestKeyspace['run'] = async (cql) => {
    const result = await client.execute(cql).catch((error: unknown) => {
      throw new Error(`${String(error)}\nwhile executing: ${cql}`, { cause: error });
    });
    return (result.rows ?? []).map((row) => ({ ...row }));
  };
  await run(`DROP KEYSPACE IF EXISTS ${name}`);
  await run(`CREATE KEYSPACE ${name} WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}`);
  return {
    client,
    name,
    run,
    [Symbol.asyncDispose]: async () => {
      await run(`DROP KEYSPACE IF EXISTS ${name}`);
      await client.shutdown();
    },
  };
}
