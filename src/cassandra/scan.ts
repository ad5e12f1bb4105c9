import { type Client, policies, type QueryOptions, types } from 'cassandra-driver';
import { int64Bytes } from '../cql/int64.ts';
import { type ScanStatement, scanStatement } from '../cql/select.ts';
import type { StoredRow } from '../model/row.ts';
import type { Consistency, RawRows, RawScanRequest, ScanRequest } from '../ports/cluster.ts';
import { type RawPage, rawMark, readRawPage } from './raw.ts';
import { readError, troubleOf } from './scan-errors.ts';
import { clockOf, parsePage, RowAssembler } from './scan-rows.ts';

const targetBytes = 1024 * 1024;
const firstRows = 32;
const mostRows = 5000;
const mostAttempts = 8;
/** A replica that fails has a reason, such as too many tombstones, that smaller pages only sometimes avoid. */
const mostFailures = 3;
const mostClockAttempts = 4;
/** A request that takes a second or more seldom fits into one, however often it is repeated. */
const mostSlowClockAttempts = 2;

/**
 * How many rows a page of a table may ask for so that it has about a megabyte; learnt from the pages before. It begins
 * low, because nothing says beforehand how wide the rows are, and grows eightfold at most from page to page.
 */
export class PageSize {
  readonly #fixed: boolean;
  #rows: number;

  /** Left out: it is learnt. */
  constructor(rows?: number) {
    this.#fixed = rows !== undefined;
    this.#rows = rows ?? firstRows;
  }

  get rows(): number {
    return this.#rows;
  }

  learn(rows: number, bytes: number): void {
    if (rows === 0 || this.#fixed) return;
    const fitting = Math.floor(targetBytes / Math.max(1, bytes / rows));
    // a page that was not filled tells the width of its rows, but is no reason to ask for fewer
    this.#rows = clamp(fitting, 1, Math.min(mostRows, this.#rows * 8));
  }

  shrink(): void {
    this.#rows = Math.max(1, Math.floor(this.#rows / 4));
  }
}

export interface ScanContext {
  readonly client: Client;
  /** What the configuration calls the cluster, when it is another than the own. */
  readonly source: string | null;
  readonly pageSize: PageSize;
  readonly elementTimes: boolean;
  /** Asked before each page: resolves when nobody wants a pause. Left out: at once. */
  readonly unpaused?: () => Promise<void>;
}

interface Page<P> {
  readonly parsed: P;
  readonly next: string | null;
}

/** Makes something of a page; `second` is the coordinator's time. */
type Parse<P> = (page: RawPage, statement: ScanStatement, second: number) => P;

/** Pages of stored rows of a token range; asks for the next page before this one is worked on. */
export async function* scanPages(request: ScanRequest, context: ScanContext): AsyncGenerator<readonly StoredRow[]> {
  const statement = scanStatement({ ...request, elementTimes: context.elementTimes }, rawMark);
  const reader = new PageFetcher(request, statement, context);
  const assembler = new RowAssembler(statement);
  for await (const { rows } of pagesOf(reader, parsePage)) {
    const stored = assembler.add(rows);
    if (stored.length > 0) yield stored;
  }
}

/** What becomes of each page of a token range; asks for the next page before this one is worked on. */
export function scanParsed<P extends { readonly expiring: boolean; readonly size: number }>(
  request: ScanRequest,
  context: ScanContext,
  parse: Parse<P>,
): AsyncGenerator<P> {
  const statement = scanStatement({ ...request, elementTimes: context.elementTimes }, rawMark);
  return pagesOf(new PageFetcher(request, statement, context), parse);
}

async function* pagesOf<P extends { readonly expiring: boolean; readonly size: number }>(
  fetcher: PageFetcher,
  parse: Parse<P>,
): AsyncGenerator<P> {
  let pending: Promise<Page<P>> | null = fetcher.fetch(null, parse);
  while (pending !== null) {
    const page: Page<P> = await pending;
    pending = page.next === null ? null : fetcher.fetch(page.next, parse);
    // whoever stops early leaves a page behind, whose failure then concerns nobody
    pending?.catch(() => undefined);
    yield page.parsed;
  }
}

/** Pages of a token range as the server sent them; asks for the next page before this one is worked on. */
export async function* scanRawPages(request: RawScanRequest, context: ScanContext): AsyncGenerator<RawRows> {
  const statement = scanStatement({ ...request, times: false, elementTimes: false }, rawMark);
  const fetcher = new PageFetcher({ ...request, times: false }, statement, context);
  let pending: Promise<RawPage> | null = fetcher.fetchRaw(null);
  while (pending !== null) {
    const page: RawPage = await pending;
    pending = page.next === null ? null : fetcher.fetchRaw(page.next);
    // whoever stops early leaves a page behind, whose failure then concerns nobody
    pending?.catch(() => undefined);
    if (page.count > 0) yield page;
  }
}

class PageFetcher {
  readonly #request: ScanRequest;
  readonly #statement: ScanStatement;
  readonly #context: ScanContext;
  readonly #values: readonly Buffer[];

