import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../src/cassandra/connect.ts';
import { createRows } from '../../src/cassandra/rows.ts';
import { systemClock } from '../../src/cassandra/system-clock.ts';
import { createCopier } from '../../src/copy/copier.ts';
import { compileMigration } from '../../src/dsl/compile.ts';
import { migration } from '../../src/index.ts';
import { eachAtATime } from '../../src/kernel/each-at-a-time.ts';
import type { OpenSource, Source, SourceRow } from '../../src/ports/source.ts';
import { createOpenSource } from '../../src/sources/open.ts';
import { readingOf, systems, target } from './systems.ts';

/**
 * One of three ways: `read` the source to nowhere, `load` the same rows from memory, `copy` from the source into the
 * table: `node bench/sources/one.ts SYSTEM MODE ROWS URL HOST PORT KEYSPACE`. Prints JSON.
 */

const [system = '', mode = '', rowsText = '', url = '', host = '', port = '', keyspace = ''] = process.argv.slice(2);
const count = Number(rowsText);
const found = systems[system];
if (found === undefined) throw new Error(`there is no system ${system}`);
const declared = migration({ description: 'x', schema: [target], data: [found.data] });
const compiled = compileMigration('20260101000000_x', declared);
const [spec] = compiled.data;
const into = compiled.declarations.flatMap((one) =>
  one.kind === 'create' && one.object.kind === 'table' ? [one.object] : [],
)[0];
if (spec?.from.kind !== 'foreign' || into === undefined) throw new Error('it is no copy from a source');

const addresses = { source: { kind: 'url', url: () => url, password: null, tls: null } } as const;
const openSource: OpenSource = createOpenSource({ projectFolder: tmpdir(), addresses });
const readAtOnce = 4;
const parts = 64;

/** Rows that are there before the clock starts, in as many pieces. */
function memory(): Source {
  const pages = new Map<string, readonly SourceRow[]>();
  for (let part = 0; part < parts; part += 1) {
    const [from, to] = [Math.floor((count * part) / parts), Math.floor((count * (part + 1)) / parts)];
    const rows = Array.from({ length: to - from }, (_, at) => ({
      values: readingOf(from + at),
      place: '',
      problem: null,
    }));
    pages.set(`part ${part}`, rows);
  }
  return {
    facts: async () => ({ rows: count, bytes: null, missing: [], identity: 'memory' }),
    splits: async () => [...pages.keys()].map((id) => ({ id, detail: {}, bytes: null })),
    async *read({ id }) {
      const rows = pages.get(id) ?? [];
      for (let at = 0; at < rows.length; at += 500) yield rows.slice(at, at + 500);
    },
    close: async () => undefined,
  };
}

async function readAll(source: Source): Promise<number> {
  let seen = 0;
  await eachAtATime(await source.splits(parts), readAtOnce, async (split) => {
    for await (const page of source.read(split)) seen += page.length;
  });
  await source.close();
  return seen;
}

async function write(from: OpenSource): Promise<number> {
  const connection = await connect({ contactPoints: [`${host}:${port}`], requestTimeoutMs: 60_000 });
  const copier = createCopier({
    rows: createRows(connection),
    clock: systemClock,
    openSource: from,
    openTable: () => Promise.reject(new Error('there is no other cluster')),
  });
  if (spec === undefined || into === undefined) throw new Error('it is no copy');
  const { accounts } = await copier.copy(
    {
      spec,
      from: null,
      into,
      startedAt: new Date(),
      timestamp: systemClock.micros(),
      floor: null,
      rejectsFile: join(tmpdir(), `cqlform-bench-${process.pid}.ndjson`),
      verify: 'none',
    },
    {
      keyspace,
      types: {},
      attempt: 1,
      finished: [],
      onProgress: () => undefined,
      assertHeld: () => undefined,
      checkpoint: () => Promise.resolve(),
    },
  );
  await connection.shutdown();
  return accounts.written;
}

const held = mode === 'load' ? memory() : null;
const before = process.cpuUsage();
const begun = performance.now();
const rows =
  mode === 'read'
    ? await readAll(await openSource(spec.from))
    : await write(held === null ? openSource : () => Promise.resolve(held));
const seconds = (performance.now() - begun) / 1000;
const { user, system: kernel } = process.cpuUsage(before);
if (rows !== count) throw new Error(`${rows} rows instead of ${count}`);
process.stdout.write(`${JSON.stringify({ seconds, cpuSeconds: (user + kernel) / 1e6 })}\n`);
