import { own } from '../kernel/own.ts';
import type { Hazard } from '../model/hazard.ts';
import { keyColumns, type Table } from '../model/schema.ts';
import type { Work } from '../model/step.ts';
import { counterQuiesce, hazard, noBackup } from './hazards.ts';
import { listed } from './names.ts';
import { isCounterTable } from './schema-objects.ts';
import type { SectionWriter } from './writer.ts';

type BackupWork = Extract<Work, { readonly kind: 'backup' }>;

interface BackupOf {
  readonly table: Table;
  /** Null: the whole table. */
  readonly columns: readonly string[] | null;
  readonly why: Exclude<BackupWork['why'], 'before-undo'>;
}

/** What a backup leaves for the step that it stands before. */
export interface Covered {
  readonly backup: string | null;
  readonly noBackup: string;
  /** To be shown on the step that destroys. */
  readonly hazards: readonly Hazard[];
}

/** A backup step, or, where the user does without one, why there is none. */
export function backUp(writer: SectionWriter, { table, columns, why }: BackupOf): Covered {
  const objects = columns === null ? [table.name] : columns.map((column) => `${table.name}.${column}`);
  const { input } = writer.scope;
  const waived = [table.name, ...objects].map((object) => writer.address(object));
  const waiver = waived.find((address) => input.options.noBackup.includes(address));
  if (waiver !== undefined)
    return {
      backup: null,
      noBackup: `no backup was taken, as --no-backup=${waiver} asked`,
      hazards: [noBackup(waiver)],
    };
  const label = writer.newLabel(objects.join('-'));
  writer.work(
    { kind: 'backup', scope: { table, columns }, label, why },
    {
      object: objects.length === 1 ? (objects[0] ?? table.name) : table.name,
      title: `back up ${listed(objects)}`,
      why: reasons[why],
      class: 'backup',
      hazards: backupHazards(writer, table, columns),
      reverse: { kind: 'none', why: 'a backup changes nothing; it is kept' },
      rowsOf: table.name,
    },
  );
  return { backup: label, noBackup: '', hazards: [] };
}

const reasons: Readonly<Record<BackupOf['why'], string>> = {
  'before-loss': 'the next steps take it away',
  'before-overwrite': 'the next step writes over rows that are there',
  'before-rebuild': 'the table is made anew',
};

function backupHazards(writer: SectionWriter, table: Table, columns: readonly string[] | null): readonly Hazard[] {
  const { untimed, live, largeTableBytes } = writer.scope.input;
  const address = writer.address(table.name);
  const found: Hazard[] = [];
  if (isCounterTable(table)) found.push(counterQuiesce(address));
  else if (columns === null) found.push(markerInferred(address));
  const timeless = (own(untimed, table.name) ?? []).filter((name) => columns === null || columns.includes(name));
  if (timeless.length > 0 && !isCounterTable(table))
    found.push(
      hazard(
        'TIME_INFERRED',
        address,
        `The server does not tell when ${listed(timeless)} was written: restored, it gets the row's oldest time.`,
      ),
    );
  const bytes = own(live.estimates, table.name)?.bytes ?? null;
  if (bytes !== null && largeTableBytes !== null && bytes >= largeTableBytes)
    found.push(
      hazard(
        'LARGE_TABLE',
        address,
        'A backup through CQL takes long at this size: give it room with --backup-store=local:<folder>, or do without with --no-backup=<address>.',
      ),
    );
  return found;
}

export function markerInferred(address: string): Hazard {
  return hazard(
    'MARKER_INFERRED',
    address,
    "Cassandra does not tell when a row itself was written: a restored row gets its cells' oldest time.",
  );
}

/** The columns of a scope: those given without the key, which always comes along. */
export function withoutKey(table: Table, columns: readonly string[]): readonly string[] {
  const key = keyColumns(table);
  return columns.filter((name) => !key.includes(name));
}
