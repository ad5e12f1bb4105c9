import { randomBytes } from 'node:crypto';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CloudAddress, openCloud } from '../../src/backup/stores/open.ts';
import type { BlobStore } from '../../src/ports/blobs.ts';
import { type HttpFaultProxy, httpFaultProxy } from '../support/http-fault-proxy.ts';
import {
  azureServer,
  azuriteAccount,
  azuriteKey,
  gcsServer,
  installTimeoutMs,
  type ObjectServer,
  s3Server,
} from '../support/object-stores.ts';

/** The same promises, kept by each cloud's real API; with a proxy before it that breaks what can break. */

interface Cloud {
  readonly start: () => Promise<ObjectServer>;
  readonly address: (at: { endpoint: string; bucket: string; timeoutMs: number }) => CloudAddress;
  readonly makeBucket: (endpoint: string, bucket: string) => Promise<void>;
  readonly busy: { readonly status: number; readonly body: string };
  readonly expired: { readonly status: number; readonly body: string };
}

const s3Credentials = { accessKeyId: 'AKIA', secretAccessKey: 'secret' };
const xml = (code: string): string =>
  `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>no</Message></Error>`;

const clouds: Readonly<Record<string, Cloud>> = {
  s3: {
    start: s3Server,
    address: ({ endpoint, bucket, timeoutMs }) => ({
      kind: 's3',
      place: { url: `s3://${bucket}/deep/path`, bucket, prefix: 'deep/path' },
      settings: {
        ...{ endpoint, timeoutMs, region: 'eu-central-1', pathStyle: true },
        ...{ storageClass: 'STANDARD_IA', serverSideEncryption: 'AES256', kmsKey: null },
        credentials: () => s3Credentials,
      },
    }),
    makeBucket: async (endpoint, Bucket) => {
      const options = { endpoint, region: 'us-east-1', forcePathStyle: true, credentials: s3Credentials };
      await new S3Client(options).send(new CreateBucketCommand({ Bucket }));
    },
    busy: { status: 503, body: xml('SlowDown') },
    expired: { status: 400, body: xml('ExpiredToken') },
  },
  gcs: {
    start: gcsServer,
    address: ({ endpoint, bucket, timeoutMs }) => ({
      kind: 'gcs',
      place: { url: `gs://${bucket}/deep/path`, bucket, prefix: 'deep/path' },
      settings: { endpoint, timeoutMs, keyFile: null, storageClass: 'NEARLINE', kmsKey: null },
    }),
    makeBucket: async (endpoint, name) => {
      const headers = { 'content-type': 'application/json', connection: 'close' };
      const made = await fetch(`${endpoint}/storage/v1/b?project=tests`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ name }),
      });
      expect(made.status).toBe(200);
    },
    busy: { status: 503, body: '{"error":{"code":503,"message":"busy"}}' },
    expired: { status: 401, body: '{"error":{"code":401,"message":"Invalid Credentials"}}' },
  },
  azure: {
    start: azureServer,
    address: ({ endpoint, bucket: container, timeoutMs }) => ({
      kind: 'azure',
      place: {
        url: `az://${azuriteAccount}/${container}/deep/path`,
        account: azuriteAccount,
        container,
        prefix: 'deep/path',
      },
      settings: {
        ...{ endpoint: `${endpoint}/${azuriteAccount}`, timeoutMs, accessTier: 'Cool', encryptionScope: null },
        credentials: () => ({ kind: 'key', key: azuriteKey }),
      },
    }),
    makeBucket: async (endpoint, container) => {
      const credential = new StorageSharedKeyCredential(azuriteAccount, azuriteKey);
      await new BlobServiceClient(`${endpoint}/${azuriteAccount}`, credential).getContainerClient(container).create();
    },
    busy: { status: 503, body: xml('ServerBusy') },
    expired: { status: 403, body: xml('AuthenticationFailed') },
  },
};

async function keys(store: BlobStore, prefix: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { key, bytes } of store.list(prefix)) found.push(`${key} ${bytes}`);
  return found;
}

const text = async (bytes: Promise<Uint8Array | null>): Promise<string> => Buffer.from((await bytes) ?? []).toString();

