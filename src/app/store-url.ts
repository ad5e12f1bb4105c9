import type { AzurePlace } from '../backup/stores/azure.ts';
import type { GcsPlace } from '../backup/stores/gcs.ts';
import type { S3Place } from '../backup/stores/s3.ts';

/** Names as their services allow them; nothing with a `@` or `:`, so no credentials stand in an address. */
const bucketUrl = /^(?<scheme>s3|gs):\/\/(?<bucket>[a-z0-9][a-z0-9._-]+)(?:\/(?<path>[\w.!'()/-]*))?$/i;
const containerUrl = /^az:\/\/(?<account>[a-z0-9]+)\/(?<container>[a-z0-9$][a-z0-9-]+)(?:\/(?<path>[\w.!'()/-]*))?$/;

/** `s3://bucket/path`; null for anything else. */
export function s3PlaceIn(text: string): S3Place | null {
  return bucketIn('s3', text);
}

/** `gs://bucket/path`; null for anything else. */
export function gcsPlaceIn(text: string): GcsPlace | null {
  return bucketIn('gs', text);
}

/** `az://account/container/path`; null for anything else. */
export function azurePlaceIn(text: string): AzurePlace | null {
  const { account, container, path } = containerUrl.exec(text)?.groups ?? {};
  const prefix = prefixIn(path);
  if (account === undefined || container === undefined || prefix === null) return null;
  return { url: joined(`az://${account}/${container}`, prefix), account, container, prefix };
}

function bucketIn(scheme: string, text: string): { url: string; bucket: string; prefix: string } | null {
  const found = bucketUrl.exec(text)?.groups ?? {};
  const prefix = prefixIn(found['path']);
  const { bucket } = found;
  if (found['scheme'] !== scheme || bucket === undefined || prefix === null) return null;
  return { url: joined(`${scheme}://${bucket}`, prefix), bucket, prefix };
}

/** Without `/` at its ends; null where a part of it is empty or leads elsewhere. */
function prefixIn(path = ''): string | null {
  const prefix = path.replace(/\/$/, '');
  const wrong = prefix !== '' && prefix.split('/').some((part) => part === '' || part === '.' || part === '..');
  return wrong ? null : prefix;
}

function joined(base: string, prefix: string): string {
  return prefix === '' ? base : `${base}/${prefix}`;
}
