import type { SourceLag } from '../../src/model/since.ts';
import type { SourceAddress } from '../../src/ports/source.ts';
import { createOpenSource } from '../../src/sources/open.ts';
import { declared } from './sql-source.ts';

interface Changes {
  /** Keys of the rows that are read, in their order. */
  readonly ids: readonly unknown[];
  /** As the source counts them. */
  readonly rows: number | null;
  readonly lag: SourceLag;
  readonly indexed: boolean | null;
}

/** What a source has from a watermark on, and what it says of those above it. */
export async function changesFrom(
  address: SourceAddress,
  source: Parameters<typeof declared>[0],
  { column, from }: { readonly column: string; readonly from: bigint },
): Promise<Changes> {
  const openSource = createOpenSource({ projectFolder: '/', addresses: { shop: address } });
  const opened = await openSource(declared(source), { column, from });
  try {
    if (opened.changes === undefined) throw new Error('it tells no changes');
    const lag = await opened.changes(column).lag(from);
    const indexed = await opened.changes(column).isIndexed();
    const ids: unknown[] = [];
    for (const split of await opened.splits(8)) {
      for await (const page of opened.read(split)) ids.push(...page.map(({ values }) => values['id']));
    }
    const { rows } = await opened.facts();
    return { ids: ids.sort(), rows, lag, indexed };
  } finally {
    await opened.close();
  }
}

export const micros = (text: string): bigint => BigInt(Date.parse(text)) * 1000n;