describe.each(Object.entries(clouds))('a store in %s', (_name, cloud) => {
  let server: ObjectServer;
  let proxy: HttpFaultProxy;
  let store: BlobStore;
  beforeAll(async () => {
    server = await cloud.start();
    await cloud.makeBucket(server.endpoint, 'backups');
    proxy = await httpFaultProxy(server.endpoint);
    store = openCloud(cloud.address({ endpoint: proxy.endpoint, bucket: 'backups', timeoutMs: 60_000 }));
  }, installTimeoutMs);
  afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });
  beforeEach(() => proxy.judge(() => 'pass'));

  it('gives back what was put, whole and in part, and leaves what is there unless told to replace it', async () => {
    await store.put('packs/ab/one.pack', Buffer.from('hello world'));
    expect(await text(store.get('packs/ab/one.pack'))).toBe('hello world');
    expect(await text(store.getRange('packs/ab/one.pack', 6, 3))).toBe('wor');
    expect(await text(store.getRange('packs/ab/one.pack', 6, 100))).toBe('world');
    expect((await store.getRange('packs/ab/one.pack', 50, 3))?.length).toBe(0);
    expect(await store.get('packs/ab/two.pack')).toBeNull();
    expect(await store.getRange('packs/ab/two.pack', 0, 1)).toBeNull();
    await store.put('packs/ab/one.pack', Buffer.from('another'));
    expect(await text(store.get('packs/ab/one.pack'))).toBe('hello world');
    await store.put('packs/ab/one.pack', Buffer.from('another'), { replace: true });
    expect(await text(store.get('packs/ab/one.pack'))).toBe('another');
    await store.put('empty', new Uint8Array());
    expect((await store.get('empty'))?.length).toBe(0);
    await store.delete('packs/ab/one.pack');
    await store.delete('packs/ab/one.pack');
    expect(await store.get('packs/ab/one.pack')).toBeNull();
    await expect(store.put('../outside', Buffer.from('x'))).rejects.toMatchObject({ code: 'STORE_KEY' });
  });

  it('lists by prefix, over pages, and only what is below its path', async () => {
    for (const key of ['a/b/one', 'a/b/two', 'a/bc/three']) await store.put(key, Buffer.from(key));
    expect(await keys(store, 'a/b/')).toEqual(['a/b/one 7', 'a/b/two 7']);
    expect(await keys(store, 'a/b')).toEqual(['a/b/one 7', 'a/b/two 7', 'a/bc/three 10']);
    expect(await keys(store, 'none/')).toEqual([]);
  });

  it('takes large objects, in parts', async () => {
    const bytes = randomBytes(16 * 1024 * 1024 + 5);
    await store.put('large', bytes);
    expect(Buffer.compare(bytes, (await store.get('large')) ?? Buffer.alloc(0))).toBe(0);
    await store.put('large', Buffer.from('small'));
    expect((await store.get('large'))?.length).toBe(bytes.length);
  });

  it.each(['refuse', 'lose-answer', 'half-answer', 'busy'] as const)('goes on after: %s', async (fault) => {
    const key = `faults/${fault}`;
    const bytes = randomBytes(300_000);
    let left = 1;
    const trouble = () => (left-- > 0 ? (fault === 'busy' ? cloud.busy : fault) : 'pass');
    proxy.judge(trouble);
    await store.put(key, bytes);
    left = 1;
    expect(Buffer.compare(bytes, (await store.get(key)) ?? Buffer.alloc(0))).toBe(0);
    left = 1;
    expect(await keys(store, 'faults/')).toContain(`${key} 300000`);
    left = 1;
    await store.delete(key);
    expect(await store.get(key)).toBeNull();
  });

  it('does not wait forever for an answer', async () => {
    const quick = openCloud(cloud.address({ endpoint: proxy.endpoint, bucket: 'backups', timeoutMs: 1_500 }));
    let left = 1;
    proxy.judge(() => (left-- > 0 ? 'hang' : 'pass'));
    await quick.put('patient', Buffer.from('x'));
    left = 1;
    expect(await text(quick.get('patient'))).toBe('x');
  });

  it('says what is wrong when credentials run out, and when the bucket is not there', async () => {
    proxy.judge(() => cloud.expired);
    await expect(store.put('late', Buffer.from('x'))).rejects.toMatchObject({ code: 'STORE_CREDENTIALS' });
    await expect(store.get('late')).rejects.toMatchObject({ code: 'STORE_CREDENTIALS' });
    proxy.judge(() => 'pass');
    const nowhere = openCloud(cloud.address({ endpoint: proxy.endpoint, bucket: 'nowhere', timeoutMs: 60_000 }));
    await expect(nowhere.put('a', Buffer.from('x'))).rejects.toMatchObject({ code: 'STORE_MISSING' });
    await expect(keys(nowhere, '')).rejects.toMatchObject({ code: 'STORE_MISSING' });
  });
});