  constructor(request: ScanRequest, statement: ScanStatement, context: ScanContext) {
    this.#request = request;
    this.#statement = statement;
    this.#context = context;
    this.#values = [int64Bytes(request.range.start), int64Bytes(request.range.end)];
  }

  /** One page; one that times out is asked for again with fewer rows, after a pause that doubles. */
  fetch<P extends { readonly expiring: boolean; readonly size: number }>(
    from: string | null,
    parse: Parse<P>,
  ): Promise<Page<P>> {
    return this.#patiently(() => this.#fetchWithClock(from, parse));
  }

  fetchRaw(from: string | null): Promise<RawPage> {
    return this.#patiently(async () => {
      const page = await this.#read(from);
      this.#context.pageSize.learn(page.count, page.bytes.length);
      return page;
    });
  }

  async #patiently<T>(fetch: () => Promise<T>): Promise<T> {
    await this.#context.unpaused?.();
    for (let attempt = 1; ; attempt++) {
      try {
        return await fetch();
      } catch (thrown) {
        const trouble = troubleOf(thrown);
        const most = trouble === 'failure' ? mostFailures : mostAttempts;
        if (trouble === 'refused' || trouble === 'unavailable' || attempt >= most) {
          const { source } = this.#context;
          throw readError(thrown, { ...this.#request, table: this.#request.table.name, source });
        }
        if (trouble === 'timeout' || trouble === 'failure') this.#context.pageSize.shrink();
        await pause(Math.min(5000, 50 * 2 ** attempt) * (0.5 + Math.random() / 2));
      }
    }
  }

  /**
   * The server states how many seconds of a TTL are left, counted from the second in which it took up the request.
   * That second lies between its clock at the page's first row and as long before it as the request took. Where both
   * fall into one second, the expiry (second + rest) is exact and the same at every reading. A page with expiring cells
   * where they do not is read again; one that never fits is taken as it is, a second uncertain.
   */
  async #fetchWithClock<P extends { readonly expiring: boolean; readonly size: number }>(
    from: string | null,
    parse: Parse<P>,
  ): Promise<Page<P>> {
    for (let attempt = 1; ; attempt++) {
      const started = performance.now();
      const page = await this.#read(from);
      const took = performance.now() - started;
      const clock = this.#statement.clock ? (clockOf(page.bytes, page.count) ?? 0) : 0;
      const earliest = Math.floor((clock - took) / 1000);
      const latest = Math.floor(clock / 1000);
      const parsed = parse(page, this.#statement, latest);
      this.#context.pageSize.learn(page.count, parsed.size);
      const most = took < 1000 ? mostClockAttempts : mostSlowClockAttempts;
      if (!parsed.expiring || earliest === latest || attempt >= most) return { parsed, next: page.next };
    }
  }

  #read(from: string | null): Promise<RawPage> {
    const statement = { text: this.#statement.text, values: this.#values };
    return readRawPage(this.#context.client, statement, this.#options(from));
  }

  #options(from: string | null): QueryOptions {
    return {
      consistency: driverConsistency(this.#request.consistency),
      fetchSize: this.#context.pageSize.rows,
      autoPage: false,
      isIdempotent: true,
      retry: new policies.retry.FallthroughRetryPolicy(),
      ...(from === null ? {} : { pageState: from }),
    };
  }
}

/** The driver's number of a consistency level. */
export function driverConsistency(consistency: Consistency): types.consistencies {
  return {
    ALL: types.consistencies.all,
    QUORUM: types.consistencies.quorum,
    LOCAL_QUORUM: types.consistencies.localQuorum,
    ONE: types.consistencies.one,
    LOCAL_ONE: types.consistencies.localOne,
  }[consistency];
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
