import { createHash } from 'node:crypto';
import type * as aws from '@aws-sdk/client-s3';
import { type Bucket, isConnectionTrouble, type Part, type Trouble, troubleOfStatus } from './bucket.ts';
import { loadSdk } from './sdk.ts';

/** One of S3's, and whatever else speaks its protocol. */
export interface S3Place {
  /** `s3://bucket/path`. */
  readonly url: string;
  readonly bucket: string;
  /** Without `/` at its ends; empty for the bucket itself. */
  readonly prefix: string;
}

export interface S3Settings {
  readonly endpoint: string | null;
  /** How long an answer may take before the call is made again. */
  readonly timeoutMs: number;
  readonly region: string | null;
  /** `bucket` in the path instead of the host, as most servers that are not Amazon's want it. */
  readonly pathStyle: boolean;
  readonly storageClass: string | null;
  /** `AES256`, `aws:kms` or `aws:kms:dsse`; null leaves it to the bucket. */
  readonly serverSideEncryption: string | null;
  readonly kmsKey: string | null;
  /** Null: what the SDK finds (environment, profile, the machine's role). */
  readonly credentials: (() => S3Credentials) | null;
}
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Above it an object goes in parts, so that a connection that breaks costs one part. */
const partSize = 16 * 1024 * 1024;
const connectTimeoutMs = 10_000;

