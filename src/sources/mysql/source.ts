import { hashOf } from '../../kernel/hash.ts';
import { own } from '../../kernel/own.ts';
import type { ForeignSource } from '../../model/data.ts';
import type { ChangedRows, Source, SourceNote } from '../../ports/source.ts';
import { type Addresses, addressOf, invalidAddress, loginOf } from '../sql/address.ts';
import { holdsUnique } from '../sql/key-range.ts';
import { tableMissing, unknownType, viewNote, zoneNotes } from '../sql/notes.ts';
import type { SqlColumn } from '../sql/rows.ts';
import { SqlSource, type SqlTable } from '../sql/source.ts';
import { type Catalogue, catalogueOf, isWholeKey, splittingKey } from './catalogue.ts';
import { MysqlSession } from './connection.ts';
import { typeNotes } from './declared-types.ts';
import { quoted } from './names.ts';
import { MysqlReaders, mayLock } from './readers.ts';
import { mysqlTimes } from './times.ts';
import { mysqlReaders, shownBytes } from './values.ts';

/** A table or query of MySQL or MariaDB. */
export async function openMysql(declared: ForeignSource, addresses: Addresses, changed?: ChangedRows): Promise<Source> {
  const name = declared.connection ?? '';
  const columns = columnsOf(declared);
  const login = await loginOf(name, addressOf(declared, addresses), { schemes: ['mysql', 'mariadb'], port: 3306 });
  if (login.tls?.servername !== undefined)
    throw invalidAddress(name, 'has a `serverName`, which its driver cannot check');
  const session = await MysqlSession.open(name, login);
  try {
    const catalogue = await catalogueOf(session, declared);
    if (catalogue === null) throw tableMissing(declared);
    const table = tableOf(declared, columns, { catalogue, locks: await mayLock(session) });
    const openReaders = (): Promise<MysqlReaders> => MysqlReaders.open(name, login);
    return new SqlSource(table, { session, openReaders, close: () => session.close() }, changed);
  } catch (thrown) {
    await session.close();
    throw thrown;
  }
}

function tableOf(
  declared: ForeignSource,
  columns: readonly SqlColumn<Buffer>[],
  { catalogue, locks }: { readonly catalogue: Catalogue; readonly locks: boolean },
): SqlTable<Buffer> {
  const { server, database, created, rows, bytes } = catalogue;
  const { query } = declared.settings;
  const key = splittingKey(declared, catalogue);
  const binary = declared.key.map((name) =>
    /binary/.test(catalogue.columns.get(own(declared.columns, name)?.field ?? name)?.type ?? ''),
  );
  return {
    declared,
    from: typeof query === 'string' ? `(${query}) AS source` : `${quoted(database)}.${quoted(declared.place)}`,
    fields: [...catalogue.columns.keys()],
    columns,
    // A float's own text has six digits only; as a double it has them all.
    expression: ({ column, field }) =>
      own(declared.columns, column)?.type === 'mysql.float' ? `(${quoted(field)} + 0e0)` : quoted(field),
    key,
    keyExpression: ({ name }) => name,
    keyText: (raw, part) => raw.toString(binary[part] ? 'latin1' : 'utf8'),
    wholeKey: isWholeKey(declared, catalogue),
    distinct: holdsUnique(declared, catalogue.unique),
    rows,
    bytes,
    identity: hashOf({ server, database, created, declared, columns: [...catalogue.columns.values()] }),
    notes: [
      ...typeNotes(declared, catalogue),
      ...zoneNotes(declared, 'mysql.datetime'),
      ...engineNotes(declared, catalogue),
      ...(locks || key === null ? [] : [viewNote(declared, 'RELOAD')]),
    ],
    times: mysqlTimes,
    isIndexed: async (field) =>
      catalogue.engine === null ? null : catalogue.indexes.some(([first]) => first === field),
  };
}

function engineNotes(declared: ForeignSource, { engine }: Catalogue): readonly SourceNote[] {
  if (engine === null || ['InnoDB', 'RocksDB', 'TokuDB'].includes(engine)) return [];
  return [
    {
      code: 'SOURCE_NOT_TRANSACTIONAL',
      severity: 'warning',
      message: `${declared.place} is kept by ${engine}, which has no views of one moment`,
      next: 'Stop writing to it while it is copied.',
    },
  ];
}

function columnsOf(declared: ForeignSource): readonly SqlColumn<Buffer>[] {
  return Object.entries(declared.columns).map(([column, one]) => {
    const factory = own(mysqlReaders, one.type);
    if (factory === undefined) throw unknownType('MySQL', column, one.type);
    const { field, required } = one;
    return { column, field, required, read: factory(one, declared.settings), show: shownBytes };
  });
}
