import { type Client, type ExecutionOptions, type Host, type HostMap, policies, type types } from 'cassandra-driver';
import { CqlformError } from '../kernel/errors.ts';

/**
 * Token-aware requests to the nodes of one data centre: the one named, else the one of the node that answered first.
 * The driver's own policy wants the name before it has met the cluster.
 */
export class LocalDataCenterPolicy extends policies.loadBalancing.LoadBalancingPolicy {
  readonly #wanted: string | undefined;
  #inner: policies.loadBalancing.LoadBalancingPolicy | undefined;
  #localDataCenter = '';

  constructor(wanted: string | undefined) {
    super();
    this.#wanted = wanted;
  }

  /** Known once the client is connected. */
  get localDataCenter(): string {
    return this.#localDataCenter;
  }

  override init(client: Client, hosts: HostMap, callback: (error: Error) => void): void {
    const there = [...new Set(hosts.values().map((host) => host.datacenter))].sort();
    const wanted = this.#wanted ?? client.getState().getConnectedHosts()[0]?.datacenter ?? there[0] ?? '';
    if (!there.includes(wanted)) {
      callback(
        new CqlformError(
          'DATA_CENTER_UNKNOWN',
          `The cluster has no data center ${wanted}; it has ${there.join(', ')}.`,
          {
            next: 'Name one of these as localDataCenter, or leave it out to use that of the first node that answers.',
            fields: { dataCenter: wanted, dataCenters: there },
          },
        ),
      );
      return;
    }
    this.#localDataCenter = wanted;
    this.#inner = new policies.loadBalancing.DefaultLoadBalancingPolicy({ localDc: wanted });
    this.#inner.init(client, hosts, callback);
  }

  override getDistance(host: Host): types.distance {
    return this.#ready().getDistance(host);
  }

  override newQueryPlan(
    keyspace: string,
    executionOptions: ExecutionOptions,
    callback: (error: Error, iterator: Iterator<Host>) => void,
  ): void {
    this.#ready().newQueryPlan(keyspace, executionOptions, callback);
  }

  override getOptions(): Map<string, object> {
    return new Map();
  }

  #ready(): policies.loadBalancing.LoadBalancingPolicy {
    if (this.#inner === undefined) throw new TypeError('the policy is asked before the client is connected');
    return this.#inner;
  }
}
