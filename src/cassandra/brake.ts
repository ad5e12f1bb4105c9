import type { Client } from 'cassandra-driver';
import { reasonOf } from '../kernel/errors.ts';
import type { Flow, FlowChange, FlowState } from '../ports/flow.ts';
import { isInvalid, isUnauthorized } from './execute-errors.ts';
import { type Pressure, pressureOf, type ServerLoad, serverLoad, usualLimits } from './server-load.ts';

/** How often nodes are asked for their load while something is written. */
const everyMs = 3_000;
/** Without a write for so long nobody asks any more. */
const idleMs = 10_000;
/** A held writer goes on slowly after this long: what compacts may be somebody else's, and never end. */
const longestHoldMs = 60_000;
const trickle = 1 / 64;

export interface BrakeOptions {
  readonly everyMs?: number;
  readonly limits?: typeof usualLimits;
}

/** What all writers and readers of a connection obey: a person's pause, and the load that the servers tell of. */
export class Brake implements Flow {
  readonly #client: Client;
  readonly #everyMs: number;
  readonly #limits: typeof usualLimits;
  readonly #listeners = new Set<(change: FlowChange) => void>();
  readonly #waiting = new Set<() => void>();
  #paused = false;
  #pressure: Pressure = { factor: 1, why: '' };
  #heldSince: number | null = null;
  #unseen: string | null = null;
  #watching = false;
  #lastWrite = 0;

  constructor(client: Client, options: BrakeOptions = {}) {
    this.#client = client;
    this.#everyMs = options.everyMs ?? everyMs;
    this.#limits = options.limits ?? usualLimits;
  }

  get state(): FlowState {
    if (this.#paused) return { kind: 'paused' };
    const { factor, why } = this.#pressure;
    if (factor === 1) return { kind: 'free' };
    return { kind: factor === 0 ? 'held' : 'slowed', why };
  }

  /** Of the usual concurrency; 0: nothing may be sent. */
  get factor(): number {
    return this.#paused ? 0 : this.#pressure.factor;
  }

  pause(): void {
    this.#change(() => {
      this.#paused = true;
    });
  }

  resume(): void {
    this.#change(() => {
      this.#paused = false;
    });
  }

  watch(listener: (change: FlowChange) => void): () => void {
    this.#listeners.add(listener);
    if (this.#unseen !== null) listener({ kind: 'unseen', reason: this.#unseen });
    return () => this.#listeners.delete(listener);
  }

  /** Something is about to be written: from now on the nodes are asked for their load. */
  writing(): void {
    this.#lastWrite = performance.now();
    if (this.#watching || this.#unseen !== null) return;
    this.#watching = true;
    this.#askLater();
  }

  /** Called once, when the brake has been changed. */
  onceChanged(wake: () => void): void {
    this.#waiting.add(wake);
  }

  /** Resolves when nobody wants a pause. */
  async unpaused(): Promise<void> {
    while (this.#paused) await new Promise<void>((resolve) => this.onceChanged(resolve));
  }

  #change(change: () => void): void {
    const before = this.state;
    change();
    const { state } = this;
    if (JSON.stringify(before) !== JSON.stringify(state)) this.#tell({ kind: 'state', state });
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }

  #tell(change: FlowChange): void {
    for (const listener of this.#listeners) listener(change);
  }

  #askLater(): void {
    // a process that has nothing else to do may end
    setTimeout(() => void this.#ask(), this.#everyMs).unref();
  }

  async #ask(): Promise<void> {
    const held = this.#pressure.factor === 0 || this.#paused;
    if (!held && performance.now() - this.#lastWrite > idleMs) {
      this.#watching = false;
      this.#press({ factor: 1, why: '' });
      return;
    }
    const asked = await this.#loads();
    if (asked === null) return;
    this.#press(pressureOf(asked, this.#limits));
    this.#askLater();
  }

  /** Of the nodes that answer; null: none is asked any more. */
  async #loads(): Promise<readonly ServerLoad[] | null> {
    const hosts = this.#client.getState().getConnectedHosts();
    const answers = await Promise.allSettled(hosts.map((host) => serverLoad(this.#client, host)));
    const refused = answers.find(
      (answer) => answer.status === 'rejected' && (isUnauthorized(answer.reason) || isInvalid(answer.reason)),
    );
    if (refused?.status === 'rejected') {
      this.#unseen = reasonOf(refused.reason);
      this.#press({ factor: 1, why: '' });
      this.#tell({ kind: 'unseen', reason: this.#unseen });
      return null;
    }
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  }

  #press(pressure: Pressure): void {
    const now = performance.now();
    this.#heldSince = pressure.factor === 0 ? (this.#heldSince ?? now) : null;
    const long = this.#heldSince !== null && now - this.#heldSince > longestHoldMs;
    // numbers change with every look; words are told when the strength changes
    const same = pressure.factor === this.#pressure.factor;
    if (same && !long) return;
    this.#change(() => {
      this.#pressure = long ? { ...pressure, factor: trickle } : pressure;
    });
  }
}
