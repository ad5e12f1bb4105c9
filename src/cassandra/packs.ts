import type { RowGroup } from './held-rows.ts';

/** Beyond so many partitions in a batch, or so many bytes of several, the server writes a warning into its log. */
const mostPartitions = 10;
const mostCost = 4 * 1024;
/** A larger group is a request of its own. */
const small = mostCost / 2;

interface Pack {
  readonly groups: RowGroup[];
  cost: number;
}

/**
 * Puts groups of few rows together, so that rows that are nearly all partitions of their own are no request each. Only
 * groups that the same nodes hold travel together: a coordinator that is one of them writes its own replicas itself.
 */
export class Packs {
  readonly #placeOf: (group: RowGroup) => number | null;
  readonly #begun = new Map<number, Pack>();

  /** `placeOf`: a number that stands for the nodes that hold a group; null: not known, it travels alone. */
  constructor(placeOf: (group: RowGroup) => number | null) {
    this.#placeOf = placeOf;
  }

  /** Takes a group; gives what is to be sent now, if anything is. */
  add(group: RowGroup): readonly RowGroup[] | null {
    const place = group.cost > small ? null : this.#placeOf(group);
    if (place === null) return [group];
    const pack = this.#begun.get(place);
    if (pack === undefined || pack.cost + group.cost > mostCost) {
      this.#begun.set(place, { groups: [group], cost: group.cost });
      return pack?.groups ?? null;
    }
    pack.groups.push(group);
    pack.cost += group.cost;
    if (pack.groups.length < mostPartitions) return null;
    this.#begun.delete(place);
    return pack.groups;
  }

  /** A pack that waits for more; null when there is none. */
  take(): readonly RowGroup[] | null {
    for (const [place, { groups }] of this.#begun) {
      this.#begun.delete(place);
      return groups;
    }
    return null;
  }
}
