/** Stable codes of what a step may do to people. New ones are added, none is renamed. */
export const hazardCodes = [
  'DATA_LOSS',
  'OVERWRITES_ROWS',
  'BREAKS_READERS',
  'QUIESCE_WRITERS',
  'STILL_WRITTEN',
  'VIEW_REBUILD',
  'INDEX_BUILD',
  'COUNTER_QUIESCE',
  'LWT_TIMESTAMPS',
  'TIME_INFERRED',
  'MARKER_INFERRED',
  'GRANTS_LOST',
  'REPAIR_NEEDED',
  'TTL_NOT_RETROACTIVE',
  'IRREVERSIBLE',
  'NO_BACKUP',
  'LARGE_TABLE',
  'DISK_SPACE',
  'KEY_COLLISIONS',
  'OUT_OF_ORDER',
] as const;
export type HazardCode = (typeof hazardCodes)[number];

export interface Hazard {
  readonly code: HazardCode;
  /** `shop.users.nickname` */
  readonly address: string;
  /** One sentence: what may happen, to whom, and what helps. */
  readonly why: string;
}
