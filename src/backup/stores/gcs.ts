import { createHash, randomUUID } from 'node:crypto';
import { reasonOf } from '../../kernel/errors.ts';
import { type Bucket, isConnectionTrouble, type Part, type Trouble, troubleOfStatus } from './bucket.ts';
import { loadSdk } from './sdk.ts';

export interface GcsPlace {
  /** `gs://bucket/path`. */
  readonly url: string;
  readonly bucket: string;
  /** Without `/` at its ends; empty for the bucket itself. */
  readonly prefix: string;
}

export interface GcsSettings {
  /** Null: Google's own. Another one is spoken to without credentials unless there is a key file. */
  readonly endpoint: string | null;
  /** How long an answer may take before the call is made again. */
  readonly timeoutMs: number;
  /** A key file of a service account; null: what Google's library finds (environment, gcloud, the machine's account). */
  readonly keyFile: string | null;
  readonly storageClass: string | null;
  /** `projects/…/cryptoKeys/…`. */
  readonly kmsKey: string | null;
}

/** Above it an object goes in parts, so that a connection that breaks costs one part. A multiple of 256 KiB. */
const partSize = 16 * 1024 * 1024;
const scope = 'https://www.googleapis.com/auth/devstorage.read_write';

type Headers = Readonly<Record<string, string>>;

/**
 * Speaks Google's JSON API itself, and takes only the credentials from Google's library: its storage library reports
 * broken downloads as unhandled rejections, which end the process.
 */
export async function openGcs({ bucket }: GcsPlace, settings: GcsSettings): Promise<Bucket> {
  const endpoint = settings.endpoint ?? 'https://storage.googleapis.com';
  const authorise = settings.endpoint !== null && settings.keyFile === null ? nobody : await authorised(settings);
  return new GcsBucket(settings, { endpoint: endpoint.replace(/\/$/, ''), bucket, authorise });
}

const nobody = (): Promise<Headers> => Promise.resolve({});

async function authorised({ keyFile }: GcsSettings): Promise<() => Promise<Headers>> {
  const sdk = await loadSdk('google-auth-library', () => import('google-auth-library'));
  const auth = new sdk.GoogleAuth({ scopes: scope, ...(keyFile === null ? {} : { keyFilename: keyFile }) });
  return async () => {
    try {
      return { authorization: `Bearer ${await auth.getAccessToken()}` };
    } catch (thrown) {
      throw new NoCredentials(reasonOf(thrown));
    }
  };
}

interface Endpoint {
  readonly endpoint: string;
  readonly bucket: string;
  readonly authorise: () => Promise<Headers>;
}

interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly headers?: Headers;
  readonly body?: Uint8Array;
  /** Statuses beside 2xx that are an answer. */
  readonly also?: readonly number[];
}

class GcsBucket implements Bucket {
  readonly #settings: GcsSettings;
  readonly #at: Endpoint;

  constructor(settings: GcsSettings, at: Endpoint) {
    this.#settings = settings;
    this.#at = at;
  }

  async put(name: string, bytes: Uint8Array, replace: boolean): Promise<void> {
    // The condition decides; the question before it spares sending megabytes only to be told.
    if (!replace && (await this.#exists(name))) return;
    const { kmsKey } = this.#settings;
    const query = new URLSearchParams({ name });
    if (!replace) query.set('ifGenerationMatch', '0');
    if (kmsKey !== null) query.set('kmsKeyName', kmsKey);
    if (bytes.length > partSize) await this.#putParts(query, bytes);
    else await this.#putWhole(query, bytes);
  }

  /** With the hash of the bytes, which the service checks. */
  async #putWhole(query: URLSearchParams, bytes: Uint8Array): Promise<void> {
    query.set('uploadType', 'multipart');
    const boundary = randomUUID();
    const open = `--${boundary}\r\ncontent-type: application/json\r\n\r\n${this.#metadata(bytes)}\r\n--${boundary}\r\ncontent-type: application/octet-stream\r\n\r\n`;
    const body = Buffer.concat([Buffer.from(open), bytes, Buffer.from(`\r\n--${boundary}--`)]);
    const headers = { 'content-type': `multipart/related; boundary=${boundary}` };
    await this.#call(`/upload${this.#objects}?${query}`, { method: 'POST', headers, body, also: [412] });
  }

  /** Nothing is seen of an object in parts before its last one is there; those of a try that fails are dropped by Google. */
  async #putParts(query: URLSearchParams, bytes: Uint8Array): Promise<void> {
    query.set('uploadType', 'resumable');
    const headers = { 'content-type': 'application/json', 'x-upload-content-type': 'application/octet-stream' };
    const body = Buffer.from(this.#metadata(bytes));
    const began = await this.#call(`/upload${this.#objects}?${query}`, { method: 'POST', headers, body, also: [412] });
    if (began.status === 412) return;
    const session = began.headers.get('location') ?? '';
    for (let at = 0; at < bytes.length; at += partSize) {
      const part = bytes.subarray(at, at + partSize);
      const range = { 'content-range': `bytes ${at}-${at + part.length - 1}/${bytes.length}` };
      await this.#call(session, { method: 'PUT', headers: range, body: part, also: [308, 412] });
    }
  }

  #metadata(bytes: Uint8Array): string {
    const { storageClass } = this.#settings;
    return JSON.stringify({
      contentType: 'application/octet-stream',
      md5Hash: md5(bytes),
      ...(storageClass === null ? {} : { storageClass }),
    });
  }

