import { connect, type Socket } from 'node:net';
import { type FramedRows, rowHead, writeFrame } from '../../src/cassandra/write-frame.ts';
import { RowBlock } from '../../src/cql/row-block.ts';
import { parseType } from '../../src/cql/type-text.ts';
import type { Table } from '../../src/model/schema.ts';
import { createOpenBlocks } from '../../src/sources/open.ts';
import { columnNames, columns } from './data.ts';

/**
 * The ceiling of a load: every batch is encoded beforehand, then nothing is done but send frames over one socket and
 * count answers, 64 in flight. `node bench/load/raw-frames.ts FILE HOST PORT KEYSPACE` prints JSON.
 */

const [file = '', host = '', port = '', keyspace = ''] = process.argv.slice(2);
const windowRows = 262_144;
const batchRows = 128;
const inFlight = 64;
const one = 1;

const types = new Map(
  columns
    .split(', PRIMARY')[0]
    ?.split(', ')
    .map((part) => part.split(' ') as [string, string]),
);
const table: Table = {
  kind: 'table',
  name: 'readings',
  columns: columnNames.map((name) => ({ name, type: parseType(types.get(name) ?? ''), static: false })),
  partitionKey: ['device', 'day'],
  clusteringKey: ['at', 'owner'].map((column) => ({ column, order: 'asc' as const })),
  options: {},
};

/** Overloaded, and a write that timed out. */
const busy: readonly number[] = [0x1001, 0x1100];

class Frames {
  readonly #socket: Socket;
  #rest: Buffer = Buffer.alloc(0);
  #answer: (opcode: number, body: Buffer, stream: number) => void = () => undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
  }

  async ask(opcode: number, body: Buffer): Promise<{ readonly opcode: number; readonly body: Buffer }> {
    const header = Buffer.from([4, 0, 0, 0, opcode, 0, 0, 0, 0]);
    header.writeInt32BE(body.length, 5);
    const answered = new Promise<{ opcode: number; body: Buffer }>((resolve) => {
      this.#answer = (kind, answer) => resolve({ opcode: kind, body: answer });
    });
    this.#socket.write(Buffer.concat([header, body]));
    return answered;
  }

  /** Sends all, so many at a time, each on whichever stream is free; again those that the server was too busy for. */
  async sendAll(frames: readonly Buffer[]): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      let [sent, answered] = [0, 0];
      const underWay = new Map<number, Buffer>();
      const next = (): void => {
        const frame = frames[sent];
        if (frame === undefined) return;
        sent += 1;
        underWay.set(frame.readInt16BE(2), frame);
        this.#socket.write(frame);
      };
      this.#answer = (opcode, body, stream) => {
        const frame = underWay.get(stream);
        if (opcode === 0 && frame !== undefined && busy.includes(body.readInt32BE(0))) {
          this.#socket.write(frame);
          return;
        }
        if (opcode === 0) reject(new Error(body.toString('utf8', 6)));
        underWay.delete(stream);
        answered += 1;
        if (answered === frames.length) resolve();
        else next();
      };
      this.#socket.cork();
      for (let first = 0; first < inFlight; first += 1) next();
      this.#socket.uncork();
    });
  }

  #take(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (at + 9 <= bytes.length) {
      const end = at + 9 + bytes.readInt32BE(at + 5);
      if (end > bytes.length) break;
      this.#answer(bytes[at + 4] ?? 0, bytes.subarray(at + 9, end), bytes.readInt16BE(at + 2));
      at = end;
    }
    this.#rest = bytes.subarray(at);
  }
}

const socket = connect(Number(port), host);
await new Promise((resolve) => socket.once('connect', resolve));
socket.setNoDelay(true);
const frames = new Frames(socket);
const text = (value: string): Buffer => Buffer.concat([Buffer.from([0, value.length]), Buffer.from(value)]);
await frames.ask(0x01, Buffer.concat([Buffer.from([0, 1]), text('CQL_VERSION'), text('3.4.5')]));
const order = ['device', 'day', 'at', 'owner', 'reading', 'level', 'status', 'note', 'total'];
const insert = `INSERT INTO ${keyspace}.readings (${order.join(', ')}) VALUES (${order.map(() => '?').join(', ')}) USING TIMESTAMP ? AND TTL ?`;
const length = Buffer.alloc(4);
length.writeInt32BE(insert.length);
const prepared = await frames.ask(0x09, Buffer.concat([length, Buffer.from(insert)]));
const id = Buffer.from(prepared.body.subarray(6, 6 + prepared.body.readUInt16BE(4)));

const encoded: Buffer[] = [];
const block = new RowBlock(64 * 1024 * 1024);
let rows = 0;
const head = rowHead(id, order.length + 2);
const framed = (numbers: Uint32Array): FramedRows => ({
  rows: numbers.length,
  bytes: numbers.reduce((sum, row) => sum + head.length + block.end(row) - block.start(row), 0),
  copy: (target, begin) => {
    let at = begin;
    for (const row of numbers) {
      at += head.copy(target, at);
      at += block.sink.bytes.copy(target, at, block.start(row), block.end(row));
    }
  },
});
const encodeWindow = (): void => {
  const sorted = block.byPartition();
  for (let from = 0; from < sorted.length; ) {
    let to = from + 1;
    const partition = block.hash(sorted[from] ?? 0);
    while (to < sorted.length && to - from < batchRows && block.hash(sorted[to] ?? 0) === partition) to += 1;
    const frame = writeFrame(framed(sorted.subarray(from, to)), one);
    // its memory is used again
    encoded.push(Buffer.from(frame.frame(4, encoded.length % 32_768)));
    from = to;
  }
  rows += block.count;
  block.clear();
};
const source = await createOpenBlocks({ projectFolder: process.cwd() })({
  kind: 'foreign',
  system: 'csv',
  connection: null,
  place: file,
  columns: {},
  key: [],
  settings: {},
});
const typeOf = (name: string): Table['columns'][number]['type'] => parseType(types.get(name) ?? '');
await source.read({
  table,
  types: {},
  statements: [order.map((name) => ({ name, type: typeOf(name), field: name }))],
  filling: block,
  room: async () => block,
  filled: () => {
    if (block.count === windowRows) encodeWindow();
  },
  timeOf: (number) => 1_700_000_000_000_000 + number,
  ttl: 0,
  reject: ({ reason }) => Promise.reject(new Error(reason)),
  onProgress: () => undefined,
});
encodeWindow();

const before = process.cpuUsage();
const begun = performance.now();
await frames.sendAll(encoded);
const seconds = (performance.now() - begun) / 1000;
const { user, system } = process.cpuUsage(before);
socket.destroy();
process.stdout.write(
  `${JSON.stringify({ rows, batches: encoded.length, seconds, cpuSeconds: (user + system) / 1e6 })}\n`,
);
