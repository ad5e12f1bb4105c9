import { own } from '../kernel/own.ts';
import type { Table } from '../model/schema.ts';
import { backUp } from './backups.ts';
import { takeOff } from './dependents.ts';
import { breaksReaders, counterQuiesce, grantsLost, hazard } from './hazards.ts';
import { isCounterTable } from './schema-objects.ts';
import type { SectionWriter } from './writer.ts';

export function createTable(writer: SectionWriter, table: Table): void {
  writer.ddl({ kind: 'create-table', table }, { object: table.name, title: `create table ${table.name}` });
  writer.scope.made.add(table.name);
}

/** What stands on the table goes first, so that each of it comes back by itself. */
export function dropTable(writer: SectionWriter, name: string): void {
  const because = { why: `it stands on ${name}, which goes away`, comesBack: false } as const;
  if (own(writer.world.schema.tables, name) !== undefined) takeOff(writer, name, { because, indexes: true });
  const table = own(writer.world.schema.tables, name);
  if (table === undefined) return;
  const address = writer.address(name);
  const covered = backUp(writer, { table, columns: null, why: 'before-loss' });
  writer.ddl(
    { kind: 'drop-table', name },
    {
      object: name,
      title: `drop table ${name}`,
      hazards: [
        hazard(
          'DATA_LOSS',
          address,
          `All its rows go away.${covered.backup === null ? '' : ' The backup keeps them.'}`,
        ),
        breaksReaders(address, name),
        grantsLost(address),
        ...(isCounterTable(table) ? [counterQuiesce(address)] : []),
        ...covered.hazards,
      ],
      destroys: true,
      backup: covered.backup,
      noBackup: covered.noBackup,
    },
  );
}
