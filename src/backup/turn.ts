import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { BlobStore } from '../ports/blobs.ts';
import type { Clock } from '../ports/clock.ts';
import { timeName } from './time-name.ts';

const folder = 'running/';
const endName = 'end.json';
/** How long a mark counts without another one; its time stands in its name. */
const lastsMs = 10 * 60_000;
const renewEachMs = 2 * 60_000;
const pauseMs = 1000;
/** Marks of those that died are taken away when they are so old. */
const forgottenAfterMs = 24 * 60 * 60_000;

const shape = z.object({ owner: z.string(), job: z.string() });

export interface TurnOptions {
  /** Who asks, for those that wait. */
  readonly owner: string;
  readonly job: string;
  readonly giveUpAt: Date;
  /** Throws to end the waiting. */
  readonly assertGoingOn: () => void;
  /** Told once of each that is waited for, in words. */
  readonly onWait: (who: string) => void;
}

/**
 * One scheduled run at a time in a repository, whoever starts it and wherever: each puts a mark of its own and then looks
 * for others; of two, at least the second sees the first, and whoever sees another takes its own back and waits. It needs
 * neither locks nor, in a store that is append-only, deletions: there a second object says that the first has ended. A
 * mark that is not renewed ends by itself. Backups are safe beside each other anyway: this keeps them from slowing each
 * other down, not from harm.
 */
export async function takeTurn(store: BlobStore, clock: Clock, options: TurnOptions): Promise<Turn> {
  const turn = new Turn(store, clock, options);
  let told = '';
  for (;;) {
    options.assertGoingOn();
    const other = (await turn.others()) ?? (await turn.claim());
    if (other === null) return turn;
    const who = await ownerOf(store, other);
    if (clock.now() >= options.giveUpAt) throw busy(store, options.job, who);
    if (who !== told) options.onWait(who);
    told = who;
    await clock.sleep(pauseMs * (0.5 + Math.random()));
  }
}

export class Turn {
  readonly #store: BlobStore;
  readonly #clock: Clock;
  readonly #said: Pick<TurnOptions, 'owner' | 'job'>;
  #own = '';
  #keys: string[] = [];
  #renewing: NodeJS.Timeout | null = null;
  #putting: Promise<void> = Promise.resolve();

  constructor(store: BlobStore, clock: Clock, { owner, job }: TurnOptions) {
    this.#store = store;
    this.#clock = clock;
    this.#said = { owner, job };
  }

  /** Null: it is this one's turn, until it ends it. Else a mark of another, and this one's own is gone again. */
  async claim(): Promise<string | null> {
    this.#own = `${folder}${randomBytes(8).toString('hex')}/`;
    await this.#put();
    const other = await this.others();
    if (other !== null) {
      await this.#withdraw();
      return other;
    }
    // One that fails is made up for by the next.
    this.#renewing = setInterval(() => {
      this.#putting = this.#putting.then(() => this.#renew()).catch(() => undefined);
    }, renewEachMs).unref();
    return null;
  }

  async end(): Promise<void> {
    if (this.#renewing !== null) clearInterval(this.#renewing);
    await this.#putting;
    await this.#withdraw();
    if (this.#store.appendOnly === true) return;
    const longAgo = this.#clock.now().getTime() - forgottenAfterMs;
    for (const { keys, until } of await this.#marks())
      if (until < longAgo) for (const key of keys) await this.#store.delete(key);
  }

  /** The newest mark of somebody else who has not ended; null: nobody has. */
  async others(): Promise<string | null> {
    const now = this.#clock.now().getTime();
    const alive = (await this.#marks()).find(({ name, until, ended }) => name !== this.#own && !ended && until > now);
    return alive?.keys.at(-1) ?? null;
  }

  async #marks(): Promise<readonly Mark[]> {
    const found = new Map<string, string[]>();
    for await (const { key } of this.#store.list(folder)) {
      const name = key.slice(0, key.lastIndexOf('/') + 1);
      found.set(name, [...(found.get(name) ?? []), key]);
    }
    return [...found].map(([name, keys]) => {
      const beats = keys.filter((key) => !key.endsWith(endName)).sort();
      const until = Number(beats.at(-1)?.slice(name.length, -'.json'.length) ?? 0);
      return {
        name,
        keys: [...keys.filter((key) => key.endsWith(endName)), ...beats],
        until,
        ended: beats.length < keys.length,
      };
    });
  }

  async #put(): Promise<void> {
    const until = timeName(this.#clock.now().getTime() + lastsMs);
    const key = `${this.#own}${until}.json`;
    await this.#store.put(key, Buffer.from(`${JSON.stringify(this.#said)}\n`));
    this.#keys.push(key);
  }

  async #renew(): Promise<void> {
    await this.#put();
    if (this.#store.appendOnly === true) return;
    for (const key of this.#keys.slice(0, -1)) await this.#store.delete(key);
    this.#keys = this.#keys.slice(-1);
  }

  async #withdraw(): Promise<void> {
    if (this.#store.appendOnly === true) await this.#store.put(`${this.#own}${endName}`, Buffer.from('{}\n'));
    else for (const key of this.#keys) await this.#store.delete(key);
    this.#keys = [];
  }
}

interface Mark {
  readonly name: string;
  readonly keys: readonly string[];
  /** Milliseconds. */
  readonly until: number;
  readonly ended: boolean;
}

async function ownerOf(store: BlobStore, key: string): Promise<string> {
  const bytes = await store.get(key);
  try {
    const { owner, job } = shape.parse(JSON.parse(Buffer.from(bytes ?? []).toString('utf8')));
    return `${owner}, at ${job}`;
  } catch {
    return 'somebody';
  }
}

function busy(store: BlobStore, job: string, who: string): CqlformError {
  return new CqlformError('REPOSITORY_BUSY', `${job} gave up waiting for ${store.name}: ${who} is still at it`, {
    next: 'Its next run tries again. Where this happens often, put the schedules of this place further apart.',
    fields: { store: store.name, schedule: job },
    retryable: true,
    exitCode: exitCodes.leaseHeld,
  });
}
