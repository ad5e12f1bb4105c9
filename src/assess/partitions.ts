import { own } from '../kernel/own.ts';
import type { PartitionSizes } from '../model/assessment.ts';
import { hashOfText } from './distinct.ts';

/** Partitions and keys that are counted one by one. */
const counted = 500_000;
/** Above these, reads, repairs and compactions of a partition become slow. */
const manyRows = 100_000;
const manyBytes = 100 * 1024 * 1024;
/** What a row and a cell take beside their values, roughly. */
const rowBytes = 12;
const cellBytes = 3;

export interface KeyColumns {
  readonly partition: readonly string[];
  readonly clustering: readonly string[];
}

/** Gathers the sizes of the partitions that a key would make of rows. */
export class Partitions {
  readonly #key: KeyColumns;
  readonly #numbers = new Map<number, number>();
  readonly #rows: number[] = [];
  readonly #bytes: number[] = [];
  readonly #keys = new Set<number>();
  #largest = { rows: 0, text: '' };
  #complete = true;
  #collisions: number | null = 0;
  #collision: string | null = null;
  #nullKeys = 0;
  #read = 0;

  constructor(key: KeyColumns) {
    this.#key = key;
  }

  /** A row by its values' texts; `bytes` and `cells` count what is not null. */
  add(
    texts: Readonly<Record<string, string | null>>,
    { bytes, cells }: { readonly bytes: number; readonly cells: number },
  ): void {
    this.#read += 1;
    const { partition, clustering } = this.#key;
    const parts = [...partition, ...clustering].map((name) => own(texts, name) ?? null);
    if (parts.includes(null)) {
      this.#nullKeys += 1;
      return;
    }
    const hash = hashOfText(parts.slice(0, partition.length).join('\0'));
    if (this.#isTwice(clustering.length === 0 ? hash : hashOfText(parts.join('\0')))) {
      this.#collision ??= [...partition, ...clustering]
        .map((name, at) => `${name}=${shown(parts[at] ?? '')}`)
        .join(', ');
    }
    const number = this.#numberOf(hash);
    if (number === null) return;
    const rows = (this.#rows[number] ?? 0) + 1;
    this.#rows[number] = rows;
    this.#bytes[number] = (this.#bytes[number] ?? 0) + bytes + cells * cellBytes + rowBytes;
    if (rows > this.#largest.rows) {
      this.#largest = { rows, text: partition.map((name, at) => `${name}=${shown(parts[at] ?? '')}`).join(', ') };
    }
  }

  /** `of`: rows that the whole source has, where more than those read; sizes are then warned of in proportion. */
  sizes(of: number | null): PartitionSizes {
    const rows = this.#rows.toSorted((a, b) => a - b);
    const largestRows = rows.at(-1) ?? 0;
    const largestBytes = this.#bytes.reduce((so, one) => Math.max(so, one), 0);
    const { text } = this.#largest;
    return {
      rows: this.#read,
      partitions: rows.length,
      complete: this.#complete,
      medianRows: rows[Math.floor(rows.length / 2)] ?? 0,
      largestRows,
      largestBytes,
      largest: text,
      collisions: this.#collisions,
      collision: this.#collision,
      nullKeys: this.#nullKeys,
      warnings: warningsOf({ rows: largestRows, bytes: largestBytes, read: this.#read, of, partition: text }),
    };
  }

  #numberOf(hash: number): number | null {
    const known = this.#numbers.get(hash);
    if (known !== undefined) return known;
    if (this.#rows.length >= counted) {
      this.#complete = false;
      return null;
    }
    this.#numbers.set(hash, this.#rows.length);
    return this.#rows.push(0) - 1;
  }

  /** Whether it was met before, as far as keys are counted. */
  #isTwice(hash: number): boolean {
    if (this.#collisions === null) return false;
    if (this.#keys.has(hash)) {
      this.#collisions += 1;
      return true;
    }
    if (this.#keys.size < counted) this.#keys.add(hash);
    else {
      this.#collisions = null;
      this.#keys.clear();
    }
    return false;
  }
}

interface Largest {
  readonly rows: number;
  readonly bytes: number;
  readonly read: number;
  readonly of: number | null;
  readonly partition: string;
}

function warningsOf({ rows, bytes, read, of, partition }: Largest): readonly string[] {
  // A partition with a single row in a sample says nothing about how many more there are.
  const factor = of !== null && of > read && rows > 1 ? of / read : 1;
  const about = factor > 1 ? ' in proportion to all rows' : '';
  const count = Math.round(rows * factor).toLocaleString('en-US');
  const size = Math.round((bytes * factor) / 1024 / 1024).toLocaleString('en-US');
  return [
    ...(rows * factor > manyRows
      ? [`the partition ${partition} would have ${count} rows${about}; keep partitions under 100,000 rows`]
      : []),
    ...(bytes * factor > manyBytes
      ? [`a partition would have about ${size} MB${about}; keep partitions under about 100 MB`]
      : []),
  ];
}

function shown(text: string): string {
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}
