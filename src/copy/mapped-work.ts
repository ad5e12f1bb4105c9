import type { CopySpec, RunClock } from '../model/data.ts';
import type { ByName, Table, UserType } from '../model/schema.ts';
import type { Clock } from '../ports/clock.ts';
import type { RowWork, Write } from './piece-run.ts';
import { StoredMapper } from './stored-mapper.ts';
import { StoredWrites } from './stored-writes.ts';
import type { TargetEncoder, TargetRow } from './target-row.ts';

export interface MappedWorkOptions {
  readonly from: Table;
  /** Of the keyspace of `from`. */
  readonly types: ByName<UserType>;
  readonly columns: readonly string[];
  readonly mappings: CopySpec['columns'];
  /** Rows keep their key, and only cells of rows that are there are written. */
  readonly inPlace: boolean;
  readonly encoder: TargetEncoder;
  readonly run: RunClock;
  readonly timestamp: bigint;
  readonly floor: bigint | null;
  readonly attempt: number;
  readonly clock: Pick<Clock, 'now'>;
  readonly tracked: boolean;
}

export function mappedWork(options: MappedWorkOptions): RowWork {
  const { encoder, inPlace, clock, tracked } = options;
  const mapper = new StoredMapper({ ...options, sameKey: inPlace });
  const writes = new StoredWrites(mapper, {
    ...options,
    into: encoder.table,
    types: encoder.types,
    markers: !inPlace,
    nowSeconds: () => Math.floor(clock.now().getTime() / 1000),
  });
  return (input) => {
    const outcome = mapper.map(input);
    if (outcome.kind !== 'rows') return outcome;
    return {
      kind: 'rows',
      rows: outcome.rows.map((row) => ({
        mutations: writes.of(row),
        key: tracked ? fullKey({ ...row, cells: {} }) : null,
      })),
    };
  };
}

/** The whole primary key; null for static rows. */
export function fullKey({ partitionKey, clusteringKey }: TargetRow): Write['key'] {
  return clusteringKey === null ? null : [...partitionKey, ...clusteringKey];
}
