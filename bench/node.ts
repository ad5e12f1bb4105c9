import { Client } from 'cassandra-driver';
import { devDown } from '../src/devcluster/down.ts';
import { devUp } from '../src/devcluster/up.ts';

/** The node that a benchmark works on. */
export interface BenchNode {
  readonly host: string;
  readonly port: string;
  readonly client: Client;
  /** Null where the node is not the benchmark's own. */
  readonly pid: number | null;
  /** Stops it, if it is the benchmark's own; its data goes with `purge`. */
  end(options: { readonly purge: boolean }): Promise<void>;
}

/** One that is started in a folder, or the running one that `CQLFORM_TEST_CASSANDRA=host:port` names. */
export async function benchNode(folder: string): Promise<BenchNode> {
  const named = /^(.+):(\d+)$/.exec(process.env['CQLFORM_TEST_CASSANDRA'] ?? '');
  const own = named === null ? await devUp({ folder, ports: 'any' }) : null;
  const [first] = own?.nodes ?? [];
  const [host, port] = [first?.address ?? named?.[1] ?? '', String(first?.port ?? named?.[2])];
  const client = new Client({
    contactPoints: [`${host}:${port}`],
    localDataCenter: own?.localDataCenter ?? 'datacenter1',
    socketOptions: { readTimeout: 300_000 },
  });
  return {
    host,
    port,
    client,
    pid: first?.pid ?? null,
    end: async ({ purge }) => {
      await client.shutdown();
      if (own !== null) await devDown({ folder, ...(purge ? { purge } : {}) });
    },
  };
}
