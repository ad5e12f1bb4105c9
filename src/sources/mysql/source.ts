import { hashOf } from '../../kernel/hash.ts';
import type { ForeignSource } from '../../model/data.ts';
import type { Source, SourceFacts, SourceNote, SourceRow, Split } from '../../ports/source.ts';
import { type Addresses, addressOf, loginOf, type ServerLogin } from '../sql/address.ts';
import { conditionOf, type KeyRange, rangeOf, splitOf, wholeTable } from '../sql/key-range.ts';
import { missingNotes, refuseMissing, tableMissing, unknownType, viewNote, zoneNotes } from '../sql/notes.ts';
import { keyRanges } from '../sql/ranges.ts';
import { type SqlColumn, TableRows } from '../sql/rows.ts';
import { type Catalogue, catalogueOf, isWholeKey, splittingKey } from './catalogue.ts';
import { MysqlSession } from './connection.ts';
import { typeNotes } from './declared-types.ts';
import { quoted } from './names.ts';
import { MysqlReaders, mayLock } from './readers.ts';
import { mysqlReaders, shownBytes } from './values.ts';

const pageRows = 500;
/** Up to so many rows, by the server's estimate, they are counted. */
const countedRows = 5_000_000;

/** A table or query of MySQL or MariaDB. */
export async function openMysql(declared: ForeignSource, addresses: Addresses): Promise<Source> {
  const name = declared.connection ?? '';
  const columns = columnsOf(declared);
  const login = await loginOf(name, addressOf(declared, addresses), { schemes: ['mysql', 'mariadb'], port: 3306 });
  const session = await MysqlSession.open(name, login);
  try {
    const catalogue = await catalogueOf(session, declared);
    if (catalogue === null) throw tableMissing(declared);
    return new MysqlSource({ declared, columns, login, session, catalogue });
  } catch (thrown) {
    await session.close();
    throw thrown;
  }
}

interface Opened {
  readonly declared: ForeignSource;
  readonly columns: readonly SqlColumn<Buffer>[];
  readonly login: ServerLogin;
  /** Looks at the catalogue; rows of a copy come over connections of their own. */
  readonly session: MysqlSession;
  readonly catalogue: Catalogue;
}

class MysqlSource implements Source {
  readonly #opened: Opened;
  readonly #rows: TableRows<Buffer>;
  #readers: Promise<MysqlReaders> | null = null;

  constructor(opened: Opened) {
    this.#opened = opened;
    this.#rows = new TableRows(opened.declared.place, opened.columns, opened.declared.key);
  }

