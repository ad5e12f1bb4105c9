/** `--store` of commands that look at backups. */
export const store = {
  type: 'string',
  describe: '`cluster`, `cluster:KEYSPACE`, `local:FOLDER`, the address of a bucket, or a name of the configuration',
  defaultDescription: "the project's",
} as const;
