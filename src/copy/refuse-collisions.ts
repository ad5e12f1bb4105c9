import { eachAtATime } from '../kernel/each-at-a-time.ts';
import { CqlformError } from '../kernel/errors.ts';
import { own } from '../kernel/own.ts';
import { isKept } from '../model/conversion.ts';
import type { DataSpec, ForeignSource } from '../model/data.ts';
import { keyColumns } from '../model/schema.ts';
import type { WorkContext } from '../ports/engines.ts';
import type { SourceFacts } from '../ports/source.ts';
import { countRepeated, keyHash } from './collisions.ts';
import type { InputPage, InputRow, Outcome, Piece } from './input.ts';
import { type EncodingWork, encoded, type RowWork, type Write } from './piece-run.ts';
import { type PieceSpool, Spool } from './spool.ts';
import type { ThreadedRows } from './threads/threaded-rows.ts';
import { type WorkedPage, workedPages } from './threads/worked-pages.ts';

export interface KeyCensus {
  readonly spec: Pick<DataSpec, 'kind' | 'into' | 'maxCollisions'>;
  readonly pieces: readonly Piece[];
  readonly work: () => RowWork;
  /** In place of `work`, where rows can be encoded at once; null: they cannot. */
  readonly encoding: (() => EncodingWork) | null;
  readonly threads: ThreadedRows | null;
  readonly context: Pick<WorkContext, 'assertHeld' | 'onProgress'>;
  readonly rejectsFile: string;
  readonly totalRows: number | null;
  /** Values may not be told. */
  readonly withheld: boolean;
}

/** Pieces that are read at once. */
const piecesAtOnce = 4;
/** Of so many keys the first row is remembered, so that one that meets it can be shown beside it. */
const remembered = 50_000;
const examplesShown = 3;
const progressEveryMs = 200;

/**
 * A row whose primary key another one has overwrites it. Reads all pieces once, does their work, keeps a hash of each key
 * in files, and writes nothing to the cluster. Throws `KEYS_COLLIDE` where more rows meet than may.
 */
export async function refuseCollisions(census: KeyCensus): Promise<void> {
  const { spec, pieces, rejectsFile } = census;
  const spool = new Spool(`${rejectsFile}.keys`);
  const count = new KeyCount(census, spool);
  try {
    await count.run();
    const files = await spool.keyFiles(pieces.map(({ id }) => id));
    const collisions = await countRepeated(files, { scratch: (n) => spool.scratch(`part-${n}`) });
    if (exceeds(spec.maxCollisions ?? '100%', collisions, count.written)) {
      throw keysCollide(census, { collisions, written: count.written, examples: count.examples });
    }
  } finally {
    await spool.remove();
  }
}

function exceeds(most: NonNullable<DataSpec['maxCollisions']>, collisions: number, written: number): boolean {
  if (typeof most === 'number') return collisions > most;
  return collisions * 100 > Number(most.slice(0, -1)) * written;
}

function keysCollide(
  { spec, withheld }: KeyCensus,
  found: { readonly collisions: number; readonly written: number; readonly examples: readonly string[] },
): CqlformError {
  const { collisions, written, examples } = found;
  const such = examples.length === 0 || withheld ? '' : `, e.g. ${examples.join('; ')}`;
  const allowed = spec.maxCollisions === 0 ? 'none may' : `${spec.maxCollisions} may`;
  return new CqlformError(
    'KEYS_COLLIDE',
    `${spec.kind} into ${spec.into.name}: ${collisions} of ${written} rows have a primary key that another one has, and would overwrite it (${allowed})${such}`,
    {
      next: `Nothing was written. Give ${spec.into.name} a key that tells them apart, or skip all but one of them in a function; where overwriting is meant, say how many may with \`maxCollisions\`, e.g. '100%'.`,
      fields: { table: spec.into.name, collisions, written, examples: withheld ? [] : examples },
    },
  );
}

/** Goes through all rows, as a copy does, to the hashes of the keys that it would write. */
class KeyCount {
  readonly examples: string[] = [];
  written = 0;
  readonly #census: KeyCensus;
  readonly #spool: Spool;
  readonly #first = new Map<string, string>();
  #read = 0;
  #shownAt = Number.NEGATIVE_INFINITY;