  async get(name: string, part: Part | null): Promise<Uint8Array | null> {
    if (part?.length === 0) return (await this.#exists(name)) ? new Uint8Array() : null;
    const range = part === null ? {} : { range: `bytes=${part.offset}-${part.offset + part.length - 1}` };
    const call = { headers: { 'accept-encoding': 'identity', ...range }, also: [404, 416] };
    const { status, headers, bytes } = await this.#call(`${this.#objects}/${encodeURIComponent(name)}?alt=media`, call);
    if (status === 404) return null;
    if (status === 416) return new Uint8Array();
    const promised = /md5=(?<md5>[\w+/]+=*)/.exec(headers.get('x-goog-hash') ?? '')?.groups?.['md5'];
    if (part === null && promised !== undefined && promised !== md5(bytes))
      throw new TypeError('aborted: hash differs');
    return bytes;
  }

  async *list(prefix: string): AsyncIterable<{ readonly name: string; readonly bytes: number }> {
    const query = new URLSearchParams({ prefix, fields: 'items(name,size),nextPageToken' });
    for (;;) {
      const { bytes } = await this.#call(`${this.#objects}?${query}`, {});
      const page = JSON.parse(Buffer.from(bytes).toString()) as {
        readonly items?: readonly { readonly name: string; readonly size: string }[];
        readonly nextPageToken?: string;
      };
      for (const { name, size } of page.items ?? []) yield { name, bytes: Number(size) };
      if (page.nextPageToken === undefined) return;
      query.set('pageToken', page.nextPageToken);
    }
  }

  async delete(name: string): Promise<void> {
    await this.#call(`${this.#objects}/${encodeURIComponent(name)}`, { method: 'DELETE', also: [404] });
  }

  troubleOf(thrown: unknown): Trouble {
    if (thrown instanceof NoCredentials) return { kind: 'expired', reason: thrown.message.slice(0, 100) };
    if (!(thrown instanceof Refused)) {
      return { kind: isConnectionTrouble(thrown) ? 'passing' : 'other', reason: reasonOf(thrown) };
    }
    const { status } = thrown;
    if (status === 404) return { kind: 'missing', reason: '404' };
    return status === 401 ? { kind: 'expired', reason: '401' } : troubleOfStatus(status, String(status));
  }

  get #objects(): string {
    return `/storage/v1/b/${encodeURIComponent(this.#at.bucket)}/o`;
  }

  async #exists(name: string): Promise<boolean> {
    const path = `${this.#objects}/${encodeURIComponent(name)}?fields=name`;
    const { status, bytes } = await this.#call(path, { also: [404] });
    if (status === 404 && /bucket does not exist/i.test(Buffer.from(bytes).toString())) throw new Refused(404);
    return status !== 404;
  }

  /** `where` is a path, or the whole address that the service named. */
  async #call(where: string, { method = 'GET', headers, body, also = [] }: Call): Promise<Answer> {
    const address = where.startsWith('/') ? `${this.#at.endpoint}${where}` : where;
    const answer = await fetch(address, {
      method,
      headers: { ...(await this.#at.authorise()), ...headers },
      signal: AbortSignal.timeout(this.#settings.timeoutMs),
      redirect: 'manual',
      ...(body === undefined ? {} : { body: Buffer.from(body.buffer as ArrayBuffer, body.byteOffset, body.length) }),
    });
    const bytes = new Uint8Array(await answer.arrayBuffer());
    if (!answer.ok && !also.includes(answer.status)) throw new Refused(answer.status);
    return { status: answer.status, headers: answer.headers, bytes };
  }
}

interface Answer {
  readonly status: number;
  readonly headers: globalThis.Headers;
  readonly bytes: Uint8Array;
}

class Refused extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`the service answered ${status}`);
    this.status = status;
  }
}
class NoCredentials extends Error {}

function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('base64');
}
