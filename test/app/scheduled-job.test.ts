import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withStores } from '../../src/app/backup.ts';
import { openProject } from '../../src/app/config.ts';
import type { Project } from '../../src/app/project.ts';
import { type JobEvent, type JobRun, recordsOf, runScheduledJob } from '../../src/app/scheduled-job.ts';
import type { RunRecord } from '../../src/backup/run-records.ts';
import { temporaryFolder } from '../backup/fixture.ts';

const config = `
const hooks = { failed: [process.execPath, '-e', 'console.log(process.env.CQLFORM_ERROR)'] };
const sleeper = 'setInterval(() => {}, 1000)';
const shell = (text) => ['sh', '-c', text.replaceAll('SLEEP', '"' + process.execPath + '" -e "' + sleeper + '"')];
const slow = [process.execPath, '-e', 'console.log("up"); setInterval(() => {}, 1000)'];
export default {
  keyspace: 'shop',
  contactPoints: ['127.0.0.1:1'],
  backup: {
    store: { local: 'backups' },
    schedules: {
      down: { job: 'backup', cron: '0 2 * * *', hooks },
      slow: { job: 'verify', cron: '0 2 * * *', hooks: { ...hooks, before: slow } },
      late: { job: 'verify', cron: '0 2 * * *', hooks: { before: shell('echo $$; SLEEP; true'), timeout: 0.5 } },
      behind: { job: 'verify', cron: '0 2 * * *', hooks: { before: shell('SLEEP & echo $!') } },
    },
  },
};
`;
let folder: string;
let project: Project;
let others: Project;

interface Ran {
  readonly code: unknown;
  readonly events: readonly JobEvent[];
  readonly last: RunRecord | null;
}

/** Runs a schedule of the project for the hour given. */
async function ran(of: Project, name: string, hour: number, more: Partial<JobRun> = {}): Promise<Ran> {
  const job = of.schedules.find((one) => one.name === name);
  if (job === undefined) throw new Error(`no schedule ${name}`);
  const events: JobEvent[] = [];
  const code = await runScheduledJob(of, {
    ...{ job, due: new Date(Date.UTC(2026, 10, 23, hour)), onlyIfDue: true, giveUpAt: new Date(Date.now() + 10_000) },
    onEvent: (event) => events.push(event),
    ...{ onProgress: () => undefined, signal: new AbortController().signal },
    ...more,
  }).then(
    () => null,
    (thrown: { code?: unknown }) => thrown.code,
  );
  return { code, events, last: await withStores(of, [undefined], (open) => recordsOf(open, job).last()) };
}

beforeAll(async () => {
  folder = await temporaryFolder();
  await writeFile(join(folder, 'cqlform.config.mjs'), config);
  project = await openProject({}, folder);
  others = { ...project, environment: 'other' };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('is recorded when it fails, so that nobody runs it again for that time', { timeout: 60_000 }, async () => {
  const first = await ran(project, 'down', 2);
  expect(first.code).toEqual(expect.any(String));
  expect(first.events.map(({ kind }) => kind)).toEqual(['begun', 'hook']);
  expect(first.events[1]).toMatchObject({ hook: 'failed', line: first.code });
  expect(first.last).toMatchObject({ due: '2026-11-23T02:00:00.000Z', outcome: 'failed', code: first.code });
  for (const hour of [1, 2])
    expect((await ran(project, 'down', hour)).events).toEqual([{ kind: 'elsewhere', due: '2026-11-23T02:00:00.000Z' }]);
  // another environment in the same place has runs of its own
  expect((await ran(others, 'slow', 2, { signal: AbortSignal.abort() })).last).toBeNull();
});

it('counts as not run when it is stopped, its command with it', async () => {
  const controller = new AbortController();
  const { code, events, last } = await ran(project, 'slow', 2, {
    signal: controller.signal,
    onEvent: (event) => {
      if (event.kind === 'hook' && event.line === 'up') controller.abort();
    },
  });
  expect(code).toBe('INTERRUPTED');
  expect(events).toEqual([]);
  expect(last).toBeNull();
});

it('waits neither for what its command has started, nor longer for it than it may take', async () => {
  const groupIsGone = async (pid: number): Promise<void> =>
    expect.poll(() => isRunning(-pid), { timeout: 10_000 }).toBe(false);
  const late = await ran(project, 'late', 2);
  expect(late.code).toBe('HOOK_FAILED');
  await groupIsGone(pidIn(late));
  // What it left running is its own affair; it fails later, because there is no backup.
  const behind = await ran(project, 'behind', 2);
  expect(behind.code).toBe('BACKUP_UNKNOWN');
  process.kill(pidIn(behind), 'SIGKILL');
});

function pidIn({ events }: Ran): number {
  const line = events.find((event) => event.kind === 'hook');
  return Number(line?.line);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
