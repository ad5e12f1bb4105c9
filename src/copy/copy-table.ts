import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { ColumnMapping } from '../model/data.ts';
import type { CopyAccounts } from '../model/journal.ts';
import { keyColumns, type Table } from '../model/schema.ts';
import type { CopyTableRequest, WorkContext } from '../ports/engines.ts';
import { assertAddUp, emptyTally } from './accounts.ts';
import { newestDone } from './checkpoints.ts';
import type { CopyDependencies } from './copy-data.ts';
import type { InputRow } from './input.ts';
import { mappedWork } from './mapped-work.ts';
import { assertReadsInTheClear } from './masked-source.ts';
import type { RowWork } from './piece-run.ts';
import { straightCopy } from './straight.ts';
import { ownTable, tablePieces } from './table-pieces.ts';
import { assertNoCounters, TargetEncoder } from './target-row.ts';
import { WriteEngine } from './write-engine.ts';

/** Rows that cannot be copied, shown in the error. */
const mostExamples = 10;

/** Copies rows column by column, each cell with its own write time and TTL. */
export async function copyTable(
  request: CopyTableRequest,
  context: WorkContext,
  { rows, clock, limit = null }: Pick<CopyDependencies, 'rows' | 'clock' | 'limit'>,
): Promise<CopyAccounts> {
  const { from, into } = request;
  assertNoCounters(into);
  await assertReadsInTheClear(rows, context.keyspace, from);
  const columns = readColumns(from, request.columns);
  const { types } = context;
  const finished = newestDone(context.finished);
  const refused = new Refused(request);
  const engine = new WriteEngine({
    rows,
    clock,
    context,
    into,
    spool: null,
    onReject: (reason, row) => refused.add(reason, row),
    totalRows: null,
    limit,
    straight: request.withinRow
      ? null
      : straightCopy({
          from: { table: from, types },
          into: { table: into, types },
          columns,
          mappings: columnMappings(request.columns),
          floor: request.floor,
          functions: null,
        }),
    work: (): RowWork =>
      mappedWork({
        from,
        types,
        columns,
        mappings: columnMappings(request.columns),
        inPlace: request.withinRow,
        encoder: new TargetEncoder(into, types),
        run: { startedAt: clock.now() },
        timestamp: request.timestamp,
        floor: request.floor,
        attempt: context.attempt,
        clock,
        tracked: false,
      }),
  });
  engine.resume(finished);
  const done = finished.map(({ range }) => range);
  await engine.run(await tablePieces({ ...ownTable(from, { rows, context }), columns, times: true }, done));
  refused.judge();
  assertAddUp(engine.total, `copy of ${from.name} into ${into.name}`);
  return { ...emptyTally(), ...engine.total, rejectsFile: null };
}

/** The source columns of a mapping, without those of the key. */
export function readColumns(from: Table, columns: Readonly<Record<string, string>>): readonly string[] {
  const keys = new Set(keyColumns(from));
  return [...new Set(Object.values(columns))].filter((name) => !keys.has(name));
}

/** Target column → where its value comes from. */
export function columnMappings(columns: Readonly<Record<string, string>>): Readonly<Record<string, ColumnMapping>> {
  return Object.fromEntries(Object.entries(columns).map(([name, from]) => [name, { kind: 'column', from } as const]));
}

/** Rows that have no place in the target: a key column of it comes from a column that is null in them. */
class Refused {
  readonly #request: CopyTableRequest;
  readonly #examples: string[] = [];

  constructor(request: CopyTableRequest) {
    this.#request = request;
  }

  add(reason: string, row: InputRow): void {
    this.#examples.push(`${row.place()}: ${reason}`);
    if (this.#examples.length >= mostExamples) this.judge();
  }

  judge(): void {
    const [first] = this.#examples;
    if (first === undefined) return;
    const { from, into } = this.#request;
    const atLeast = this.#examples.length >= mostExamples ? 'at least ' : '';
    throw new CqlformError(
      'ROWS_WITHOUT_PLACE',
      `${atLeast}${this.#examples.length} rows of ${from.name} cannot be copied into ${into.name}: ${first}`,
      {
        next: `Give these rows a value first, delete them, or copy with a function that decides: copy({ from: ${from.name}, into: ${into.name}, columns: { … } }).`,
        fields: { table: from.name, examples: this.#examples },
        exitCode: exitCodes.integrity,
      },
    );
  }
}
