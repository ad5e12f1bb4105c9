import { createRequire } from 'node:module';
import type { Client, QueryOptions } from 'cassandra-driver';
import { CqlformError } from '../kernel/errors.ts';

/*
 * Requests whose frames are made here, over the driver's own connections.
 *
 * The driver makes a frame out of one object per value; that is most of what writing costs the client. Its request
 * handler asks a request only for `write` (the frame for a stream) and `clone`, and does everything else: it chooses the
 * host, waits for the answer, times out, prepares a statement again that the server has forgotten. So a request that
 * makes its own frame is handed to that handler. The driver's version is pinned; a driver that looks different is refused
 * before anything is sent (`DRIVER_UNSUPPORTED`).
 */

/** Makes the frame each time it is sent; what it is made of must not change until the request is answered. */
export interface OwnFrame {
  /** Header and body in protocol version 3 or 4; the driver copies them at once, so they may be overwritten later. */
  frame(version: number, stream: number): Buffer;
}

export interface OwnRequests {
  /** The id of a prepared statement; prepared when it is not yet. */
  prepare(text: string): Promise<Buffer>;
  /** Resolves when the server has acknowledged. Errors are the driver's own. */
  send(frame: OwnFrame, options: QueryOptions): Promise<void>;
}

/** The parts of the driver's `lib` that are leaned on. */
interface DriverRequest {
  write(encoder: { readonly protocolVersion: number }, stream: number): Buffer;
  clone(): DriverRequest;
}
interface ExecutionOptions {
  getLoadBalancingPolicy(): unknown;
}
interface Parts {
  readonly Request: new () => object;
  send(request: DriverRequest, options: ExecutionOptions, client: Client): unknown;
  prepared(client: Client, policy: unknown, text: string): unknown;
  options(given: QueryOptions, client: Client): ExecutionOptions;
}

export function ownRequests(client: Client): OwnRequests {
  const { Request, send, prepared, options } = driverParts();
  class OwnRequest extends Request implements DriverRequest {
    readonly own: OwnFrame;
    length = 0;

    constructor(own: OwnFrame) {
      super();
      this.own = own;
    }

    write({ protocolVersion }: { readonly protocolVersion: number }, stream: number): Buffer {
      if (protocolVersion !== 3 && protocolVersion !== 4) throw unsupported(`speaks protocol ${protocolVersion}`);
      const frame = this.own.frame(protocolVersion, stream);
      this.length = frame.length - headerBytes;
      return frame;
    }

    clone(): OwnRequest {
      return new OwnRequest(this.own);
    }
  }
  const policy = options({}, client).getLoadBalancingPolicy();
  return {
    prepare: async (text) => {
      const found = await prepared(client, policy, text);
      if (typeof found !== 'object' || found === null || !('queryId' in found) || !Buffer.isBuffer(found.queryId)) {
        throw unsupported('gave no id for a prepared statement');
      }
      return found.queryId;
    },
    send: async (frame, given) => {
      await send(new OwnRequest(frame), options(given, client), client);
    },
  };
}

const headerBytes = 9;
let known: Parts | null = null;

function driverParts(): Parts {
  known ??= findParts();
  return known;
}

function findParts(): Parts {
  const Request = part('requests', 'Request');
  if (!isClassOfRequests(Request)) throw unsupported('has no class Request where it had one');
  const handler = part('request-handler');
  const prepare = part('prepare-handler');
  const create = part('execution-options', 'DefaultExecutionOptions');
  const [send, prepared, options] = [method(handler, 'send'), method(prepare, 'getPrepared'), method(create, 'create')];
  return {
    Request,
    send: (...given) => send(...given),
    prepared: (client, policy, text) => prepared(client, policy, text, client.keyspace),
    options: (...given) => {
      const made = options(...given);
      if (!isExecutionOptions(made)) throw unsupported('has other execution options');
      return made;
    },
  };
}

/** What a file of the driver's `lib` exports, or a part of it. */
function part(file: string, name: string | null = null): unknown {
  const module: unknown = createRequire(import.meta.url)(`cassandra-driver/lib/${file}.js`);
  return name === null ? module : propertyOf(module, name);
}

function method(holder: unknown, name: string): (...given: readonly unknown[]) => unknown {
  const value = propertyOf(holder, name);
  if (typeof value !== 'function') throw unsupported(`has no method ${name} where it had one`);
  return (...given) => Reflect.apply(value, holder, given) as unknown;
}

function propertyOf(holder: unknown, name: string): unknown {
  if ((typeof holder !== 'object' && typeof holder !== 'function') || holder === null) return undefined;
  return Reflect.get(holder, name) as unknown;
}

function isClassOfRequests(value: unknown): value is new () => object {
  const prototype = propertyOf(value, 'prototype');
  return ['write', 'clone'].every((name) => typeof propertyOf(prototype, name) === 'function');
}

function isExecutionOptions(value: unknown): value is ExecutionOptions {
  return typeof propertyOf(value, 'getLoadBalancingPolicy') === 'function';
}

function unsupported(what: string): CqlformError {
  return new CqlformError('DRIVER_UNSUPPORTED', `cassandra-driver ${what}, unlike version 4.10`, {
    next: 'Install the version of cassandra-driver that cqlform names in its package.json.',
  });
}
