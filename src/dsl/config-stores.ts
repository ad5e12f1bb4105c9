import type { Env } from './config.ts';

/**
 * A place for backups. `cluster`: tables in the ledger keyspace. `local`: a folder, relative to the project's. A text:
 * a bucket, as `s3://bucket/path`, `gs://bucket/path` or `az://account/container/path`, with credentials as the SDK
 * of that cloud finds them.
 */
export type BackupStore = 'cluster' | `${'s3' | 'gs' | 'az'}://${string}` | LocalStore | CloudStore;

export interface LocalStore extends AppendOnly {
  readonly local: string;
}

interface AppendOnly {
  /** True: nothing in it is ever deleted or replaced, because whoever writes there may not; pruning is refused. */
  readonly appendOnly?: boolean;
}

/** A bucket, and what is not as usual there. */
export type CloudStore = S3Store | GcsStore | AzureStore;

/** Amazon S3, and what speaks its protocol: MinIO, Ceph, R2, Wasabi. */
export interface S3Store extends AppendOnly {
  /** `s3://bucket/path`. */
  readonly url: `s3://${string}`;
  /** Of a service that is not Amazon's: `https://minio.internal:9000`. */
  readonly endpoint?: string;
  /** How long an answer may take, in seconds, before the call is made again; 60 unless said otherwise. */
  readonly timeout?: number;
  readonly region?: string;
  /** True: the bucket stands in the path, not in the host; unless said otherwise so where an endpoint is named. */
  readonly pathStyle?: boolean;
  /** As S3 names it: `STANDARD_IA`, `GLACIER_IR`. */
  readonly storageClass?: string;
  readonly serverSideEncryption?: 'AES256' | 'aws:kms' | 'aws:kms:dsse';
  /** The id of the key, with `aws:kms`. */
  readonly kmsKey?: string;
  readonly credentials?: {
    readonly accessKeyId: string | Env;
    readonly secretAccessKey: Env;
    readonly sessionToken?: Env;
  };
}

/** Google Cloud Storage. */
export interface GcsStore extends AppendOnly {
  /** `gs://bucket/path`. */
  readonly url: `gs://${string}`;
  readonly endpoint?: string;
  /** How long an answer may take, in seconds, before the call is made again; 60 unless said otherwise. */
  readonly timeout?: number;
  /** The key file of a service account, relative to the project's folder. */
  readonly keyFile?: string;
  /** As Google names it: `NEARLINE`, `COLDLINE`. */
  readonly storageClass?: string;
  /** `projects/…/locations/…/keyRings/…/cryptoKeys/…`. */
  readonly kmsKey?: string;
}

/** Azure Blob Storage. */
export interface AzureStore extends AppendOnly {
  /** `az://account/container/path`. */
  readonly url: `az://${string}`;
  readonly endpoint?: string;
  /** How long an answer may take, in seconds, before the call is made again; 60 unless said otherwise. */
  readonly timeout?: number;
  /** `Hot`, `Cool` or `Cold`. */
  readonly accessTier?: string;
  readonly encryptionScope?: string;
  /** The account's key; `AZURE_STORAGE_KEY` unless said otherwise. */
  readonly accountKey?: Env;
  /** A shared access signature instead; `AZURE_STORAGE_SAS_TOKEN` unless said otherwise. */
  readonly sasToken?: Env;
}
