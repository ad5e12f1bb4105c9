import type { Progress } from '../../model/event.ts';
import type { Output } from '../output.ts';
import { progressText } from './run.ts';

const redrawMs = 100;
/** Without a terminal a line now and then shows that the work is alive, and no more. */
const plainLineMs = 10_000;
const clearLine = '\r\u001b[2K';

/** One line that says how far a long piece of work is: redrawn on a terminal, repeated rarely elsewhere. */
export class ProgressLine {
  readonly #output: Output;
  #title = '';
  #begun = 0;
  #drawn = 0;
  #onScreen = false;

  constructor(output: Output) {
    this.#output = output;
  }

  begin(title: string): void {
    this.#title = title;
    this.#begun = performance.now();
    this.#drawn = this.#begun;
  }

  /** Another part of the work begins, with amounts of its own. */
  restart(): void {
    this.#begun = performance.now();
  }

  update(progress: Progress): void {
    this.show((elapsedMs) => progressText(progress, elapsedMs), progress);
  }

  /** The same for what has words of its own; with --json the facts are printed instead of them. */
  show(words: (elapsedMs: number) => string, facts: object): void {
    const now = performance.now();
    const { live, json, status } = this.#output;
    if (now - this.#drawn < (live && !json ? redrawMs : plainLineMs)) return;
    this.#drawn = now;
    const milliseconds = Math.round(now - this.#begun);
    if (json) {
      this.#output.err(
        JSON.stringify({ kind: 'progress', of: this.#title, ...facts, milliseconds, flow: status.text }),
      );
      return;
    }
    const text = `        ${words(milliseconds)}${status.text === null ? '' : `, ${status.text}`}`;
    if (live) {
      process.stderr.write(clearLine + text.slice(0, this.#output.width - 1));
      this.#onScreen = true;
    } else this.#output.err(`${text}  (${this.#title})`);
  }

  /** Writes a line that stays. */
  above(text: string): void {
    this.#clear();
    this.#output.err(text);
  }

  end(): void {
    this.#clear();
  }

  #clear(): void {
    if (this.#onScreen) process.stderr.write(clearLine);
    this.#onScreen = false;
  }
}
