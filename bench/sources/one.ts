import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/cassandra/system-clock.ts';
import { collectEarly } from '../../src/cli/memory.ts';
import { compileMigration } from '../../src/dsl/compile.ts';
import { migration } from '../../src/index.ts';
import { eachAtATime } from '../../src/kernel/each-at-a-time.ts';
import type { OpenSource, Source } from '../../src/ports/source.ts';
import { createOpenSource } from '../../src/sources/open.ts';
import { contextIn, openCopier } from '../copier.ts';
import { systems, target } from './systems.ts';

/**
 * `read` the source to nowhere, or `copy` it into the table as a migration would:
 * `node bench/sources/one.ts SYSTEM MODE ROWS URL HOST PORT KEYSPACE`.
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

async function readAll(source: Source): Promise<number> {
  let seen = 0;
  await eachAtATime(await source.splits(parts), readAtOnce, async (split) => {
    for await (const page of source.read(split)) seen += page.length;
  });
  await source.close();
  return seen;
}

async function copied(): Promise<number> {
  if (spec === undefined || into === undefined) throw new Error('it is no copy');
  const { copier, close } = await openCopier(`${host}:${port}`, openSource);
  const request = {
    spec,
    from: null,
    into,
    startedAt: new Date(),
    timestamp: systemClock.micros(),
    floor: null,
    rejectsFile: join(tmpdir(), `cqlform-bench-${process.pid}.ndjson`),
    verify: 'none',
  } as const;
  const { accounts } = await copier.copy(request, contextIn(keyspace));
  await close();
  return accounts.written;
}

collectEarly(false);
const rows = mode === 'read' ? await readAll(await openSource(spec.from)) : await copied();
if (rows !== count) throw new Error(`${rows} rows instead of ${count}`);
