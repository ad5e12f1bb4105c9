/** What a cloud's object store is asked for: the few calls that its SDK makes, and what its errors mean. */
export interface Bucket {
  /** An object of that name is left as it is unless `replace`. */
  put(name: string, bytes: Uint8Array, replace: boolean): Promise<void>;
  /** Null when there is no such object; the part that there is when the object is shorter. */
  get(name: string, part: Part | null): Promise<Uint8Array | null>;
  /** Every object whose name begins so, page by page. */
  list(prefix: string): AsyncIterable<{ readonly name: string; readonly bytes: number }>;
  delete(name: string): Promise<void>;
  /** What an error of its SDK means. */
  troubleOf(thrown: unknown): Trouble;
}

/** Of an object, in bytes. */
export interface Part {
  readonly offset: number;
  readonly length: number;
}

/** Of a call that failed. `passing`: the same call may well succeed a little later. */
export interface Trouble {
  readonly kind: 'denied' | 'expired' | 'missing' | 'full' | 'passing' | 'other';
  /** The service's own code or status, as `SlowDown` or `503`. */
  readonly reason: string;
}

/** By the status of an answer; null when there was none, as when a connection broke. */
export function troubleOfStatus(status: number | null, reason: string): Trouble {
  if (status === null || status === 408 || status === 409 || status === 429 || status >= 500) {
    return { kind: status === 507 ? 'full' : 'passing', reason };
  }
  if (status === 401 || status === 403) return { kind: 'denied', reason };
  return { kind: 'other', reason };
}

/** True of what the network does to a call; such errors carry no status. */
export function isConnectionTrouble(thrown: unknown): boolean {
  const text = thrown instanceof Error ? `${thrown.name} ${codeOf(thrown)} ${thrown.message}` : String(thrown);
  return /ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOST|ENET|socket hang up|Timeout|aborted|premature|terminated|fetch failed|UND_ERR|network|REQUEST_SEND_ERROR|PARSE_ERROR/i.test(
    text,
  );
}

function codeOf(thrown: Error): string {
  return 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
}
