import { CqlformError, exitCodes } from '../../kernel/errors.ts';
import { own } from '../../kernel/own.ts';
import type { StepResult } from '../../model/journal.ts';
import { keyColumns, type Table } from '../../model/schema.ts';
import type { WorkInput } from '../deps.ts';
import { carryingRest, floorOf } from './copy-request.ts';
import { firstPass } from './passes.ts';

type StepFacts = Omit<WorkInput, 'work'>;

/** The table as it is live, whole; the plan's own picture of it may name only some columns. */
function liveTable(input: StepFacts, name: string): Table {
  const table = own(input.live.schema.tables, name);
  if (table !== undefined) return table;
  throw new CqlformError('TABLE_MISSING', `${input.live.name}.${name} is not there`, {
    next: 'Look at `cqlform drift`: somebody dropped the table while the plan was running.',
    fields: { step: input.step.id },
    exitCode: exitCodes.stalePlan,
  });
}

function tableId(input: StepFacts, name: string): string {
  return own(input.live.facts, name)?.id ?? '';
}

export async function runBackup(input: WorkInput<'backup'>): Promise<StepResult> {
  const { work, deps, request, live, context } = input;
  const table = liveTable(input, work.scope.table.name);
  const [backup] = await deps.backups.create(
    {
      id: `${live.name}-${request.run}-${work.label}`.toLowerCase().replaceAll(/[^a-z0-9._-]/g, '-'),
      label: work.label,
      scopes: [{ table, columns: work.scope.columns, tableId: tableId(input, table.name) }],
      consistency: request.settings.backupConsistency,
      secondPasses: 5,
      allowStillWritten: request.settings.allowStillWritten,
      ledgerHead: request.head,
    },
    context,
  );
  if (backup === undefined) throw new TypeError(`no backup of ${table.name}`);
  return { kind: 'backup', backup };
}

export async function runRestore(input: WorkInput<'restore'>): Promise<StepResult> {
  const { work, deps, request, decisions, context, live } = input;
  const backup = own(request.plan.backups, work.label);
  if (backup === undefined) throw new TypeError(`the plan names no backup ${work.label}`);
  const into = liveTable(input, work.scope.table.name);
  const timestamp = BigInt(decisions.writeTimestamp ?? '0');
  const report = await deps
    .backupsAt(backup.store)
    .restore({ backup, into, mode: work.mode, renamed: work.renamed, timestamp }, context);
  await raiseFloor(input, into.name, timestamp);
  if (report.digest !== report.expected) {
    const columns =
      work.scope.columns ??
      into.columns.map((column) => column.name).filter((name) => !keyColumns(into).includes(name));
    const newest = await deps.rows.newestWriteTime({
      keyspace: live.name,
      table: into,
      types: live.schema.types,
      columns,
    });
    explainDifference(input, newest !== null && newest > writtenSince(input));
  }
  const { rows, staticRows, expired, digest, expected } = report;
  return { kind: 'restore', rows, staticRows, expired, digest, expected };
}

/** Cells newer than this can only be somebody else's. */
function writtenSince({ work, decisions }: WorkInput<'restore'>): bigint {
  const listAttempts = 2n * BigInt(decisions.attempt);
  if (work.mode === 'new-table') return BigInt(Date.parse(decisions.startedAt)) * 1000n;
  return BigInt(decisions.writeTimestamp ?? '0') + listAttempts;
}

function explainDifference(input: WorkInput<'restore'>, writersGoOn: boolean): void {
  const { deps, step } = input;
  const message = `${step.address}: the restored rows differ from the backup`;
  if (writersGoOn) {
    deps.emit({
      kind: 'warning',
      code: 'WRITTEN_MEANWHILE',
      message: `${message}, because the application has written since`,
      step: step.id,
    });
    return;
  }
  throw new CqlformError('RESTORE_DIFFERS', `${message}, and nobody has written since`, {
    next: 'The backup is untouched. Run `cqlform rollback` again; if it stays so, `cqlform backup verify` tells whether the backup is whole.',
    fields: { step: step.id },
    exitCode: exitCodes.integrity,
  });
}

/** Later copies into the table must write above what the restore wrote, or they would lose silently. */
async function raiseFloor({ deps, step, decisions }: StepFacts, table: string, timestamp: bigint): Promise<void> {
  const above = timestamp + 2n * BigInt(decisions.attempt) + 1n;
  await deps.journal.write({ kind: 'floor', table, timestamp: String(above), reason: step.id });
}

export async function runData(input: WorkInput<'data'>): Promise<StepResult> {
  const { work, deps, request, decisions, context, section, step, live } = input;
  const from = work.from === null ? null : liveTable(input, work.from.name);
  const into = liveTable(input, work.into.name);
  const spec = carryingRest(await deps.loadData(section, work.data.index), from, into);
  const pass = await firstPass(input, spec, from);
  const threads = await deps.rowThreads(section, work.data.index, request.settings.threads);
  const { accounts, verified } = await deps.copier.copy(
    {
      spec,
      from,
      into,
      startedAt: new Date(decisions.startedAt),
      timestamp: BigInt(decisions.writeTimestamp ?? '0'),
      floor: floorOf(request.floors, live, into),
      rejectsFile: deps.rejectsFile(request.run, step.id),
      ...(pass === null ? {} : { pass }),
      verify: request.settings.verifyCopies,
      ...(threads === null ? {} : { threads }),
    },
    context,
  );
  deps.emit({ kind: 'accounts', step: step.id, accounts });
  return { kind: 'data', accounts, skipped: false, ...(verified.level === 'none' ? {} : { verified }) };
}

export async function runCopyTable(input: WorkInput<'copy-table'>): Promise<StepResult> {
  const { work, deps, request, decisions, context, step, live } = input;
  const into = liveTable(input, work.into.name);
  const accounts = await deps.copier.copyTable(
    {
      from: liveTable(input, work.from.name),
      into,
      columns: work.columns,
      withinRow: work.from.name === work.into.name,
      timestamp: BigInt(decisions.writeTimestamp ?? '0'),
      floor: floorOf(request.floors, live, into),
    },
    context,
  );
  deps.emit({ kind: 'accounts', step: step.id, accounts });
  return { kind: 'data', accounts, skipped: false };
}

export async function runCompare(input: WorkInput<'compare'>): Promise<StepResult> {
  const { work, deps, context } = input;
  const report = await deps.copier.compare(
    {
      from: liveTable(input, work.from.name),
      into: liveTable(input, work.into.name),
      columns: work.columns,
      withinRow: work.from.name === work.into.name,
    },
    context,
  );
  return { kind: 'compare', ...report };
}
