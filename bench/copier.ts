import { unrecorded } from '../src/app/unrecorded.ts';
import { connect } from '../src/cassandra/connect.ts';
import { createRows } from '../src/cassandra/rows.ts';
import { systemClock } from '../src/cassandra/system-clock.ts';
import { createCopier } from '../src/copy/copier.ts';
import type { Copier, WorkContext } from '../src/ports/engines.ts';
import type { OpenSource } from '../src/ports/source.ts';

export interface BenchCopier {
  readonly copier: Copier;
  close(): Promise<void>;
}

/** The product's copier on a node, for tables of it and for one kind of source. */
export async function openCopier(address: string, openSource: OpenSource = noSource): Promise<BenchCopier> {
  const connection = await connect({ contactPoints: [address], requestTimeoutMs: 60_000 });
  const copier = createCopier({
    rows: createRows(connection),
    clock: systemClock,
    openSource,
    openTable: () => Promise.reject(new Error('there is no other cluster')),
  });
  return { copier, close: () => connection.shutdown() };
}

const noSource: OpenSource = () => Promise.reject(new Error('there is no foreign source'));

/** Of work that nobody watches, records or stops. */
export function contextIn(keyspace: string): WorkContext {
  return { keyspace, types: {}, onProgress: () => undefined, assertHeld: () => undefined, ...unrecorded };
}

/** What a piece of work costs this process, the part before and after it left out. */
export async function costOf<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly seconds: number; readonly cpuSeconds: number }> {
  const before = process.cpuUsage();
  const begun = performance.now();
  const result = await work();
  const seconds = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(before);
  return { result, seconds, cpuSeconds: (user + system) / 1e6 };
}
