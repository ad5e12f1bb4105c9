import { hashOf } from '../../kernel/hash.ts';
import type { ForeignSource } from '../../model/data.ts';
import type { ChangedRows, Source } from '../../ports/source.ts';
import { type Addresses, addressOf, loginOf } from '../sql/address.ts';
import { holdsUnique } from '../sql/key-range.ts';
import { tableMissing, unknownType, zoneNotes } from '../sql/notes.ts';
import type { SqlColumn } from '../sql/rows.ts';
import { SqlSource, type SqlTable } from '../sql/source.ts';
import { type Catalogue, catalogueOf, isIndexed, isWholeKey, quoted, splittingKey } from './catalogue.ts';
import { PostgresSession } from './connection.ts';
import { typeNotes } from './declared-types.ts';
import { PostgresReaders } from './readers.ts';
import { postgresTimes } from './times.ts';
import { postgresReader } from './values.ts';

const shownLength = 1000;

/** A table or query of PostgreSQL. */
export async function openPostgres(
  declared: ForeignSource,
  addresses: Addresses,
  changed?: ChangedRows,
): Promise<Source> {
  const name = declared.connection ?? '';
  const columns = columnsOf(declared);
  const schemes = ['postgres', 'postgresql'];
  const login = await loginOf(name, addressOf(declared, addresses), { schemes, port: 5432 });
  const session = await PostgresSession.open(name, login);
  try {
    const catalogue = await catalogueOf(session, declared);
    if (catalogue === null) throw tableMissing(declared);
    const openReaders = (): Promise<PostgresReaders> => PostgresReaders.open(name, login);
    const connections = { session, openReaders, close: () => session.close() };
    return new SqlSource(tableOf(declared, columns, { catalogue, session }), connections, changed);
  } catch (thrown) {
    await session.close();
    throw thrown;
  }
}

function tableOf(
  declared: ForeignSource,
  columns: readonly SqlColumn<string>[],
  { catalogue, session }: { readonly catalogue: Catalogue; readonly session: PostgresSession },
): SqlTable<string> {
  return {
    declared,
    from: catalogue.from,
    fields: [...catalogue.columns.keys()],
    columns,
    expression: ({ field }) => quoted(field),
    key: splittingKey(declared, catalogue),
    keyExpression: ({ name }) => name,
    keyText: (raw) => raw,
    wholeKey: isWholeKey(declared, catalogue),
    distinct: holdsUnique(declared, catalogue.unique),
    rows: catalogue.rows,
    bytes: catalogue.bytes,
    identity: hashOf({ place: catalogue.identity, declared, columns: [...catalogue.columns.values()] }),
    notes: [...typeNotes(declared, catalogue), ...zoneNotes(declared, 'postgres.timestamp')],
    times: postgresTimes,
    isIndexed: async (field) => (catalogue.bytes === null ? null : isIndexed(session, catalogue.from, field)),
  };
}

function columnsOf(declared: ForeignSource): readonly SqlColumn<string>[] {
  return Object.entries(declared.columns).map(([column, one]) => {
    const read = postgresReader(one, declared.settings);
    if (read === null) throw unknownType('PostgreSQL', column, one.type);
    const { field, required } = one;
    return { column, field, required, read, show: (raw) => raw.slice(0, shownLength) };
  });
}
