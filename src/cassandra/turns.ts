import { RowBlock } from '../cql/row-block.ts';
import type { BatchSender } from './batch-sender.ts';

export interface Window {
  /** What a block holds before it is sent. */
  readonly rows: number;
  readonly bytes: number;
}

const slackBytes = 64 * 1024;

/** Two blocks that take turns: one is filled while the rows of the other are on their way. Memory is used again only when every row in it is acknowledged. */
export class Turns {
  readonly #sender: BatchSender;
  readonly #window: Window;
  readonly #free: RowBlock[];
  readonly #underWay = new Set<Promise<void>>();
  #filling: RowBlock | null;
  #failure: unknown = null;
  #waiting: (() => void)[] = [];

  constructor(sender: BatchSender, window: Window) {
    this.#sender = sender;
    this.#window = window;
    // a row is added before the block is seen to be full
    const [one, other] = [0, 1].map(() => new RowBlock(window.bytes + slackBytes));
    this.#filling = one ?? null;
    this.#free = other === undefined ? [] : [other];
  }

  /** What stopped the sending; null when nothing did. */
  get failure(): unknown {
    return this.#failure;
  }

  /** The block with room for a row; null while there is none. */
  get filling(): RowBlock | null {
    return this.#filling;
  }

  /** Waits for a block with room. Throws what stopped the sending. */
  async room(): Promise<RowBlock> {
    for (;;) {
      if (this.#failure !== null) throw this.#failure;
      if (this.#filling !== null) return this.#filling;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Rows were added: sends the block when it is full. */
  filled(): void {
    const block = this.#filling;
    if (block !== null && (block.count >= this.#window.rows || block.bytes >= this.#window.bytes)) this.#send(block);
  }

  /** Sends what there is and waits until all is acknowledged. Throws what stopped the sending. */
  async flush(): Promise<void> {
    if (this.#filling !== null && this.#filling.count > 0) this.#send(this.#filling);
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
    if (this.#failure !== null) throw this.#failure;
  }

  #send(block: RowBlock): void {
    this.#filling = this.#failure === null ? (this.#free.pop() ?? null) : null;
    const sending = this.#sender
      .send(block)
      .then(
        () => this.#give(block),
        (thrown: unknown) => {
          this.#failure ??= thrown;
        },
      )
      .finally(() => {
        this.#underWay.delete(sending);
        for (const wake of this.#waiting.splice(0)) wake();
      });
    this.#underWay.add(sending);
  }

  #give(block: RowBlock): void {
    block.clear();
    if (this.#filling === null) this.#filling = block;
    else this.#free.push(block);
  }
}
