import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type Ended, ended, type TestProject } from '../support/project.ts';

/** What `catch-up --json` prints of one copy. */
export interface CopyRound {
  readonly title: string;
  readonly watermark: string;
  readonly accounts: {
    readonly read: number;
    readonly written: number;
    readonly skipped: number;
    readonly rejected: number;
  } | null;
  readonly lag: {
    readonly milliseconds: number;
    readonly pending: number;
    readonly without: number;
    readonly ahead: number;
  } | null;
}
export type Round = readonly CopyRound[];

/** `catch-up --follow` as it goes on. */
export class Following implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #ended: Promise<Ended>;
  readonly #rounds: AsyncIterator<string>;

  constructor(project: TestProject, ...flags: readonly string[]) {
    this.#child = project.start('catch-up', '--follow', '--every', '50ms', '--json', ...flags);
    this.#ended = ended(this.#child);
    if (this.#child.stdout === null) throw new Error('it has no output');
    this.#rounds = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** The first round from now on that is as wanted. */
  async until(wanted: (round: Round) => boolean): Promise<Round> {
    for (;;) {
      const { value, done } = await this.#rounds.next();
      if (done === true) throw new Error(`it ended: ${JSON.stringify(await this.#ended)}`);
      const round = JSON.parse(value) as Round;
      if (Array.isArray(round) && wanted(round)) return round;
    }
  }

  /** The next words on standard error that hold these. */
  async told(words: string): Promise<void> {
    for (let text = ''; !text.includes(words); ) {
      const [chunk] = (await once(this.#child.stderr as NodeJS.ReadableStream, 'data')) as [Buffer];
      text += String(chunk);
    }
  }

  async stop(signal: NodeJS.Signals): Promise<Ended> {
    this.#child.kill(signal);
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}

/** One pass, by its title's end: `people`, `visits`. */
export function copyInto(round: Round, table: string): CopyRound {
  const found = round.find(({ title }) => title.endsWith(`→ ${table}`));
  if (found === undefined) throw new Error(`no copy into ${table}: ${JSON.stringify(round)}`);
  return found;
}
