import { own, setOwn } from '../../kernel/own.ts';
import type { Bytes, Mutation } from '../../model/row.ts';
import type { Table } from '../../model/schema.ts';
import { keyHash } from '../collisions.ts';
import type { Outcome } from '../input.ts';
import type { Write } from '../piece-run.ts';
import { PackReader, PackWriter } from './packed.ts';

const outcomeKinds = { skip: 0, reject: 1, rows: 2 } as const;
const mutationKinds = { insert: 0, update: 1 } as const;
/** Stands for a column that the target does not have, whose name follows. */
const noColumn = -1;

type Cells = Readonly<Record<string, Bytes | null>>;

/** What became of rows, with their writes; columns go by their place in the target. */
export class OutcomePack {
  readonly #pack: PackWriter;
  readonly #places: ReadonlyMap<string, number>;

  constructor(table: Table, size: number) {
    this.#pack = new PackWriter(size);
    this.#places = new Map(table.columns.map(({ name }, place) => [name, place]));
  }

  get size(): number {
    return this.#pack.sink.length;
  }

  add(outcome: Outcome<Write>): void {
    const pack = this.#pack;
    pack.byte(outcomeKinds[outcome.kind]);
    if (outcome.kind !== 'rows') {
      pack.text(outcome.reason);
      return;
    }
    pack.whole(outcome.rows.length);
    for (const { mutations, key } of outcome.rows) {
      pack.bytes(key === null ? null : keyHash(key));
      pack.whole(mutations.length);
      for (const mutation of mutations) this.#mutation(mutation);
    }
  }

  finish(): ArrayBuffer {
    return this.#pack.finish();
  }

  #mutation(mutation: Mutation): void {
    if (mutation.kind !== 'insert' && mutation.kind !== 'update')
      throw new TypeError(`a copy makes no ${mutation.kind}`);
    const pack = this.#pack;
    pack.byte(mutationKinds[mutation.kind]);
    pack.parts(mutation.partitionKey);
    pack.parts(mutation.clusteringKey);
    pack.byte(mutation.timestamp === null ? 0 : 1);
    if (mutation.timestamp !== null) pack.long(mutation.timestamp);
    pack.whole(mutation.ttl);
    pack.number(mutation.expiresAt ?? 0);
    this.#cells(mutation.cells);
    if (mutation.kind === 'insert') return;
    this.#cells(mutation.add);
    const fields = Object.entries(mutation.fields);
    pack.whole(fields.length);
    for (const [name, values] of fields) {
      this.#column(name);
      const entries = Object.entries(values);
      pack.whole(entries.length);
      for (const [field, value] of entries) {
        pack.text(field);
        pack.bytes(value);
      }
    }
  }

  #cells(cells: Cells): void {
    const names = Object.keys(cells);
    this.#pack.whole(names.length);
    for (const name of names) {
      this.#column(name);
      this.#pack.bytes(own(cells, name) ?? null);
    }
  }

  #column(name: string): void {
    const place = this.#places.get(name) ?? noColumn;
    this.#pack.whole(place);
    if (place === noColumn) this.#pack.text(name);
  }
}

/** The outcomes in their order; `table`: the target, as it was when they were packed. */
export function unpackOutcomes(memory: ArrayBuffer, count: number, table: Table): readonly Outcome<Write>[] {
  const pack = new PackReader(memory);
  const names = table.columns.map(({ name }) => name);
  return Array.from({ length: count }, () => outcomeIn(pack, names));
}

function outcomeIn(pack: PackReader, names: readonly string[]): Outcome<Write> {
  const kind = pack.byte();
  if (kind === outcomeKinds.skip) return { kind: 'skip', reason: pack.text() };
  if (kind === outcomeKinds.reject) return { kind: 'reject', reason: pack.text() };
  const rows: Write[] = [];
  for (let left = pack.whole(); left > 0; left -= 1) {
    const keyHash = pack.bytes();
    const mutations: Mutation[] = [];
    for (let more = pack.whole(); more > 0; more -= 1) mutations.push(mutationIn(pack, names));
    rows.push({ mutations, key: null, keyHash });
  }
  return { kind: 'rows', rows };
}

function mutationIn(pack: PackReader, names: readonly string[]): Mutation {
  const kind = pack.byte();
  const partitionKey = pack.parts() ?? [];
  const clusteringKey = pack.parts();
  const timestamp = pack.byte() === 0 ? null : pack.long();
  const ttl = pack.whole();
  const expiresAt = pack.number();
  const cells = cellsIn(pack, names);
  const end = expiresAt === 0 ? { ttl } : { ttl, expiresAt };
  const whole = { partitionKey, clusteringKey, timestamp, ...end, cells };
  if (kind === mutationKinds.insert) return { kind: 'insert', ...whole };
  const add = cellsIn(pack, names) as Readonly<Record<string, Bytes>>;
  const fields: Record<string, Cells> = {};
  for (let left = pack.whole(); left > 0; left -= 1) {
    const name = columnIn(pack, names);
    const values: Record<string, Bytes | null> = {};
    for (let more = pack.whole(); more > 0; more -= 1) setOwn(values, pack.text(), pack.bytes());
    setOwn(fields, name, values);
  }
  return { kind: 'update', ...whole, add, fields };
}

function cellsIn(pack: PackReader, names: readonly string[]): Cells {
  const cells: Record<string, Bytes | null> = {};
  for (let left = pack.whole(); left > 0; left -= 1) setOwn(cells, columnIn(pack, names), pack.bytes());
  return cells;
}

function columnIn(pack: PackReader, names: readonly string[]): string {
  const place = pack.whole();
  return place === noColumn ? pack.text() : (names[place] ?? '');
}
