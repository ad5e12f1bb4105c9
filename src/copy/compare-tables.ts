import { createDigest } from '../cql/digest.ts';
import { eachAtATime } from '../kernel/each-at-a-time.ts';
import type { Bytes, StoredRow, TokenRange } from '../model/row.ts';
import { type Column, keyColumns, type Table } from '../model/schema.ts';
import type { Rows } from '../ports/cluster.ts';
import type { CopyTableRequest, WorkContext } from '../ports/engines.ts';
import { BucketedDigest, bucketOf, hashOfRow } from './bucketed-digest.ts';
import { columnMappings, readColumns } from './copy-table.ts';
import { leavesOutTimes, withInferredEnds } from './inferred-ends.ts';
import { joinRows, sameKey } from './joined-row.ts';
import { assertReadsInTheClear } from './masked-source.ts';
import { describer, type Example, rowsDiffer } from './row-difference.ts';
import { type MappedRow, StoredMapper } from './stored-mapper.ts';
import { copyConsistency, RowDecoder } from './table-pieces.ts';
import { TargetEncoder } from './target-row.ts';

/*
 * Both tables are read once, each row in the shape of the target, and digested by buckets of their key's hash. The sum
 * of the buckets is the value digest. Where it differs, both are read once more, for the rows of a few buckets that
 * differ: so examples are found whatever the order of the rows, and memory stays bounded.
 */

const bucketsLookedAt = 4;
const mostExamples = 10;
const rangesAtOnce = 4;
const parts = 64;

type CompareRequest = Omit<CopyTableRequest, 'timestamp' | 'floor'>;

export async function compareTables(
  request: CompareRequest,
  context: WorkContext,
  rows: Rows,
): Promise<{ readonly rows: number; readonly digest: string }> {
  for (const table of [request.from, request.into]) await assertReadsInTheClear(rows, context.keyspace, table);
  const sides = sidesOf(request, context);
  let seen = 0;
  const digests = [];
  for (const side of sides) {
    const bucketed = new BucketedDigest(side.shape);
    await eachRow(side, { context, rows }, (row) => {
      bucketed.add(row);
      seen += 1;
      if (seen % 5000 === 0) context.onProgress({ unit: 'rows', done: seen, total: null });
    });
    digests.push(bucketed);
  }
  context.onProgress({ unit: 'rows', done: seen, total: seen });
  const [expected, actual] = digests as [BucketedDigest, BucketedDigest];
  const total = actual.total();
  if (expected.total().hex() === total.hex()) return { rows: total.rows, digest: total.hex() };
  const differing = expected.differingFrom(actual).slice(0, bucketsLookedAt);
  const examples = await examplesOf(sides, { context, rows }, new Set(differing));
  throw rowsDiffer(request, { expected: expected.total(), actual: total, examples });
}

/** One of the two tables, with the way to see its rows in the shape of the target. */
interface Side {
  readonly table: Table;
  readonly columns: readonly string[];
  readonly mapper: StoredMapper;
  /** The compared columns of the target, in the order of the rows' cells. */
  readonly shape: readonly Column[];
}

function sidesOf({ from, into, columns, withinRow }: CompareRequest, { types }: WorkContext): readonly Side[] {
  const keys = keyColumns(into);
  const names = [...keys, ...Object.keys(columns).filter((name) => !keys.includes(name))];
  const own = Object.fromEntries(names.map((name) => [name, name]));
  return [
    { table: from, map: withinRow ? { ...own, ...columns } : columns },
    { table: into, map: own },
  ].map(({ table, map }) => {
    const read = readColumns(table, map);
    const mapper = new StoredMapper({
      from: table,
      types,
      columns: read,
      mappings: columnMappings(map),
      sameKey: false,
      encoder: new TargetEncoder(into, types),
      run: { startedAt: new Date(0) },
      timestamp: 0n,
    });
    const shape = [...mapper.statics, ...mapper.regulars].flatMap((name) =>
      into.columns.filter((column) => column.name === name),
    );
    return { table, columns: read, mapper, shape };
  });
}

/** `place` is set for a row that cannot be brought into the target's shape. */
type UseRow = (row: StoredRow, place: string | null) => void;

/** Hands out every row of a side in the target's shape, static cells as rows of their own. */
async function eachRow(
  side: Side,
  { context, rows }: { readonly context: WorkContext; readonly rows: Rows },
  use: UseRow,
): Promise<void> {
  const { keyspace, types } = context;
  const one = async (range: TokenRange): Promise<void> => {
    const { table, columns } = side;
    const decoder = new RowDecoder({ table, columns, types });
    const scanned = rows.scan({ keyspace, table, types, columns, range, times: true, consistency: copyConsistency });
    const pages = leavesOutTimes(rows, table, columns) ? withInferredEnds(scanned) : scanned;
    let lastPartition: readonly Bytes[] = [];
    for await (const page of joinRows(pages)) {
      context.assertHeld();
      for (const row of page) {
        const outcome = side.mapper.map(decoder.inputRow(row));
        // A row that has no place in the target is a difference by itself.
        if (outcome.kind !== 'rows') {
          use({ kind: 'row', ...row, clusteringKey: row.clusteringKey ?? [] }, decoder.place(row));
        } else for (const mapped of outcome.rows) lastPartition = split(mapped, lastPartition, use);
      }
    }
  };
  await eachAtATime(await rows.splitFor(keyspace, side.table, parts), rangesAtOnce, one);
}

function split(
  { partitionKey, clusteringKey, statics, cells }: MappedRow,
  lastPartition: readonly Bytes[],
  use: UseRow,
): readonly Bytes[] {
  if (statics.some((cell) => cell !== null) && !sameKey(lastPartition, partitionKey)) {
    use({ kind: 'static', partitionKey, cells: statics }, null);
  }
  if (clusteringKey !== null) use({ kind: 'row', partitionKey, clusteringKey, cells }, null);
  return partitionKey;
}

async function examplesOf(
  sides: readonly Side[],
  at: { readonly context: WorkContext; readonly rows: Rows },
  wanted: ReadonlySet<number>,
): Promise<readonly Example[]> {
  const seen: Map<string, { digest: string; key: string; text: string }>[] = [];
  for (const side of sides) {
    const rowsByKey = new Map<string, { digest: string; key: string; text: string }>();
    const describe = describer(
      { table: side.mapper.target, columns: [...side.mapper.statics, ...side.mapper.regulars] },
      at.context.types,
    );
    await eachRow(side, at, (row, place) => {
      const hash = hashOfRow(row);
      if (!wanted.has(bucketOf(hash))) return;
      const digest = createDigest(side.shape);
      digest.add(row);
      rowsByKey.set(`${row.kind} ${hash.toString('hex')}`, {
        digest: digest.hex(),
        ...(place === null ? describe(row) : { key: place, text: 'a row without a place' }),
      });
    });
    seen.push(rowsByKey);
  }
  const [expected = new Map(), actual = new Map()] = seen;
  const examples: Example[] = [];
  for (const name of new Set([...expected.keys(), ...actual.keys()])) {
    const [wants, has] = [expected.get(name), actual.get(name)];
    if (wants?.digest === has?.digest) continue;
    examples.push({ key: wants?.key ?? has?.key ?? '', expected: wants?.text ?? null, actual: has?.text ?? null });
    if (examples.length === mostExamples) break;
  }
  return examples;
}
