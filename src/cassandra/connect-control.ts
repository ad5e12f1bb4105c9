import type { Client, Host } from 'cassandra-driver';

/** The part of the driver's control connection that is met here (4.10, not in its types). */
interface ControlConnection {
  connection: unknown;
  _borrowAConnection(hosts: Iterator<Host>): unknown;
  _refreshControlConnection(hosts: Iterator<Host>): Promise<void>;
}

/**
 * When the driver 4.10 has lost all its nodes it opens a control connection beside the connections that its pools open
 * again, under a second object for the same node, and listens on it twice: with each further loss their number doubles,
 * and no shutdown closes them. Here the control connection waits for the pools, as the driver itself does behind SNI.
 */
export function steadyControlConnection(client: Client): void {
  const control: unknown = Reflect.get(client, 'controlConnection');
  if (!isControlConnection(control)) throw new TypeError('cassandra-driver has another control connection than 4.10');
  control._refreshControlConnection = async (hosts) => {
    control.connection = control._borrowAConnection(hosts);
  };
}

function isControlConnection(value: unknown): value is ControlConnection {
  return (
    typeof value === 'object' &&
    value !== null &&
    '_borrowAConnection' in value &&
    typeof value._borrowAConnection === 'function' &&
    '_refreshControlConnection' in value &&
    typeof value._refreshControlConnection === 'function'
  );
}
