import { connect, createServer, type Socket } from 'node:net';

/** A node behind a line that can be stalled and cut. It listens on a port of its own. */
export interface FaultProxy extends AsyncDisposable {
  readonly address: string;
  /** How many connections there are. */
  readonly open: number;
  /** What the node answers is held back; what it is sent gets through. */
  stall(): void;
  /** The same, from so many answers on each connection on. */
  stallAfter(answers: number): void;
  /** Lets through what was held back. */
  flow(): void;
  /** What the node answers gets through at so many bytes a second on each connection; null: as fast as it comes. */
  slow(bytesPerSecond: number | null): void;
  /** Closes every connection; new ones are taken. */
  cut(): void;
}

export async function faultProxy(node: { readonly host: string; readonly port: number }): Promise<FaultProxy> {
  const lines = new Set<{ readonly client: Socket; readonly server: Socket }>();
  let stalled = false;
  let pace: number | null = null;
  let most = Number.POSITIVE_INFINITY;
  const listener = createServer((client) => {
    const server = connect(node.port, node.host);
    const line = { client, server };
    lines.add(line);
    client.pipe(server);
    let answers = 0;
    server.on('data', (chunk) => {
      client.write(chunk);
      answers += 1;
      if (answers >= most) server.pause();
      if (pace === null) return;
      server.pause();
      setTimeout(() => stalled || server.resume(), (chunk.length / pace) * 1000);
    });
    if (stalled) server.pause();
    const end = (): void => {
      lines.delete(line);
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) socket.on('error', end).on('close', end);
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const bound = listener.address();
  if (bound === null || typeof bound === 'string') throw new Error('the proxy listens on no port');
  const cut = (): void => {
    for (const { client, server } of lines) {
      client.destroy();
      server.destroy();
    }
  };
  return {
    address: `127.0.0.1:${bound.port}`,
    get open() {
      return lines.size;
    },
    stall: () => {
      stalled = true;
      for (const { server } of lines) server.pause();
    },
    stallAfter: (answers) => {
      most = answers;
    },
    flow: () => {
      stalled = false;
      most = Number.POSITIVE_INFINITY;
      for (const { server } of lines) server.resume();
    },
    slow: (bytesPerSecond) => {
      pace = bytesPerSecond;
    },
    cut,
    [Symbol.asyncDispose]: async () => {
      cut();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}
