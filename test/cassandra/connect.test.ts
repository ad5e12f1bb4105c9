import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { connect } from '../../src/cassandra/connect.ts';
import { openCluster } from '../../src/cassandra/open.ts';
import { systemClock } from '../../src/cassandra/system-clock.ts';
import { cassandraAddress } from '../support/cassandra.ts';
import { faultProxy } from './fault-proxy.ts';
import { nodeAddress, openHalf, thrownBy } from './schema-fixture.ts';

describe('connecting', () => {
  it('finds the data center of the node that answers', async () => {
    const connection = await connect({ contactPoints: [nodeAddress()] });
    expect(connection.address).toBe(nodeAddress());
    expect(connection.localDataCenter).toBe(cassandraAddress().localDataCenter);
    await connection.shutdown();
    await connection.shutdown();
  });

  it('takes the next contact point when one does not answer', async () => {
    const connection = await connect({ contactPoints: ['no-such-host.invalid', nodeAddress()] });
    expect(connection.address).toBe(nodeAddress());
    await connection.shutdown();
  });

  it('names every address that cannot be reached, with its reason', async () => {
    const thrown = await thrownBy(connect({ contactPoints: ['127.0.0.1:1', 'no-such-host.invalid:9042'] }));
    expect(thrown).toMatchObject({
      code: 'CLUSTER_UNREACHABLE',
      retryable: true,
      next: expect.stringContaining('cqlform dev up'),
      fields: {
        attempts: [
          '127.0.0.1:1: connection refused, nothing listens there',
          expect.stringMatching(/^no-such-host\.invalid:9042: its name (does not resolve|cannot be resolved now)$/),
        ],
      },
    });
  });

  it('gives up on a node that takes the connection and says nothing', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const address = silent.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const thrown = await thrownBy(
      connect({ contactPoints: [`127.0.0.1:${address.port}`], connectTimeoutMs: 500, requestTimeoutMs: 500 }),
    );
    expect(thrown).toMatchObject({
      code: 'CLUSTER_UNREACHABLE',
      fields: { attempts: [expect.stringContaining('no answer in time')] },
    });
    silent.close();
  });

  it('leaves no connection open to a node that greets and then says nothing', async () => {
    await using node = await faultProxy(cassandraAddress());
    node.stallAfter(2);
    const options = { contactPoints: [node.address], connectTimeoutMs: 2_000, requestTimeoutMs: 500 };
    expect(await thrownBy(connect(options))).toMatchObject({ code: 'CLUSTER_UNREACHABLE' });
    await expect.poll(() => node.open).toBe(0);
  });

  it('refuses a data center that the cluster does not have, naming those it has', async () => {
    const { localDataCenter } = cassandraAddress();
    const thrown = await thrownBy(connect({ contactPoints: [nodeAddress()], localDataCenter: 'mars' }));
    expect(thrown).toMatchObject({ code: 'DATA_CENTER_UNKNOWN', fields: { dataCenters: [localDataCenter] } });
    expect(String(thrown)).toContain(localDataCenter);
  });

  it.each([1, 2])('keeps %i connections to a node that drops them again and again', async (connectionsPerNode) => {
    await using proxy = await faultProxy(cassandraAddress());
    const connection = await connect({ contactPoints: [proxy.address], connectionsPerNode });
    const answered = async (): Promise<string> =>
      connection.client.execute('SELECT key FROM system.local').then(() => 'yes', String);
    for (let round = 0; round < 8; round++) {
      proxy.cut();
      await expect.poll(answered, { timeout: 10_000, interval: 20 }).toBe('yes');
    }
    const [host] = connection.client.hosts.values();
    const state = connection.client.getState();
    expect(connection.client.hosts.length).toBe(1);
    await expect.poll(() => (host === undefined ? 0 : state.getOpenConnections(host))).toBe(connectionsPerNode);
    expect(proxy.open).toBe(connectionsPerNode);
    await connection.shutdown();
    await expect.poll(() => proxy.open, { timeout: 5_000 }).toBe(0);
  });
});

