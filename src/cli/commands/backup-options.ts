/** `--store` of commands that look at backups. */
export const store = {
  type: 'string',
  describe:
    '`cluster`, `cluster:KEYSPACE`, `local:FOLDER` or a path, the address of a bucket, or a name of the configuration',
  defaultDescription: "the project's",
} as const;

/** How a backup is named besides by its id. */
export const choiceOptions = {
  label: { type: 'string', describe: 'The newest backup with this label' },
  at: { type: 'string', describe: 'The newest backup that was finished by this time (UTC unless it says a zone)' },
  'from-keyspace': {
    type: 'string',
    describe: 'With --label and --at: backups of this keyspace',
    defaultDescription: "the project's",
  },
  'from-cluster': {
    type: 'string',
    describe: 'With --label and --at: backups of the cluster of this name',
    defaultDescription: 'the one that is connected to',
  },
} as const;
