import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { sha256 } from '../kernel/hash.ts';
import { quoted } from '../model/identifier.ts';
import type { LiveKeyspace } from '../model/live.ts';
import type { Cluster } from '../ports/cluster.ts';
import { makeKeyspace } from './restore-create.ts';
import { sendStatement } from './schema-statement.ts';
import type { Session } from './session.ts';

/** `cqlform_drill_<milliseconds>_<machine>_<process>`, numbers in base 36: the name alone tells whose it is. */
const named = /^cqlform_drill_([0-9a-z]{8,9})_([0-9a-f]{8})_([0-9a-z]{1,6})$/;
/** One whose process cannot be asked for is left behind when it is as old as this. */
const abandonedAfterMs = 24 * 60 * 60 * 1000;

/** A process, as the name of a scratch keyspace tells it. */
export interface ScratchOwner {
  /** The same for all processes that can see one another, and for no other. */
  readonly machine: string;
  readonly process: number;
}

export function thisProcess(): ScratchOwner {
  const parts = [hostname()];
  try {
    // A container has the name of another one sooner than its namespace, and a restart begins the numbers anew.
    parts.push(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(), readlinkSync('/proc/self/ns/pid'));
  } catch {
    parts.push('no /proc');
  }
  return { machine: sha256(parts.join('\n')).slice(0, 8), process: process.pid };
}

export function scratchName(owner: ScratchOwner, now: Date): string {
  return `cqlform_drill_${now.getTime().toString(36)}_${owner.machine}_${owner.process.toString(36)}`;
}

/** True for a keyspace that a drill made. */
export function isScratch(keyspace: string): boolean {
  return named.test(keyspace);
}

/** The scratch keyspaces among these that nobody works in any more. */
export function leftovers(keyspaces: readonly string[], owner: ScratchOwner, now: Date): readonly string[] {
  return keyspaces.filter((keyspace) => {
    const [, time, machine, number] = named.exec(keyspace) ?? [];
    if (time === undefined || machine === undefined || number === undefined) return false;
    if (machine === owner.machine) return !isRunning(Number.parseInt(number, 36));
    return now.getTime() - Number.parseInt(time, 36) > abandonedAfterMs;
  });
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    // Somebody else's process is running, too.
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Removes what drills that were killed have left. */
export async function removeLeftovers({ cluster, clock }: Session): Promise<readonly string[]> {
  const found = leftovers(await cluster.keyspaces(), thisProcess(), clock.now());
  for (const keyspace of found) await dropScratch(cluster, keyspace);
  return found;
}

/** Works in a keyspace of its own, with one copy of everything, which is gone afterwards, whatever happened. */
export async function inScratchKeyspace<T>(
  session: Session,
  like: LiveKeyspace,
  work: (keyspace: string) => Promise<T>,
): Promise<T> {
  const { cluster, clock, project } = session;
  const keyspace = scratchName(thisProcess(), clock.now());
  const replication = oneCopy(like.schema.keyspace.replication ?? project.replication);
  await makeKeyspace(cluster, keyspace, { kind: 'keyspace', replication, durableWrites: false });
  try {
    return await work(keyspace);
  } finally {
    await dropScratch(cluster, keyspace);
  }
}

function oneCopy(replication: Readonly<Record<string, string>> | null): Readonly<Record<string, string>> {
  const { class: strategy, ...factors } = replication ?? { class: 'SimpleStrategy', replication_factor: '1' };
  const lowered = Object.entries(factors).filter(([, factor]) => factor !== '0');
  return { class: strategy ?? 'SimpleStrategy', ...Object.fromEntries(lowered.map(([name]) => [name, '1'])) };
}

async function dropScratch(cluster: Cluster, keyspace: string): Promise<void> {
  if (!named.test(keyspace)) throw new TypeError(`${keyspace} is no scratch keyspace`);
  try {
    await sendStatement(
      cluster,
      `DROP KEYSPACE IF EXISTS ${quoted(keyspace)}`,
      async () => !(await cluster.keyspaces()).includes(keyspace),
    );
  } catch (cause) {
    throw new CqlformError('SCRATCH_LEFT', `the scratch keyspace ${keyspace} could not be removed`, {
      next: 'The next `cqlform backup drill` on this machine removes it; or drop it by hand.',
      fields: { keyspace },
      cause,
      exitCode: exitCodes.partlyApplied,
    });
  }
}
