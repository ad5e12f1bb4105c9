import type { Readable } from 'node:stream';

/** What comes out of a stream of objects, as much at once as has arrived: a step for each would cost more than the object. */
export class Arrivals<T> {
  readonly #stream: Readable;
  #ended = false;
  #failure: { readonly thrown: unknown } | null = null;
  #wake: (() => void) | null = null;

  constructor(stream: Readable) {
    this.#stream = stream;
    const woken = (): void => this.#wake?.();
    stream.on('readable', woken);
    stream.on('end', () => {
      this.#ended = true;
      woken();
    });
    stream.on('error', (thrown: unknown) => {
      this.#failure ??= { thrown };
      woken();
    });
    stream.on('close', () => {
      if (!this.#ended) this.#failure ??= { thrown: new Error('the stream was closed before its end') };
      woken();
    });
  }

  /** Up to so many, at least one; null at the end. Throws what the stream failed with. */
  async page(most: number): Promise<readonly T[] | null> {
    for (;;) {
      const page: T[] = [];
      while (page.length < most) {
        const next = this.#stream.read() as T | null;
        if (next === null) break;
        page.push(next);
      }
      if (page.length > 0) return page;
      if (this.#failure !== null) throw this.#failure.thrown;
      if (this.#ended) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
  }
}
