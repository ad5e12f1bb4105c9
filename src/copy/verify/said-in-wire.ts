import type { Bytes, Mutation } from '../../model/row.ts';
import { emptyTally, type Tally } from '../accounts.ts';
import type { Outcome } from '../input.ts';
import type { RowWork, Write } from '../piece-run.ts';
import { rowWork } from '../row-work.ts';
import type { StreamOptions } from './row-streams.ts';
import type { WireDigest } from './wire-digest.ts';

/** Takes what becomes of rows, as their writes say it. */
export class SaidInWire {
  readonly tally: Tally = emptyTally();
  readonly work: () => RowWork;
  readonly #options: StreamOptions;
  readonly #digest: WireDigest;
  readonly #within: ((partitionKey: readonly Bytes[]) => boolean) | null;

  constructor(options: StreamOptions, digest: WireDigest) {
    const { request, context, input, clock } = options;
    this.work = rowWork({ request, context, input, clock, tracked: false });
    this.#options = options;
    this.#digest = digest;
    this.#within = request.share >= 100 ? null : options.within;
  }

  passed(): void {
    this.tally.read += 1;
    this.tally.transformed += 1;
    this.tally.written += 1;
  }

  take(outcome: Outcome<Write>): void {
    this.tally.read += 1;
    if (outcome.kind === 'skip') this.tally.skipped += 1;
    else if (outcome.kind === 'reject') this.tally.rejected += 1;
    else {
      this.tally.transformed += 1;
      for (const write of outcome.rows) this.#write(write);
    }
  }

  progress(): void {
    this.#options.context.onProgress({ unit: 'rows', done: this.tally.read, total: null });
  }

  #write({ mutations }: Write): void {
    this.tally.written += 1;
    const [first] = mutations;
    if (first === undefined || this.#within?.(first.partitionKey) === false) return;
    const { shape, request } = this.#options;
    const clusteringKey = 'clusteringKey' in first ? first.clusteringKey : null;
    if (clusteringKey === null && request.into.clusteringKey.length > 0) return;
    const cells = this.#cells(mutations);
    const marker = mutations.some(({ kind }) => kind === 'insert');
    const present = shape.some(({ name }) => (cells.get(name) ?? null) !== null);
    if (!present && (!marker || request.spec.kind === 'backfill')) return;
    const digest = this.#digest;
    digest.begin();
    for (const part of first.partitionKey) digest.value(part);
    for (const part of clusteringKey ?? []) digest.value(part);
    digest.key();
    for (const { name } of shape) {
      const bytes = cells.get(name) ?? null;
      if (bytes === null) digest.absent();
      else digest.value(bytes);
    }
    digest.commit();
  }

  #cells(mutations: readonly Mutation[]): ReadonlyMap<string, Bytes | null> {
    const cells = new Map<string, Bytes | null>();
    for (const mutation of mutations) {
      if (mutation.kind !== 'insert' && mutation.kind !== 'update') continue;
      for (const name in mutation.cells) cells.set(name, mutation.cells[name] ?? null);
    }
    return cells;
  }
}
