import { csv } from '../../src/files.ts';
import { copy, existing, privacy, t, table, transform } from '../../src/index.ts';

const file = csv.file('people.csv', {
  columns: { id: csv.uuid(), email: csv.text(), born: csv.date() },
  required: ['id'],
});
const people = table('people', {
  columns: { id: t.pii(t.uuid(), 'id'), email: t.pii(t.text(), 'email'), born: t.date() },
  partitionKey: ['id'],
});
const hash = privacy.hash({ key: 'people' });
const token = privacy.tokenise({ key: 'people' });

copy({ from: file, into: people, lower: { id: token, email: hash, born: privacy.truncate('year') } });
copy({ from: file, into: people, lower: { id: token, email: privacy.waive('made up') } });
// @ts-expect-error personal columns have to be said
copy({ from: file, into: people });
// @ts-expect-error and each of them
copy({ from: file, into: people, lower: { email: hash } });
// @ts-expect-error a hash is no UUID
copy({ from: file, into: people, lower: { id: hash, email: hash } });
// @ts-expect-error not any function
copy({ from: file, into: people, lower: { id: token, email: (email: string) => email } });
// @ts-expect-error no such column
copy({ from: file, into: people, lower: { id: token, email: hash, name: hash } });
// @ts-expect-error a transform, too
transform({ from: file, into: people, rows: ({ id }, out) => out.emit({ id }) });

// Within a keyspace everything is where it was.
const before = existing('before', { columns: { id: t.uuid(), email: t.text() }, partitionKey: ['id'] });
copy({ from: before, into: people });
// @ts-expect-error so there is nothing to say
copy({ from: before, into: people, lower: { id: token, email: hash } });

const token5: bigint = token(5n);
const none: string | null = hash(null as string | null);

export { none, token5 };
