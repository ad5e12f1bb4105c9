/** Tables that are this program's own, in whatever keyspace they are: of the ledger, and of backups in the cluster. */
export const ownTableNames = ['journal', 'documents', 'checkpoints', 'blob_objects', 'blob_parts'] as const;
export type OwnTableName = (typeof ownTableNames)[number];
