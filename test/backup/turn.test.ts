import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { appendOnlyStore } from '../../src/backup/stores/append-only.ts';
import { localStore } from '../../src/backup/stores/local.ts';
import { type TurnOptions, takeTurn } from '../../src/backup/turn.ts';
import type { BlobStore } from '../../src/ports/blobs.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { temporaryFolder } from './fixture.ts';

let folder: string;
let ahead = 0;
/** Moves when somebody sleeps, and lets the others go on. */
const clock: Clock = {
  now: () => new Date(Date.UTC(2026, 10, 23) + ahead),
  micros: () => BigInt(ahead) * 1000n,
  monotonic: () => ahead,
  sleep: async (milliseconds) => {
    ahead += milliseconds;
    await new Promise((resolve) => setImmediate(resolve));
  },
};
const asked = (job: string, more: Partial<TurnOptions> = {}): TurnOptions => ({
  ...{ owner: 'somebody@there', job, giveUpAt: new Date(Date.UTC(2027, 0, 1)) },
  ...{ assertGoingOn: () => undefined, onWait: () => undefined, ...more },
});
const keysIn = async (store: BlobStore): Promise<string[]> => {
  const keys: string[] = [];
  for await (const { key } of store.list('running/')) keys.push(key);
  return keys;
};

beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it.each([
  ['a store', (path: string): BlobStore => localStore(path)],
  ['one that is append-only', (path: string): BlobStore => appendOnlyStore(localStore(path))],
])('one scheduled run is at work at a time in %s', async (name, open) => {
  const path = `${folder}/${name.length}`;
  let working = 0;
  const most: number[] = [];
  await Promise.all(
    ['a', 'b', 'c', 'd'].map(async (job) => {
      const turn = await takeTurn(open(path), clock, asked(job));
      working += 1;
      most.push(working);
      for (let pause = 0; pause < 5; pause += 1) await clock.sleep(10);
      working -= 1;
      await turn.end();
    }),
  );
  expect(most).toEqual([1, 1, 1, 1]);
  if (open(path).appendOnly !== true) expect(await keysIn(open(path))).toEqual([]);
});

it('waits for who is at work and says so, gives up at its time, and counts the dead for ten minutes', async () => {
  const store = localStore(`${folder}/dead`);
  // the owner of this mark dies without ending it
  await store.put(
    `running/0123456789abcdef/${String(clock.now().getTime() + 600_000).padStart(15, '0')}.json`,
    Buffer.from('{"owner":"ada@there:1","job":"nightly"}\n'),
  );
  const waited: string[] = [];
  const giveUpAt = new Date(clock.now().getTime() + 5000);
  await expect(
    takeTurn(store, clock, asked('late', { giveUpAt, onWait: (who) => waited.push(who) })),
  ).rejects.toMatchObject({ code: 'REPOSITORY_BUSY', exitCode: 6 });
  expect(waited).toEqual(['ada@there:1, at nightly']);
  const before = clock.now().getTime();
  const turn = await takeTurn(store, clock, asked('later'));
  expect(clock.now().getTime() - before).toBeGreaterThan(500_000);
  ahead += 2 * 24 * 60 * 60_000;
  await turn.end();
  expect(await keysIn(store)).toEqual([]);
});