  constructor(census: KeyCensus, spool: Spool) {
    this.#census = census;
    this.#spool = spool;
  }

  run(): Promise<void> {
    return eachAtATime(this.#census.pieces, piecesAtOnce, (piece, stopped) => this.#piece(piece, stopped));
  }

  async #piece(piece: Piece, stopped: () => boolean): Promise<void> {
    const { context, threads } = this.#census;
    const spool = this.#spool.begin(piece.id);
    const { work, encoding } = this.#census;
    const works = { work: work(), encoding: encoding?.() ?? null };
    try {
      const pages = threads === null ? unworked(piece) : workedPages(pagesOf(piece), threads, piecesAtOnce);
      for await (const page of pages) {
        context.assertHeld();
        if (stopped()) return;
        await this.#page(page, works, spool);
        this.#progress();
      }
    } finally {
      await spool.close();
    }
  }

  async #page({ rows, worked }: WorkedPage, { work, encoding }: Works, spool: PieceSpool): Promise<void> {
    const outcomes = worked?.outcomes.values();
    for (const row of rows) {
      this.#read += 1;
      if (row.problem !== null) continue;
      const found = outcomes?.next();
      if (found?.done === true) throw worked?.failure ?? new TypeError('a row was left out by a thread');
      for (const hash of hashesOf(found?.value ?? (encoding ?? { work }).work(row), encoding)) {
        this.written += 1;
        this.#remember(hash, row);
        await spool.key(hash);
      }
    }
  }

  #remember(hash: Buffer, row: InputRow): void {
    if (this.examples.length === examplesShown) return;
    const name = hash.toString('latin1');
    const first = this.#first.get(name);
    if (first !== undefined) this.examples.push(`${first} and ${row.place()}`);
    else if (this.#first.size < remembered) this.#first.set(name, row.place());
  }

  #progress(): void {
    const now = performance.now();
    if (now - this.#shownAt < progressEveryMs) return;
    this.#shownAt = now;
    const { context, totalRows, spec } = this.#census;
    context.onProgress({ unit: 'rows', done: this.#read, total: totalRows, table: `keys of ${spec.into.name}` });
  }
}

interface Works {
  readonly work: RowWork;
  readonly encoding: EncodingWork | null;
}

/** Of the keys that a row's rows have; each is to be used before the next is asked for. */
function* hashesOf(outcome: Outcome<Write> | typeof encoded, encoding: EncodingWork | null): Generator<Buffer> {
  if (encoding !== null && outcome.kind === encoded.kind) {
    for (let row = 0; row < encoding.rows.count; row += 1) yield encoding.rows.keyHash(row);
  }
  if (outcome.kind !== 'rows') return;
  for (const { key, keyHash: made = null } of outcome.rows) {
    const hash = key === null ? made : keyHash(key);
    if (hash !== null) yield hash;
  }
}

async function* pagesOf(piece: Piece): AsyncGenerator<InputPage> {
  for await (const rows of piece.rows()) yield { rows, passed: 0, bytes: 0 };
}

async function* unworked(piece: Piece): AsyncGenerator<WorkedPage> {
  for await (const page of pagesOf(piece)) yield { ...page, worked: null };
}

/** Whether no two rows of a source can meet: its key is unique, and goes into the target's, value by value. */
export function areDistinct(spec: DataSpec, source: ForeignSource, { distinct = false }: SourceFacts): boolean {
  if (spec.kind !== 'copy' || !distinct || source.settings['fractions'] === 'truncate') return false;
  const carried = keyColumns(spec.into).flatMap((name) => {
    const mapping = own(spec.columns, name);
    if (mapping?.kind !== 'column') return [];
    const [from, into] = [own(source.columns, mapping.from), spec.into.columns.find((one) => one.name === name)];
    return from !== undefined &&
      into !== undefined &&
      isKept(from.type, into.type.kind === 'scalar' ? into.type.name : '')
      ? [mapping.from]
      : [];
  });
  return source.key.every((name) => carried.includes(name));
}
