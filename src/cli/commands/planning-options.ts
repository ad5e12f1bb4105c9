/** Where automatic backups go in this run. */
export const backupStore = {
  type: 'string',
  describe: 'Where backups go this time: `cluster`, `cluster:KEYSPACE` or `local:FOLDER`',
  defaultDescription: "the configuration's",
} as const;

/** Flags that shape a plan, wherever one is made. */
export const planningOptions = {
  to: { type: 'string', describe: 'Stop after this migration' },
  'schema-only': { type: 'boolean', default: false, describe: 'Record data steps as skipped, run the rest' },
  'no-backup': {
    type: 'string',
    array: true,
    default: [],
    describe: 'Address that is destroyed without a backup (cannot be undone); repeatable',
  },
  'backup-store': backupStore,
  check: {
    type: 'boolean',
    default: true,
    describe: 'Check the migration files first; --no-check only compares applied ones with the ledger',
  },
} as const;

export interface PlanningFlags {
  readonly to: string | null;
  readonly schemaOnly: boolean;
  readonly noBackup: readonly string[];
  readonly check: boolean;
  readonly backupStore: string | undefined;
}

export function planningFlags(flags: {
  readonly to: string | undefined;
  readonly 'schema-only': boolean;
  readonly 'no-backup': readonly string[];
  readonly check: boolean;
  readonly 'backup-store': string | undefined;
}): PlanningFlags {
  const { to, check } = flags;
  return {
    to: to ?? null,
    schemaOnly: flags['schema-only'],
    noBackup: flags['no-backup'],
    check,
    backupStore: flags['backup-store'],
  };
}
