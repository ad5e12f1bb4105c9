import {
  type BackfillSpec,
  type ColumnMapping,
  type DataSource,
  type DataSpec,
  type JsRow,
  sourceName,
  type TransformSpec,
} from '../model/data.ts';

import { mappingsOf } from './column-mapping.ts';
import { dataPrivacy } from './data-privacy.ts';
import { turned, turnsOf } from './json-value.ts';
import { mistake, type Properties, propertiesOf, shown } from './mistake.ts';
import { type ClusterOrigin, type DataOrigin, originOf, type SourceOrigin, type TableOrigin } from './origin.ts';
import { isPromise } from './promise.ts';
import { isSignal } from './signals.ts';
import { sinceFrom } from './since.ts';

export type FromOrigin = TableOrigin | ClusterOrigin | SourceOrigin;

/** What every data verb is given, checked. */
interface Ends {
  readonly from: FromOrigin;
  readonly into: TableOrigin;
  readonly maxRejects: number | `${number}%`;
  /** Null: rows of their own table cannot meet. */
  readonly maxCollisions: number | `${number}%` | null;
  readonly given: Properties;
}

function endsOf(verb: DataSpec['kind'], spec: unknown, more: string): Ends {
  const given = propertiesOf(verb, spec, [
    'from',
    'into',
    'maxRejects',
    more,
    ...(verb === 'backfill' ? [] : ['maxCollisions', 'lower', 'since']),
  ]);
  const from = originOf(given['from']);
  if (from?.kind !== 'table' && from?.kind !== 'source' && from?.kind !== 'cluster-table') {
    throw mistake('DATA_FROM', {
      message: `${verb} reads from ${shown(given['from'])}`,
      next: 'Give `from` a table (`existing(…)`) or a source, e.g. `json.file(…)`.',
    });
  }
  const into = originOf(given['into']);
  if (into?.kind !== 'table') {
    throw mistake('DATA_INTO', {
      message: `${verb} writes into ${shown(given['into'])}`,
      next: 'Give `into` a table: `table(…)`, `alter(…)` or `existing(…)`.',
    });
  }
  const maxRejects = limitOf(verb, 'maxRejects', given['maxRejects']);
  const maxCollisions = verb === 'backfill' ? null : limitOf(verb, 'maxCollisions', given['maxCollisions']);
  return { from, into, maxRejects, maxCollisions, given };
}

function limitOf(verb: string, name: 'maxRejects' | 'maxCollisions', value: unknown): number | `${number}%` {
  if (value === undefined) return 0;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
  const percent = typeof value === 'string' && /^\d+(?:\.\d+)?%$/.test(value) ? Number(value.slice(0, -1)) : null;
  if (percent !== null && percent <= 100) return value as `${number}%`;
  throw mistake(name === 'maxRejects' ? 'MAX_REJECTS' : 'MAX_COLLISIONS', {
    message: `${name} of ${verb} is ${shown(value)}`,
    next: "Give a whole number, or a share of the rows from '0%' to '100%'.",
  });
}

const sourceOf = (from: FromOrigin): DataSource =>
  from.kind === 'table' ? { kind: 'table', table: from.table } : from.source;
const tablesOf = ({ from, into }: Ends): readonly TableOrigin[] => (from.kind === 'table' ? [from, into] : [into]);

/** What a spec is called in messages. */
export function subjectOf(verb: string, { from, into }: Pick<Ends, 'from' | 'into'>): string {
  return `${verb} from ${sourceName(sourceOf(from))} into ${into.table.name}`;
}

export function copyOrigin(spec: unknown): DataOrigin {
  const ends = endsOf('copy', spec, 'columns');
  refuseSameTable('copy', ends);
  const columns = mappingsOf(subjectOf('copy', ends), { ...ends, given: ends.given['columns'], complete: true });
  return specOf(ends, 'copy', (base) => ({ ...base, kind: 'copy', columns }));
}

export function backfillOrigin(spec: unknown): DataOrigin {
  const ends = endsOf('backfill', spec, 'columns');
  const subject = subjectOf('backfill', ends);
  const { from, into } = ends;
  if (from.kind !== 'table' || from.table.name !== into.table.name) {
    throw mistake('BACKFILL_OF_ANOTHER', {
      message: `${subject}: a backfill writes into the table that it reads`,
      next: 'Use `copy` or `transform` between two tables.',
    });
  }
  const columns = mappingsOf(subject, { from, into, given: ends.given['columns'], complete: false });
  if (Object.keys(columns).length === 0) {
    throw mistake('BACKFILL_OF_NOTHING', {
      message: `${subject} names no column`,
      next: 'Name the columns in `columns`.',
    });
  }
  refuseRekeyed(subject, into);
  refuseReadingItself(subject, { from, into, columns });
  return specOf(ends, 'backfill', (base) => ({ ...base, kind: 'backfill', columns }));
}

