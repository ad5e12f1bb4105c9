import type * as azure from '@azure/storage-blob';
import { CqlformError } from '../../kernel/errors.ts';
import { type Bucket, isConnectionTrouble, type Part, type Trouble, troubleOfStatus } from './bucket.ts';
import { loadSdk } from './sdk.ts';

export interface AzurePlace {
  /** `az://account/container/path`. */
  readonly url: string;
  readonly account: string;
  readonly container: string;
  readonly prefix: string;
}

export interface AzureSettings {
  /** Null: `https://ACCOUNT.blob.core.windows.net`. */
  readonly endpoint: string | null;
  /** How long an answer may take before the call is made again. */
  readonly timeoutMs: number;
  /** `Hot`, `Cool`, `Cold`, `Archive`. */
  readonly accessTier: string | null;
  readonly encryptionScope: string | null;
  readonly credentials: (() => AzureCredentials) | null;
}
/** The key of the account, or a token that was signed for the container. */
export type AzureCredentials =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'sas'; readonly token: string };

const blockSize = 16 * 1024 * 1024;

export async function openAzure(place: AzurePlace, settings: AzureSettings): Promise<Bucket> {
  const sdk = await loadSdk('@azure/storage-blob', () => import('@azure/storage-blob'));
  const endpoint = settings.endpoint ?? `https://${place.account}.blob.core.windows.net`;
  const credentials = settings.credentials?.() ?? fromEnvironment(place);
  // Its own tries come without an end to waiting; calls are bounded, and tried again, here.
  const options = { retryOptions: { maxTries: 1 } };
  const service =
    credentials.kind === 'key'
      ? new sdk.BlobServiceClient(endpoint, new sdk.StorageSharedKeyCredential(place.account, credentials.key), options)
      : new sdk.BlobServiceClient(`${endpoint}?${credentials.token.replace(/^\?/, '')}`, undefined, options);
  return new AzureContainer(service.getContainerClient(place.container), settings);
}

/** As Azure's own command line takes them. */
function fromEnvironment({ url }: AzurePlace): AzureCredentials {
  const key = process.env['AZURE_STORAGE_KEY'] ?? '';
  if (key !== '') return { kind: 'key', key };
  const token = process.env['AZURE_STORAGE_SAS_TOKEN'] ?? '';
  if (token !== '') return { kind: 'sas', token };
  throw new CqlformError('STORE_CREDENTIALS', `there are no credentials for ${url}`, {
    next: 'Set AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, or name `accountKey` or `sasToken` of this store in the configuration.',
    fields: { store: url },
  });
}

class AzureContainer implements Bucket {
  readonly #container: azure.ContainerClient;
  readonly #stored: azure.BlockBlobParallelUploadOptions;
  readonly #timeoutMs: number;

  constructor(container: azure.ContainerClient, { timeoutMs, accessTier, encryptionScope }: AzureSettings) {
    this.#container = container;
    this.#timeoutMs = timeoutMs;
    this.#stored = {
      maxSingleShotSize: blockSize,
      blockSize,
      ...(accessTier === null ? {} : { tier: accessTier }),
      ...(encryptionScope === null ? {} : { encryptionScope }),
    };
  }

  async put(name: string, bytes: Uint8Array, replace: boolean): Promise<void> {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const condition = replace ? {} : { conditions: { ifNoneMatch: '*' } };
    const abortSignal = this.#patience(bytes.length);
    try {
      await this.#container.getBlockBlobClient(name).uploadData(buffer, { ...this.#stored, ...condition, abortSignal });
    } catch (thrown) {
      if (replace || !['BlobAlreadyExists', 'ConditionNotMet'].includes(answerOf(thrown).code)) throw thrown;
    }
  }

  async get(name: string, part: Part | null): Promise<Uint8Array | null> {
    const blob = this.#container.getBlockBlobClient(name);
    const abortSignal = this.#patience();
    try {
      if (part?.length === 0) return (await blob.exists({ abortSignal })) ? new Uint8Array() : null;
      const { readableStreamBody, contentLength } = await blob.download(part?.offset ?? 0, part?.length, {
        maxRetryRequests: 0,
        abortSignal,
      });
      const parts: Buffer[] = [];
      for await (const each of readableStreamBody ?? []) parts.push(Buffer.from(each));
      const bytes = Buffer.concat(parts);
      if (contentLength !== undefined && bytes.length !== contentLength) throw new Error('premature end of the answer');
      return bytes;
    } catch (thrown) {
      const { status, code } = answerOf(thrown);
      if (status === 416) return new Uint8Array();
      if (status === 404 && code !== 'ContainerNotFound') return null;
      throw thrown;
    }
  }

  async *list(prefix: string): AsyncIterable<{ readonly name: string; readonly bytes: number }> {
    let from: string | undefined;
    do {
      const pages = this.#container.listBlobsFlat({ prefix, abortSignal: this.#patience() });
      const { value } = await pages.byPage(from === undefined ? {} : { continuationToken: from }).next();
      const page = value as azure.ContainerListBlobFlatSegmentResponse | undefined;
      for (const { name, properties } of page?.segment.blobItems ?? []) {
        yield { name, bytes: properties.contentLength ?? 0 };
      }
      from = page?.continuationToken === '' ? undefined : page?.continuationToken;
    } while (from !== undefined);
  }

  async delete(name: string): Promise<void> {
    await this.#container.getBlockBlobClient(name).deleteIfExists({ abortSignal: this.#patience() });
  }

  #patience(bytes = 0): AbortSignal {
    return AbortSignal.timeout(this.#timeoutMs * Math.ceil((bytes + 1) / blockSize));
  }

  troubleOf(thrown: unknown): Trouble {
    const { status, code } = answerOf(thrown);
    if (code === 'ContainerNotFound' || code === 'ContainerBeingDeleted') return { kind: 'missing', reason: code };
    if (code === 'AuthenticationFailed' || code === 'InvalidAuthenticationInfo')
      return { kind: 'expired', reason: code };
    if (status !== null) return troubleOfStatus(status, code || String(status));
    return { kind: isConnectionTrouble(thrown) ? 'passing' : 'other', reason: code };
  }
}

/** The status of the answer, null when there was none; and Azure's code, or the name of what happened instead. */
function answerOf(thrown: unknown): { readonly status: number | null; readonly code: string } {
  if (!(thrown instanceof Error)) return { status: null, code: String(thrown) };
  const status = 'statusCode' in thrown && typeof thrown.statusCode === 'number' ? thrown.statusCode : null;
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : thrown.name;
  return { status, code };
}
