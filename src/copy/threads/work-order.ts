import { CqlformError, exitCodes } from '../../kernel/errors.ts';
import { own } from '../../kernel/own.ts';
import type { ColumnMapping, DataSpec } from '../../model/data.ts';
import type { ByName, Table, UserType } from '../../model/schema.ts';
import type { CopyRequest, WorkContext } from '../../ports/engines.ts';
import type { OpenedInput } from '../opened-input.ts';

type SentMapping = Exclude<ColumnMapping, { readonly kind: 'function' }> | { readonly kind: 'function' };

/** A data spec without its functions, which cannot be sent. */
type SentSpec = Omit<DataSpec, 'columns' | 'rows' | 'privacy' | 'kind'> &
  (
    | { readonly kind: 'transform' }
    | { readonly kind: 'copy' | 'backfill'; readonly columns: Readonly<Record<string, SentMapping>> }
  );

/** All that a thread has to know to do what the main thread would to each row. */
export interface WorkOrder {
  readonly spec: SentSpec;
  readonly request: Pick<CopyRequest, 'into' | 'startedAt' | 'timestamp' | 'floor' | 'pass'>;
  readonly context: Pick<WorkContext, 'types' | 'attempt'>;
  /** Null: rows come from outside Cassandra. */
  readonly table: {
    readonly table: Table;
    readonly types: ByName<UserType>;
    readonly columns: readonly string[];
  } | null;
  readonly tracked: boolean;
}

export function workOrder({
  request,
  context,
  input,
  tracked,
}: {
  readonly request: Omit<CopyRequest, 'rejectsFile'>;
  readonly context: WorkContext;
  readonly input: OpenedInput;
  readonly tracked: boolean;
}): WorkOrder {
  const { spec, into, startedAt, timestamp, floor, pass } = request;
  const { types, attempt } = context;
  return {
    spec: withoutFunctions(spec),
    request: { into, startedAt, timestamp, floor, ...(pass === undefined ? {} : { pass }) },
    context: { types, attempt },
    table: input.kind === 'source' ? null : { ...tableOf(input), columns: input.columns },
    tracked,
  };
}

function tableOf({ table: { table, types } }: Extract<OpenedInput, { kind: 'table' }>): {
  readonly table: Table;
  readonly types: ByName<UserType>;
} {
  return { table, types };
}

function withoutFunctions(spec: DataSpec): SentSpec {
  const { index, from, into, maxRejects } = spec;
  const base = { index, from, into, maxRejects };
  if (spec.kind === 'transform') return { ...base, kind: spec.kind };
  const columns = Object.entries(spec.columns).map(([name, mapping]): [string, SentMapping] => [
    name,
    mapping.kind === 'function' ? { kind: 'function' } : mapping,
  ]);
  return { ...base, kind: spec.kind, columns: Object.fromEntries(columns) };
}

/** The spec again, with the functions of the same spec as the thread has loaded it. Throws `CODE_CHANGED`. */
export function withFunctions(sent: SentSpec, loaded: DataSpec | undefined): DataSpec {
  if (sent.kind === 'transform') {
    if (loaded?.kind !== 'transform') throw otherCode();
    return { ...sent, rows: loaded.rows };
  }
  if (loaded === undefined || loaded.kind === 'transform') throw otherCode();
  const columns = Object.entries(sent.columns).map(([name, mapping]): [string, ColumnMapping] => {
    if (mapping.kind !== 'function') return [name, mapping];
    const found = own(loaded.columns, name);
    if (found?.kind !== 'function') throw otherCode();
    return [name, found];
  });
  const { kind } = sent;
  return { ...sent, kind, columns: Object.fromEntries(columns) };
}

function otherCode(): CqlformError {
  return new CqlformError('CODE_CHANGED', 'the migration was changed while its rows were copied', {
    next: 'Check out the commit that was planned, and apply again: it goes on where it stopped.',
    exitCode: exitCodes.stalePlan,
  });
}
