import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What happens to a call on its way; `pass`: nothing. */
export type Fault =
  | 'pass'
  /** No answer at all. */
  | 'hang'
  /** The connection breaks before the server hears of it. */
  | 'refuse'
  /** The server does it, and the connection breaks before it can say so. */
  | 'lose-answer'
  /** The connection breaks after half of the body. */
  | 'half-answer'
  | { readonly status: number; readonly body: string };

export interface HttpFaultProxy extends AsyncDisposable {
  readonly endpoint: string;
  /** Every call so far, as `GET /path`. */
  readonly calls: readonly string[];
  /** Asked of each call that comes from now on. */
  judge(judge: (call: string, headers: IncomingHttpHeaders) => Fault): void;
}

/** Stands in front of a real server, passes everything on as it is, and does what it is told. */
export async function httpFaultProxy(target: string): Promise<HttpFaultProxy> {
  let judge: (call: string, headers: IncomingHttpHeaders) => Fault = () => 'pass';
  const calls: string[] = [];
  const server = createServer((incoming, outgoing) => {
    const call = `${incoming.method} ${incoming.url}`;
    calls.push(call);
    const fault = judge(call, incoming.headers);
    if (fault === 'refuse') incoming.socket.destroy();
    else if (typeof fault === 'object') say(incoming, outgoing, fault);
    else if (fault !== 'hang') forward({ incoming, outgoing, target }, fault);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    judge: (next) => {
      judge = next;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function say(incoming: IncomingMessage, outgoing: ServerResponse, answer: { status: number; body: string }): void {
  incoming.resume();
  incoming.once('end', () => outgoing.writeHead(answer.status, { 'content-type': 'application/xml' }).end(answer.body));
}

interface Passing {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly target: string;
}

function forward({ incoming, outgoing, target }: Passing, fault: 'pass' | 'lose-answer' | 'half-answer'): void {
  // A connection for each call: some servers serve one connection at a time.
  const headers = { ...incoming.headers, connection: 'close' };
  const onward = request(`${target}${incoming.url}`, { agent: false, method: incoming.method ?? 'GET', headers });
  onward.on('response', (answer) => {
    if (fault === 'lose-answer') {
      answer.resume();
      answer.once('end', () => incoming.socket.destroy());
      return;
    }
    outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    if (fault === 'half-answer') {
      answer.once('data', (chunk: Buffer) => {
        outgoing.write(chunk.subarray(0, chunk.length / 2), () => incoming.socket.destroy());
      });
      answer.once('end', () => incoming.socket.destroy());
    } else {
      answer.pipe(outgoing);
    }
  });
  onward.on('error', () => incoming.socket.destroy());
  incoming.pipe(onward);
}