export async function openS3(place: S3Place, settings: S3Settings): Promise<Bucket> {
  const sdk = await loadSdk('@aws-sdk/client-s3', () => import('@aws-sdk/client-s3'));
  const client = new sdk.S3Client({
    ...(settings.endpoint === null ? {} : { endpoint: settings.endpoint }),
    ...(settings.region === null ? {} : { region: settings.region }),
    ...(settings.credentials === null ? {} : { credentials: settings.credentials() }),
    forcePathStyle: settings.pathStyle,
    maxAttempts: 3,
    requestHandler: {
      connectionTimeout: connectTimeoutMs,
      requestTimeout: settings.timeoutMs,
      throwOnRequestTimeout: true,
    },
    // Servers that only speak the protocol know no newer checksums; every object's SHA-256 is sent all the same.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  return new S3Bucket(sdk, client, { place, settings });
}

interface Opened {
  readonly place: S3Place;
  readonly settings: S3Settings;
}

class S3Bucket implements Bucket {
  readonly #sdk: typeof aws;
  readonly #client: aws.S3Client;
  readonly #bucket: string;
  readonly #stored: Partial<aws.PutObjectCommandInput>;
  /** False once the server said that it knows no conditional writes. */
  #conditional = true;

  constructor(sdk: typeof aws, client: aws.S3Client, { place, settings }: Opened) {
    this.#sdk = sdk;
    this.#client = client;
    this.#bucket = place.bucket;
    const { storageClass, serverSideEncryption, kmsKey } = settings;
    this.#stored = {
      ...(storageClass === null ? {} : { StorageClass: storageClass as aws.StorageClass }),
      ...(serverSideEncryption === null
        ? {}
        : { ServerSideEncryption: serverSideEncryption as aws.ServerSideEncryption }),
      ...(kmsKey === null ? {} : { SSEKMSKeyId: kmsKey }),
    };
  }

  async put(name: string, bytes: Uint8Array, replace: boolean): Promise<void> {
    if (!replace && !this.#conditional && (await this.#exists(name))) return;
    try {
      const condition = replace || !this.#conditional ? {} : { IfNoneMatch: '*' };
      if (bytes.length > partSize) await this.#putParts(name, bytes, condition);
      else await this.#putWhole(name, bytes, condition);
    } catch (thrown) {
      const { status, code } = answerOf(thrown);
      if (status === 412 || code === 'PreconditionFailed') return;
      if (replace || !this.#conditional || (status !== 501 && code !== 'NotImplemented')) throw thrown;
      this.#conditional = false;
      await this.put(name, bytes, replace);
    }
  }

  async #putWhole(name: string, bytes: Uint8Array, condition: { IfNoneMatch?: string }): Promise<void> {
    await this.#client.send(
      new this.#sdk.PutObjectCommand({
        ...this.#object(name),
        ...this.#stored,
        ...condition,
        Body: bytes,
        ContentLength: bytes.length,
        ChecksumSHA256: sha256Base64(bytes),
      }),
    );
  }

  /** Nothing is seen of an object in parts before its last call; a try that fails takes its parts away again. */
  async #putParts(name: string, bytes: Uint8Array, condition: { IfNoneMatch?: string }): Promise<void> {
    const object = this.#object(name);
    const { UploadId } = await this.#client.send(
      new this.#sdk.CreateMultipartUploadCommand({
        ...object,
        ...(this.#stored as Partial<aws.CreateMultipartUploadCommandInput>),
      }),
    );
    try {
      const parts: aws.CompletedPart[] = [];
      for (let at = 0; at < bytes.length; at += partSize) {
        const part = bytes.subarray(at, at + partSize);
        const PartNumber = parts.length + 1;
        const { ETag } = await this.#client.send(
          new this.#sdk.UploadPartCommand({ ...object, UploadId, PartNumber, Body: part, ContentLength: part.length }),
        );
        parts.push({ ETag, PartNumber });
      }
      const MultipartUpload = { Parts: parts };
      await this.#client.send(
        new this.#sdk.CompleteMultipartUploadCommand({ ...object, ...condition, UploadId, MultipartUpload }),
      );
    } catch (thrown) {
      await this.#client
        .send(new this.#sdk.AbortMultipartUploadCommand({ ...object, UploadId }))
        .catch(() => undefined);
      throw thrown;
    }
  }

  async get(name: string, part: Part | null): Promise<Uint8Array | null> {
    if (part?.length === 0) return (await this.#exists(name)) ? new Uint8Array() : null;
    const Range = part === null ? {} : { Range: `bytes=${part.offset}-${part.offset + part.length - 1}` };
    try {
      const { Body, ContentLength } = await this.#client.send(
        new this.#sdk.GetObjectCommand({ ...this.#object(name), ...Range }),
      );
      const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
      if (ContentLength !== undefined && bytes.length !== ContentLength) throw new CutShort();
      return bytes;
    } catch (thrown) {
      const { status, code } = answerOf(thrown);
      if (status === 416) return new Uint8Array();
      if (code === 'NoSuchKey' || (status === 404 && code !== 'NoSuchBucket')) return null;
      throw thrown;
    }
  }

  async *list(prefix: string): AsyncIterable<{ readonly name: string; readonly bytes: number }> {
    let token: string | undefined;
    do {
      const page: aws.ListObjectsV2CommandOutput = await this.#client.send(
        new this.#sdk.ListObjectsV2Command({
          Bucket: this.#bucket,
          Prefix: prefix,
          ...(token === undefined ? {} : { ContinuationToken: token }),
        }),
      );
      for (const { Key, Size } of page.Contents ?? []) if (Key !== undefined) yield { name: Key, bytes: Size ?? 0 };
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  async delete(name: string): Promise<void> {
    await this.#client.send(new this.#sdk.DeleteObjectCommand(this.#object(name)));
  }

  troubleOf(thrown: unknown): Trouble {
    const { status, code } = answerOf(thrown);
    if (code === 'NoSuchBucket') return { kind: 'missing', reason: code };
    if (/Expired|InvalidAccessKeyId|SignatureDoesNotMatch|InvalidToken|CredentialsProvider|TokenRefresh/i.test(code)) {
      return { kind: 'expired', reason: code };
    }
    if (thrown instanceof CutShort) return { kind: 'passing', reason: 'the answer was cut short' };
    if (status !== null && code !== 'RequestTimeTooSkewed') return troubleOfStatus(status, `${code} ${status}`.trim());
    return { kind: isConnectionTrouble(thrown) ? 'passing' : 'other', reason: code };
  }

  #object(name: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#bucket, Key: name };
  }

  async #exists(name: string): Promise<boolean> {
    try {
      await this.#client.send(new this.#sdk.HeadObjectCommand(this.#object(name)));
      return true;
    } catch (thrown) {
      if (answerOf(thrown).status === 404) return false;
      throw thrown;
    }
  }
}

class CutShort extends Error {}

function sha256Base64(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64');
}

/** The status of the answer, null when there was none; and S3's code, or the name of what happened instead. */
function answerOf(thrown: unknown): { readonly status: number | null; readonly code: string } {
  if (!(thrown instanceof Error)) return { status: null, code: String(thrown) };
  const metadata = '$metadata' in thrown ? (thrown.$metadata as { readonly httpStatusCode?: number }) : {};
  return { status: metadata.httpStatusCode ?? null, code: thrown.name };
}