describe('opening a cluster', () => {
  const options = {
    contactPoints: [] as readonly string[],
    localDataCenter: null,
    credentials: null,
    tls: null,
    keyspace: 'test_open',
    ledgerKeyspace: 'test_open_ledger',
  };

  it('wires both halves, and closes them', async () => {
    const opened = await openCluster({ ...options, contactPoints: [nodeAddress()] });
    expect(await opened.cluster.describe('test_open')).toMatchObject({ exists: false });
    expect(opened.rows.split(4)).toHaveLength(4);
    expect(await opened.journal.entries()).toEqual([]);
    expect(opened.clusterStore('test_open').name).toBe('cluster:test_open');
    await opened.close();
    await opened.close();
  });

  it('resolves secrets only then, and tells a missing TLS file', async () => {
    const secret = (): string => {
      throw new TypeError('resolved');
    };
    const credentials = { username: secret, password: secret };
    expect(String(await thrownBy(openCluster({ ...options, contactPoints: [nodeAddress()], credentials })))).toContain(
      'resolved',
    );
    const tls = { ca: '/no/such/ca.pem', cert: null, key: null, verify: true, serverName: null };
    expect(await thrownBy(openCluster({ ...options, contactPoints: [nodeAddress()], tls }))).toMatchObject({
      code: 'TLS_FILE_UNREADABLE',
    });
  });

  it('that does not speak TLS is told as unreachable', async () => {
    const thrown = await thrownBy(connect({ contactPoints: [nodeAddress()], tls: {}, connectTimeoutMs: 2_000 }));
    expect(thrown).toMatchObject({
      code: 'CLUSTER_UNREACHABLE',
      message: expect.stringMatching(/: this port does not speak TLS; take `tls` out of the configuration/),
    });
  });
});

describe('a port that wants TLS', () => {
  it('is told from one where nothing answers', async () => {
    // It has no certificate, so that every handshake ends in an alert, which is TLS all the same.
    const server = createTlsServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const thrown = await thrownBy(connect({ contactPoints: [`127.0.0.1:${port}`], connectTimeoutMs: 2_000 }));
    server.close();
    expect(thrown).toMatchObject({
      code: 'CLUSTER_UNREACHABLE',
      message: expect.stringContaining(`127.0.0.1:${port}: this port speaks TLS; set \`tls\` in the configuration`),
    });
  });
});

describe('the health of a single node', () => {
  it('is up, with its version and schema', async () => {
    await using half = await openHalf({ keyspace: 'none' });
    expect(await half.cluster.health()).toEqual([
      {
        address: nodeAddress(),
        dataCenter: cassandraAddress().localDataCenter,
        version: expect.stringMatching(/^\d+\.\d+/),
        up: true,
        schemaVersion: expect.stringMatching(/^[0-9a-f-]{36}$/),
      },
    ]);
    expect(await half.cluster.agree(1_000)).toBeLessThan(1_000);
  });
});

describe('the system clock', () => {
  it('never gives the same microsecond twice, and stays with the wall clock', async () => {
    const stamps = Array.from({ length: 5_000 }, () => systemClock.micros());
    expect(stamps.every((stamp, index) => index === 0 || stamp > (stamps[index - 1] ?? 0n))).toBe(true);
    await systemClock.sleep(20);
    const drift = Number(systemClock.micros() / 1000n) - systemClock.now().getTime();
    expect(Math.abs(drift)).toBeLessThan(50);
    const start = systemClock.monotonic();
    await systemClock.sleep(30);
    expect(systemClock.monotonic() - start).toBeGreaterThanOrEqual(29);
    const aborted = systemClock.sleep(60_000, AbortSignal.timeout(10));
    await expect(aborted).rejects.toThrow();
  });
});
