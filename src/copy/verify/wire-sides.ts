import { isMultiCell } from '../../cql/select.ts';
import { eachAtATime } from '../../kernel/each-at-a-time.ts';
import type { Bytes } from '../../model/row.ts';
import { type Column, keyColumns, type Table } from '../../model/schema.ts';
import type { PassedValue } from '../../ports/cluster.ts';
import type { Tally } from '../accounts.ts';
import type { Piece } from '../input.ts';
import type { OpenedTableInput } from '../opened-input.ts';
import { type StraightCopy, straightCopy } from '../straight.ts';
import { copyConsistency, RowDecoder } from '../table-pieces.ts';
import { TargetEncoder } from '../target-row.ts';
import { readAtOnce, type StreamOptions } from './row-streams.ts';
import { SaidInWire } from './said-in-wire.ts';
import type { WireDigest } from './wire-digest.ts';
import { WireRow } from './wire-rows.ts';

const ringParts = 64;

/** Whether rows of these columns are values only: no collections, types with parts of their own, counters or static cells. */
export function isPlainShape(shape: readonly Column[]): boolean {
  return shape.every(
    ({ type, static: isStatic }) =>
      !isStatic && !isMultiCell(type) && !(type.kind === 'scalar' && type.name === 'counter'),
  );
}

/** The target as it is, in wire form. */
export async function digestStored(options: StreamOptions, digest: WireDigest): Promise<void> {
  const { request, context, rows, shape, ranges } = options;
  const { keyspace, types } = context;
  const table = request.into;
  const columns = shape.map(({ name }) => name);
  const key = table.partitionKey.length + table.clusteringKey.length;
  const withoutCells = request.spec.kind === 'backfill';
  let seen = 0;
  await eachAtATime(ranges, readAtOnce, async (range) => {
    const row = wireRowOf(table, columns);
    for await (const page of rows.scanRaw({ keyspace, table, types, columns, range, consistency: copyConsistency })) {
      context.assertHeld();
      row.page(page);
      for (let index = 0; index < page.count; index += 1) {
        if (!row.move()) continue;
        if (withoutCells && allAbsent(row, key, shape.length)) continue;
        addRow(row, { digest, key, values: shape.length });
      }
      seen += page.count;
      context.onProgress({ unit: 'rows', done: seen, total: null });
    }
  });
}

function wireRowOf({ partitionKey, clusteringKey }: Table, columns: readonly string[]): WireRow {
  return new WireRow({ partition: partitionKey.length, clustering: clusteringKey.length, regulars: columns.length });
}

function allAbsent(row: WireRow, key: number, values: number): boolean {
  for (let index = key; index < key + values; index += 1) if (row.lengthOf(index) >= 0) return false;
  return true;
}

function addRow(
  row: WireRow,
  { digest, key, values }: { readonly digest: WireDigest; readonly key: number; readonly values: number },
): void {
  digest.begin();
  for (let index = 0; index < key; index += 1) addValue(row, index, digest);
  digest.key();
  for (let index = key; index < key + values; index += 1) addValue(row, index, digest);
  digest.commit();
}

function addValue(row: WireRow, index: number, digest: WireDigest): void {
  const length = row.lengthOf(index);
  const start = row.startOf(index);
  if (length < 0) digest.absent();
  else digest.value(row.bytes, start, start + length);
}

/** What the source says, in wire form: as the server sends it where a row can go straight, else through the row's work. */
export async function digestSaid(
  options: StreamOptions,
  pieces: () => Promise<readonly Piece[]>,
  digest: WireDigest,
): Promise<Tally> {
  const { input, request } = options;
  const said = new SaidInWire(options, digest);
  const straight = input.kind === 'table' && request.share >= 100 ? straightOf(options, input) : null;
  if (straight !== null && input.kind === 'table') await eachStraight(options, { input, straight, said, digest });
  else await eachWorked(options, await pieces(), said);
  return said.tally;
}