export function transformOrigin(spec: unknown): DataOrigin {
  const ends = endsOf('transform', spec, 'rows');
  refuseSameTable('transform', ends);
  const subject = subjectOf('transform', ends);
  const { rows } = ends.given;
  if (typeof rows !== 'function') {
    throw mistake('NOT_A_FUNCTION', {
      message: `rows of ${subject} is ${shown(rows)}, not a function`,
      next: 'Write `rows: (row, out) => { out.emit({ … }); }`.',
    });
  }
  const run = rowsFunction(subject, ends, rows as TransformSpec['rows']);
  return specOf(ends, 'transform', (base) => ({ ...base, kind: 'transform', rows: run }));
}

/** The user's function, with `json` parsed and stringified around it, and its result checked. */
function rowsFunction(subject: string, { from, into }: Ends, rows: TransformSpec['rows']): TransformSpec['rows'] {
  const reads = turnsOf(from.types as unknown as Properties, 'read');
  const writes = turnsOf(into.types as unknown as Properties, 'write');
  return (row, out, run) => {
    const emit = writes === null ? out : { emit: (emitted: JsRow) => out.emit(turned(emitted, writes)) };
    const result: unknown = rows(reads === null ? row : turned(row, reads), emit, run);
    if (result === undefined || (isSignal(result) && result.kind !== 'unset'))
      return result as ReturnType<TransformSpec['rows']>;
    throw mistake('TRANSFORM_RETURNED', {
      message: `rows of ${subject} returned ${isPromise(result) ? 'a promise' : shown(result)}`,
      next: 'Emit rows with `out.emit`; return nothing but `skip(…)` or `reject(…)`, and do not make the function async.',
    });
  };
}

function specOf(
  ends: Ends,
  verb: DataSpec['kind'],
  finish: (base: Omit<BackfillSpec, 'kind' | 'columns'>) => DataSpec,
): DataOrigin {
  const privacy = dataPrivacy(subjectOf(verb, ends), { ...ends, given: ends.given['lower'] });
  const since = sinceFrom(subjectOf(verb, ends), ends.from, ends.given['since']);
  const base = {
    from: sourceOf(ends.from),
    into: ends.into.table,
    maxRejects: ends.maxRejects,
    ...(ends.maxCollisions === null ? {} : { maxCollisions: ends.maxCollisions }),
    ...(privacy === null ? {} : { privacy }),
    ...(since === null ? {} : { since }),
  };
  return {
    kind: 'data',
    verb,
    tables: tablesOf(ends),
    from: ends.from,
    spec: (index) => Object.freeze(finish({ index, ...base })),
  };
}

/** Reading and writing one table does not end; a table that is rebuilt (another key or type) is two. */
function refuseSameTable(verb: 'copy' | 'transform', ends: Ends): void {
  const { from, into } = ends;
  if (from.kind !== 'table' || from.table.name !== into.table.name || rebuilds(into, from)) return;
  throw mistake('DATA_INTO_ITSELF', {
    message: `${subjectOf(verb, ends)} reads the table that it writes`,
    next: 'Use `backfill` to fill columns, or write into another table.',
  });
}

function rebuilds(table: TableOrigin, since: TableOrigin): boolean {
  if (table === since || table.how !== 'altered') return false;
  const { key, retype } = table.delta;
  return key !== null || Object.keys(retype).length > 0 || rebuilds(table.base, since);
}

function refuseRekeyed(subject: string, into: TableOrigin): void {
  for (let table = into; table.how === 'altered'; table = table.base) {
    if (table.delta.key === null) continue;
    throw mistake('BACKFILL_REKEYED', {
      message: `${subject}: the table gets another key, so its rows are not those that were read`,
      next: 'Use `copy` from the table as it was into the table with the new key.',
    });
  }
}

/** A backfill that reads what it writes would do it twice when it resumes. */
function refuseReadingItself(
  subject: string,
  spec: {
    readonly from: TableOrigin;
    readonly into: TableOrigin;
    readonly columns: Readonly<Record<string, ColumnMapping>>;
  },
): void {
  for (const name of Object.keys(spec.columns)) {
    const [read, written] = [spec.from, spec.into].map(({ table }) =>
      table.columns.find((column) => column.name === name),
    );
    if (read === undefined || JSON.stringify(read) !== JSON.stringify(written)) continue;
    throw mistake('BACKFILL_READS_ITSELF', {
      message: `${subject} writes column ${name}, which it also reads: resumed, it would change rows twice`,
      next: `Leave ${name} out of the \`existing\` table that \`from\` names, or write to a new column.`,
      fields: { column: name },
    });
  }
}
