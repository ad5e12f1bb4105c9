import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import { type Client, types } from 'cassandra-driver';
import { CqlformError, exitCodes, reasonOf } from '../kernel/errors.ts';
import { canonicalJson, sha256 } from '../kernel/hash.ts';
import { patiently } from './journal-patience.ts';
import { quoteName } from './ledger-tables.ts';

const partBytes = 512 * 1024;
const quorum = { prepare: true, isIdempotent: true, consistency: types.consistencies.quorum } as const;
const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** Where documents are kept. */
export interface DocumentPlace {
  readonly client: Client;
  readonly ledgerKeyspace: string;
}

/** See `Journal.putDocument`. */
export async function putDocument(place: DocumentPlace, value: unknown): Promise<string> {
  const text = canonicalJson(value);
  const hash = sha256(text);
  if ((await readPart(place, hash, 0)) !== null) return hash;
  const bytes = await compress(Buffer.from(text));
  const parts = Math.max(1, Math.ceil(bytes.length / partBytes));
  // The first part last: whoever finds it finds the others.
  for (let part = parts - 1; part >= 0; part--) {
    const statement = `INSERT INTO ${tableOf(place)} (hash, part, parts, body) VALUES (?, ?, ?, ?)`;
    const body = bytes.subarray(part * partBytes, (part + 1) * partBytes);
    await patiently(() => place.client.execute(statement, [hash, part, parts, body], quorum));
  }
  return hash;
}

/** See `Journal.getDocument`. */
export async function getDocument(place: DocumentPlace, hash: string): Promise<unknown> {
  const first = await readPart(place, hash, 0);
  if (first === null) throw missing(place, hash);
  const rest = await Promise.all(
    Array.from({ length: first.parts - 1 }, (_none, index) => readPart(place, hash, index + 1)),
  );
  const bodies = [first, ...rest].map((part) => {
    if (part === null) throw damaged(place, hash, 'a part of it is missing');
    return part.body;
  });
  const text = await decompress(Buffer.concat(bodies)).then(
    (bytes) => bytes.toString('utf8'),
    (thrown: unknown) => {
      throw damaged(place, hash, reasonOf(thrown));
    },
  );
  if (sha256(text) !== hash) throw damaged(place, hash, `its content hashes to ${sha256(text)}`);
  return JSON.parse(text);
}

interface Part {
  readonly parts: number;
  readonly body: Buffer;
}

async function readPart(place: DocumentPlace, hash: string, part: number): Promise<Part | null> {
  const statement = `SELECT parts, body FROM ${tableOf(place)} WHERE hash = ? AND part = ?`;
  const result = await patiently(() => place.client.execute(statement, [hash, part], quorum));
  const row = result.first();
  if (row === null) return null;
  const body: unknown = row.get('body');
  const parts: unknown = row.get('parts');
  if (!Buffer.isBuffer(body) || typeof parts !== 'number') throw damaged(place, hash, `part ${part} is empty`);
  return { parts, body };
}

function tableOf(place: DocumentPlace): string {
  return `${quoteName(place.ledgerKeyspace)}.documents`;
}

function missing({ ledgerKeyspace }: DocumentPlace, hash: string): CqlformError {
  return new CqlformError('DOCUMENT_MISSING', `The ledger ${ledgerKeyspace} has no document ${hash}.`, {
    next: 'Restore the ledger keyspace from a snapshot of the cluster.',
    fields: { hash, ledger: ledgerKeyspace },
    exitCode: exitCodes.integrity,
  });
}

function damaged({ ledgerKeyspace }: DocumentPlace, hash: string, why: string): CqlformError {
  return new CqlformError('DOCUMENT_DAMAGED', `Document ${hash} of the ledger ${ledgerKeyspace} is damaged: ${why}.`, {
    next: 'Restore the ledger keyspace from a snapshot of the cluster.',
    fields: { hash, ledger: ledgerKeyspace },
    exitCode: exitCodes.integrity,
  });
}
