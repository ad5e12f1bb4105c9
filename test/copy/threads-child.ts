import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { t, table } from '../../src/index.ts';
import { CqlformError } from '../../src/kernel/errors.ts';
import type { CopyAccounts } from '../../src/model/journal.ts';
import type { ThreadsWanted } from '../../src/ports/engines.ts';
import type { Checkpoint } from '../../src/ports/journal.ts';
import { ended } from '../support/project.ts';
import { baseTime, type CopyFixture, copyFixture } from './copy-fixture.ts';
import { type Threaded, threaded } from './threaded.ts';
import { everyTypeSource, everything, failingSource, loud, wordsSource } from './threads-migrations.ts';

/*
 * Copies with and without threads, in a process of its own, because that of a test cannot load migrations:
 * `threads-child.ts HOST PORT DATACENTER`. Prints what happened as one line of JSON.
 */

const [, , host = '', port = '0', localDataCenter = ''] = process.argv;
const keyspace = 'copy_threads';

const words = table('words', {
  columns: { n: t.int(), part: t.int(), text: t.text(), list: t.list(t.text()) },
  partitionKey: ['n'],
  clusteringKey: ['part'],
});
const copied = table('copied', { columns: { n: t.int(), part: t.int(), loud: t.text() }, partitionKey: ['n', 'part'] });
const { place, columns } = everything;
const every = (name: string) => table(name, { columns, partitionKey: ['id'] });
const [one, emitted, mapped] = [every('every_one'), every('every_emitted'), every('every_mapped')];

/** What a copy came to with no thread, and with two. */
interface Both {
  readonly here: unknown;
  readonly there: unknown;
}
export interface Happened {
  readonly same: Both;
  readonly types: Both;
  readonly killed: Both & {
    /** Pieces that were done when the process was killed, records of the next, and pieces in all. */
    readonly done: number;
    readonly again: number;
    readonly pieces: number;
  };
  readonly failures: Readonly<Record<string, Both>>;
  /** How often a function printed. */
  readonly said: number;
}

const both = async (seen: (threads: ThreadsWanted) => Promise<unknown>, threads = 2): Promise<Both> => ({
  here: await seen(0),
  there: await seen(threads),
});

const wordsMigration = (fixture: CopyFixture): Promise<Threaded> =>
  threaded(fixture, wordsSource, { 'lib/loud.ts': loud });

async function same(fixture: CopyFixture): Promise<Both> {
  const { run } = await wordsMigration(fixture);
  return both(async (threads) => {
    if (threads !== 0) for (const name of ['words', 'copied']) await fixture.query(`TRUNCATE KS.${name}`);
    const first = await run(0, { threads });
    const rejects = await readFile(fixture.rejectsFile, 'utf8');
    const second = await run(1, { threads });
    const tables = await Promise.all(['words', 'copied'].map((name) => fixture.query(`SELECT JSON * FROM KS.${name}`)));
    const times = await fixture.query('SELECT n, part, writetime(text) AS w FROM KS.words');
    return {
      first,
      second,
      rejects,
      tables,
      times: times.map((row) => JSON.stringify({ ...row, w: String(row['w']) })),
    };
  });
}

/** The table's rows are copied by a process that is killed, and again from where it was. */
async function killed(fixture: CopyFixture): Promise<Happened['killed']> {
  const { folder, run } = await wordsMigration(fixture);
  const child = fileURLToPath(new URL('threads-killed.ts', import.meta.url));
  const order = JSON.stringify({
    folder,
    rejectsFile: fixture.rejectsFile,
    from: fixture.table('words'),
    into: fixture.table('copied'),
  });
  const { signal, stdout, stderr } = await ended(spawn(process.execPath, [child, host, port, keyspace, order]));
  if (signal !== 'SIGKILL') throw new Error(`it was not killed: ${stderr}`);
  const finished = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Checkpoint);
  const seen = async (accounts: CopyAccounts): Promise<unknown> => {
    const rejects = (await readFile(fixture.rejectsFile, 'utf8')).trimEnd().split('\n').sort();
    const rows = await fixture.query('SELECT n, part, loud FROM KS.copied');
    return { accounts, rejects, rows: rows.map((row) => JSON.stringify(row)).sort() };
  };
  const there = await seen(await run(2, { threads: 2, attempt: 2, finished }));
  const again = fixture.checkpoints().length;
  const done = finished.filter(({ state }) => state === 'done').length;
  const here = await seen(await run(2, { threads: 0, attempt: 3 }));
  return { here, there, done, again, pieces: fixture.checkpoints().filter(({ state }) => state === 'done').length };
}

