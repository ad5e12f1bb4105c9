import type { Client, Host } from 'cassandra-driver';

/** A connection from before any node is known. */
interface FirstConnection {
  closeAsync(): Promise<unknown>;
}

/** The part of the driver's control connection that is met here (4.10, not in its types). */
interface ControlConnection {
  connection: unknown;
  _borrowAConnection(hosts: Iterator<Host>): unknown;
  _createConnection(contactPoint: string): Promise<FirstConnection>;
  _refreshControlConnection(hosts: Iterator<Host>): Promise<void>;
}

/**
 * When the driver 4.10 has lost all its nodes it opens a control connection beside the connections that its pools open
 * again, under a second object for the same node, and listens on it twice: with each further loss their number doubles,
 * and no shutdown closes them. Here the control connection waits for the pools, as the driver itself does behind SNI.
 */
export function steadyControlConnection(client: Client): void {
  const control = controlOf(client);
  control._refreshControlConnection = async (hosts) => {
    control.connection = control._borrowAConnection(hosts);
  };
}

/**
 * The connections by which the driver asks what nodes there are. It forgets one on which that was not answered, and no
 * shutdown closes it: the process would not end.
 */
export function firstConnections(client: Client): { close(): Promise<void> } {
  const control = controlOf(client);
  const opened: FirstConnection[] = [];
  const create = control._createConnection.bind(control);
  control._createConnection = async (contactPoint) => {
    const connection = await create(contactPoint);
    opened.push(connection);
    return connection;
  };
  return {
    close: async () => {
      await Promise.allSettled(opened.map((connection) => connection.closeAsync()));
    },
  };
}

function controlOf(client: Client): ControlConnection {
  const control: unknown = Reflect.get(client, 'controlConnection');
  if (!isControlConnection(control)) throw new TypeError('cassandra-driver has another control connection than 4.10');
  return control;
}

function isControlConnection(value: unknown): value is ControlConnection {
  return (
    typeof value === 'object' &&
    value !== null &&
    '_borrowAConnection' in value &&
    typeof value._borrowAConnection === 'function' &&
    '_createConnection' in value &&
    typeof value._createConnection === 'function' &&
    '_refreshControlConnection' in value &&
    typeof value._refreshControlConnection === 'function'
  );
}
