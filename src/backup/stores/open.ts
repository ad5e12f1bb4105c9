import { match } from '../../kernel/match.ts';
import type { BlobStore } from '../../ports/blobs.ts';
import { type AzurePlace, type AzureSettings, openAzure } from './azure.ts';
import { cloudStore } from './cloud.ts';
import { type GcsPlace, type GcsSettings, openGcs } from './gcs.ts';
import { openS3, type S3Place, type S3Settings } from './s3.ts';

/** A bucket or container with a path in it, and how to get there. */
export type CloudAddress =
  | { readonly kind: 's3'; readonly place: S3Place; readonly settings: S3Settings }
  | { readonly kind: 'gcs'; readonly place: GcsPlace; readonly settings: GcsSettings }
  | { readonly kind: 'azure'; readonly place: AzurePlace; readonly settings: AzureSettings };

/** Nothing is loaded, and nobody is connected to, before the first call. */
export function openCloud(address: CloudAddress): BlobStore {
  const { url, prefix } = address.place;
  return cloudStore(url, prefix, () =>
    match(address, {
      s3: ({ place, settings }) => openS3(place, settings),
      gcs: ({ place, settings }) => openGcs(place, settings),
      azure: ({ place, settings }) => openAzure(place, settings),
    }),
  );
}