async function types(fixture: CopyFixture): Promise<Both> {
  const cql = (statement: string): Promise<unknown> => fixture.query(statement);
  await cql(`INSERT INTO KS.every_one (id, "ascii", "bigint", "blob", "boolean", "date", "decimal", "double", "duration",
    "float", "inet", "int", "smallint", "text", "time", "timestamp", "timeuuid", "tinyint", "uuid", "varint", "list",
    "set", "map", udt, "frozen", "tuple", vector) VALUES (1, 'a', 9223372036854775807, 0x00ff, true, '2024-02-29', 1.10,
    1.5, 1mo2d3h, 0.5, '::1', -1, 7, 'æ', '12:30:00.000000001', '2024-01-01T00:00:00.123Z',
    8f14e45f-ceea-11ee-a0e6-0f3b1c9f2b11, -128, 8f14e45f-ceea-467f-a0e6-0f3b1c9f2b11, 123456789012345678901234567890,
    [3, 1, 2], {'b', 'a'}, {'k': 1}, {street: 'x', zip: 5}, [{1, 2}, {3}], (1, 'x'), [0.1, 0.2, 0.3])`);
  await cql(`INSERT INTO KS.every_one (id) VALUES (2)`);
  await cql(
    `UPDATE KS.every_one USING TIMESTAMP 1600000000000000 AND TTL 86400 SET "text" = 'ends', "set" = {'x'} WHERE id = 3`,
  );
  await cql(`UPDATE KS.every_one SET "set" = "set" + {'y'}, udt = {zip: 9}, "list" = [1] WHERE id = 3`);
  const { run } = await threaded(fixture, everyTypeSource);
  return both(async (threads) => {
    const accounts = [await run(0, { threads }), await run(1, { threads })];
    const rows = await Promise.all(
      ['every_emitted', 'every_mapped'].map(async (name) => {
        const found = await fixture.query(
          `SELECT JSON id, ${Object.keys(columns)
            .slice(1)
            .map((column) => `"${column}"`)
            .join(', ')} FROM KS.${name}`,
        );
        const times = await fixture.query(
          `SELECT writetime("set") AS s, writetime("text") AS t, ttl("text") AS e FROM KS.${name} WHERE id = 3`,
        );
        if (threads === 0) await fixture.query(`TRUNCATE KS.${name}`);
        return [found, times.map((row) => [String(row['s']), String(row['t']), Number(row['e']) > 0])];
      }),
    );
    return { accounts, rows };
  });
}

const failing = ['throws', 'emits a stranger', 'promises', 'exits', 'too many'] as const;

async function failures(fixture: CopyFixture): Promise<Happened['failures']> {
  const { run } = await threaded(fixture, failingSource);
  // what a run wrote is told by its time
  let timestamp = baseTime;
  const ended = async (index: number, more: { readonly threads: ThreadsWanted; readonly rowTimeoutMs?: number }) => {
    timestamp += 1000n;
    const written = async (): Promise<number> => {
      const rows = await fixture.query('SELECT n, writetime(text) AS w FROM KS.words WHERE part = 1 ALLOW FILTERING');
      return rows.filter(({ w }) => String(w) === String(timestamp)).length;
    };
    try {
      return { accounts: await run(index, { ...more, timestamp }) };
    } catch (thrown) {
      if (!(thrown instanceof CqlformError)) return { thrown: String(thrown) };
      const { code, message, next, fields, where, exitCode } = thrown;
      return { code, message, next, fields, where, exitCode, rows: await written() };
    }
  };
  const found: Record<string, Both> = {};
  for (const [index, name] of failing.entries()) found[name] = await both((threads) => ended(index, { threads }), 1);
  const after = failing.length;
  found['hangs'] = { here: null, there: await ended(after, { threads: 1, rowTimeoutMs: 300 }) };
  found['grows'] = { here: null, there: await ended(after + 1, { threads: 1 }) };
  return found;
}

const fixture = await copyFixture(keyspace, { address: { host, port: Number(port), localDataCenter } });
try {
  await fixture.create(place, words, copied, one, emitted, mapped);
  const lines = Array.from({ length: 3000 }, (_, id) =>
    JSON.stringify({ id: id === 77 ? 'x' : id, text: `word ${id}` }),
  );
  await fixture.file('lines.ndjson', lines.join('\n'));
  const happened: Omit<Happened, 'said'> = {
    same: await same(fixture),
    killed: await killed(fixture),
    types: await types(fixture),
    failures: await failures(fixture),
  };
  process.stdout.write(`\n${JSON.stringify(happened)}\n`);
} finally {
  await fixture.close();
}
