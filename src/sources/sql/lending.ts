/** Lends things to one work at a time; who comes when all are out waits in line. What breaks is taken out for good. */
export class Lending<T> {
  readonly #free: T[];
  readonly #waiting: { readonly take: (one: T) => void; readonly fail: (thrown: unknown) => void }[] = [];
  #count: number;
  #ended: { readonly thrown: unknown } | null = null;

  constructor(all: readonly T[]) {
    this.#free = [...all];
    this.#count = all.length;
  }

  async take(): Promise<T> {
    if (this.#ended !== null) throw this.#ended.thrown;
    return this.#free.pop() ?? new Promise((take, fail) => this.#waiting.push({ take, fail }));
  }

  give(one: T): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(one);
    else next.take(one);
  }

  /** One that was lent does not come back. When it was the last, nobody gets any more: all are told why. */
  drop(why: unknown): void {
    this.#count -= 1;
    if (this.#count > 0) return;
    this.#ended = { thrown: why };
    for (const { fail } of this.#waiting.splice(0)) fail(why);
  }
}