function straightOf(
  { request, context, shape }: StreamOptions,
  { table, columns }: OpenedTableInput,
): StraightCopy | null {
  const { spec, into, startedAt } = request;
  if (spec.kind === 'transform') return null;
  const keys =
    spec.kind === 'backfill' ? keyColumns(into).map((name) => [name, { kind: 'column', from: name }] as const) : [];
  const straight = straightCopy({
    from: table,
    into: { table: into, types: context.types },
    columns,
    mappings: { ...Object.fromEntries(keys), ...spec.columns },
    floor: null,
    functions: { encoder: new TargetEncoder(into, context.types), run: { startedAt } },
  });
  const wanted = [...keyColumns(into), ...shape.map(({ name }) => name)];
  return straight?.columns.join() === wanted.join() ? straight : null;
}

interface Straight {
  readonly input: OpenedTableInput;
  readonly straight: StraightCopy;
  readonly said: SaidInWire;
  readonly digest: WireDigest;
}

async function eachStraight(
  { context, request }: StreamOptions,
  { input, straight, said, digest }: Straight,
): Promise<void> {
  const { rows, keyspace, table, types, consistency } = input.table;
  const { columns } = input;
  const decoder = new RowDecoder({ table, types, columns });
  const key = keyColumns(table).length;
  const targetKey = keyColumns(request.into).length;
  await eachAtATime(await rows.splitFor(keyspace, table, ringParts), readAtOnce, async (range) => {
    const row = wireRowOf(table, columns);
    const passing = new PassingDigest({
      row,
      key,
      targetKey,
      straight,
      digest,
      cells: request.spec.kind !== 'backfill',
    });
    const work = said.work();
    for await (const page of rows.scanRaw({ keyspace, table, types, columns, range, consistency })) {
      context.assertHeld();
      row.page(page);
      for (let index = 0; index < page.count; index += 1) {
        if (!row.move()) continue;
        if (passing.add()) said.passed();
        else said.take(work(decoder.inputRow(row.joined())));
      }
      said.progress();
    }
  });
}

async function eachWorked(options: StreamOptions, pieces: readonly Piece[], said: SaidInWire): Promise<void> {
  await eachAtATime(pieces, readAtOnce, async (piece) => {
    const work = said.work();
    for await (const page of piece.rows()) {
      options.context.assertHeld();
      for (const row of page) said.take(row.problem === null ? work(row) : { kind: 'reject', reason: row.problem });
      said.progress();
    }
  });
}

/** A row that is read as the target's row, value by value. */
class PassingDigest {
  readonly #row: WireRow;
  readonly #values: readonly PassedValue[];
  readonly #made: (Bytes | null)[];
  readonly #options: { readonly key: number; readonly targetKey: number; readonly cells: boolean };
  readonly #onRow: StraightCopy['onRow'];
  readonly #digest: WireDigest;

  constructor({
    row,
    straight,
    digest,
    ...options
  }: {
    readonly row: WireRow;
    readonly straight: StraightCopy;
    readonly digest: WireDigest;
    readonly key: number;
    readonly targetKey: number;
    readonly cells: boolean;
  }) {
    this.#row = row;
    this.#values = straight.values;
    this.#made = straight.values.map(() => null);
    this.#onRow = straight.onRow;
    this.#options = options;
    this.#digest = digest;
  }

  /** False: the row cannot go on as it is. */
  add(): boolean {
    if (!this.#make()) return false;
    const [digest, row, values] = [this.#digest, this.#row, this.#values];
    const { key, targetKey, cells } = this.#options;
    let present = cells;
    digest.begin();
    for (let place = 0; place < values.length; place += 1) {
      if (place === targetKey) digest.key();
      const value = values[place];
      if (value === undefined) continue;
      if (value.kind === 'made') {
        const made = this.#made[place] ?? null;
        present ||= made !== null;
        if (made === null) digest.absent();
        else digest.value(made);
        continue;
      }
      const index = value.kind === 'key' ? value.index : key + value.index;
      present ||= value.kind === 'regular' && row.lengthOf(index) >= 0;
      addValue(row, index, digest);
    }
    if (present) digest.commit();
    return true;
  }

  #make(): boolean {
    this.#onRow(this.#row);
    for (let place = 0; place < this.#values.length; place += 1) {
      const value = this.#values[place];
      if (value?.kind !== 'made') continue;
      const made = value.make(this.#row);
      if (made === 'apart') return false;
      this.#made[place] = made === 'unset' ? null : made;
    }
    return true;
  }
}