  async facts(): Promise<SourceFacts> {
    const { declared, session, catalogue } = this.#opened;
    const { server, database, created, rows, bytes } = catalogue;
    const counted = rows !== null && rows <= countedRows ? await this.#count() : null;
    return {
      rows: counted,
      bytes,
      missing: [],
      identity: hashOf({ server, database, created, declared, columns: [...catalogue.columns.values()] }),
      notes: [
        ...missingNotes(declared, [...catalogue.columns.keys()]),
        ...typeNotes(declared, catalogue),
        ...zoneNotes(declared, 'mysql.datetime'),
        ...this.#engineNotes(),
        ...((await mayLock(session)) || this.#key === null ? [] : [viewNote(declared, 'RELOAD')]),
      ],
    };
  }

  async sample(wanted: number): Promise<readonly SourceRow[]> {
    const { session } = this.#opened;
    const half = Math.ceil(wanted / 2);
    const key = this.#key;
    const first = await session.rows(`${this.#select(wholeTable, '')} LIMIT ${half}`);
    if (key === null || first.length < half) return first.map((row, at) => this.#rows.row(row, at + 1));
    const order = key.map(({ name }) => `${name} DESC`).join(', ');
    const last = await session.rows(`${this.#select(wholeTable, order)} LIMIT ${half}`);
    return [...first, ...last].map((row, at) => this.#rows.row(row, at + 1));
  }

  async splits(wanted: number): Promise<readonly Split[]> {
    const { declared, catalogue } = this.#opened;
    const ranges = this.#key === null ? [wholeTable] : await this.#ranges(wanted, catalogue.rows ?? 0);
    return ranges.map((range) => splitOf(declared.place, range));
  }

  async *read(split: Split): AsyncIterable<readonly SourceRow[]> {
    const range = rangeOf(split);
    const readers = await this.#reading();
    const session = await readers.take();
    let number = 0;
    try {
      for await (const page of session.pages(this.#select(range, ''), pageRows)) {
        yield page.map((raw) => {
          number += 1;
          return this.#rows.row(raw, number);
        });
      }
    } finally {
      readers.give(session);
    }
  }

  async close(): Promise<void> {
    await this.#opened.session.close();
    await (await this.#readers?.catch(() => null))?.close();
  }

  get #key(): ReturnType<typeof splittingKey> {
    return splittingKey(this.#opened.declared, this.#opened.catalogue);
  }

  #reading(): Promise<MysqlReaders> {
    const { declared, login } = this.#opened;
    this.#readers ??= MysqlReaders.open(declared.connection ?? '', login);
    return this.#readers;
  }

  get #from(): string {
    const { declared, catalogue } = this.#opened;
    const { query } = declared.settings;
    if (typeof query === 'string') return `(${query}) AS source`;
    return `${quoted(catalogue.database)}.${quoted(declared.place)}`;
  }

  #select(range: KeyRange, order: string): string {
    const { declared, catalogue, columns } = this.#opened;
    refuseMissing(declared, [...catalogue.columns.keys()]);
    // A float's own text has six digits only; as a double it has them all.
    const list = columns.map(({ field, column }) =>
      declared.columns[column]?.type === 'mysql.float' ? `(${quoted(field)} + 0e0)` : quoted(field),
    );
    const condition = conditionOf(range, this.#key ?? []);
    const where = condition === null ? '' : ` WHERE ${condition}`;
    return `SELECT ${list.join(', ')} FROM ${this.#from}${where}${order === '' ? '' : ` ORDER BY ${order}`}`;
  }

  async #count(): Promise<number> {
    const [row] = await this.#opened.session.rows(`SELECT COUNT(*) FROM ${this.#from}`);
    return Number(row?.[0]?.toString('latin1') ?? 0);
  }

  async #ranges(wanted: number, rows: number): Promise<readonly KeyRange[]> {
    const { declared, catalogue } = this.#opened;
    const readers = await this.#reading();
    const session = await readers.take();
    const key = this.#key ?? [];
    const names = key.map(({ name }) => name).join(', ');
    const binary = declared.key.map((name) =>
      /binary/.test(catalogue.columns.get(declared.columns[name]?.field ?? name)?.type ?? ''),
    );
    try {
      return await keyRanges(
        {
          rows,
          extremes: async () => {
            if (!isWholeKey(declared, catalogue)) return null;
            const [found] = await session.rows(`SELECT MIN(${names}), MAX(${names}) FROM ${this.#from}`);
            const [least, greatest] = (found ?? []).map((value) =>
              value === null ? null : BigInt(value.toString('latin1')),
            );
            return least === null || least === undefined || greatest === null || greatest === undefined
              ? null
              : { least, greatest };
          },
          step: async (after, stride) => {
            const condition = conditionOf({ after, upTo: null }, key);
            const where = condition === null ? '' : ` WHERE ${condition}`;
            const sql = `SELECT ${names} FROM ${this.#from}${where} ORDER BY ${names} LIMIT 1 OFFSET ${stride - 1}`;
            const [found] = await session.rows(sql);
            return found?.map((value, at) => value?.toString(binary[at] ? 'latin1' : 'utf8') ?? '') ?? null;
          },
        },
        wanted,
      );
    } finally {
      readers.give(session);
    }
  }

  #engineNotes(): readonly SourceNote[] {
    const { declared, catalogue } = this.#opened;
    const { engine } = catalogue;
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
}

function columnsOf(declared: ForeignSource): readonly SqlColumn<Buffer>[] {
  return Object.entries(declared.columns).map(([column, one]) => {
    const factory = Object.hasOwn(mysqlReaders, one.type) ? mysqlReaders[one.type] : undefined;
    if (factory === undefined) throw unknownType('MySQL', column, one.type);
    const { field, required } = one;
    return { column, field, required, read: factory(one, declared.settings), show: shownBytes };
  });
}
