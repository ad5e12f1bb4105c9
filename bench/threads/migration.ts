export const migrationId = '20260101000000_threads';

/** Step 0 fills a table from a file; 1 and 2 parse, hash and put together what is in it, from the table and from the file. */
export const migrationText: string = `import { createHash } from 'node:crypto';
import { copy, existing, migration, t, transform } from 'cqlform';
import { ndjson } from 'cqlform/files';

const file = ndjson.file('events.ndjson', { columns: { id: ndjson.int(), payload: ndjson.text() }, required: ['id', 'payload'] });
const events = existing('events', { columns: { id: t.int(), payload: t.text() }, partitionKey: ['id'] });
const into = (name: 'from_table' | 'from_file') =>
  existing(name, { columns: { id: t.int(), digest: t.text() }, partitionKey: ['id'] });

interface Event {
  readonly user: { readonly name: string };
  readonly items: readonly { readonly sku: string; readonly count: number }[];
}
function digestOf(payload: string): string {
  const { user, items } = JSON.parse(payload) as Event;
  let digest = user.name;
  for (const { sku, count } of items) digest = createHash('sha256').update(digest + sku + count).digest('hex');
  return digest;
}

export default migration({
  description: 'Digests of events',
  data: [
    copy({ from: file, into: events }),
    copy({ from: events, into: into('from_table'), columns: { digest: ({ payload }) => digestOf(payload ?? '{}') } }),
    transform({ from: file, into: into('from_file'), rows: ({ id, payload }, out) => out.emit({ id, digest: digestOf(payload) }) }),
  ],
});
`;

/** A row of the file. */
export function eventLine(id: number): string {
  const items = Array.from({ length: 10 }, (_none, at) => ({
    sku: `sku-${(id * 7919 + at) % 100_000}`,
    count: at + 1,
  }));
  const payload = JSON.stringify({ user: { name: `user ${id % 5000}`, id }, items, note: 'x'.repeat(100) });
  return JSON.stringify({ id, payload });
}
