import { expect } from 'vitest';
import { createOpenSurvey } from '../../src/sources/survey.ts';
import { byUrl } from './sql-source.ts';

interface ViewsServer {
  readonly system: 'mysql' | 'postgres';
  readonly url: string;
  /** All that are there; of `beside`, a table whose one column is `id`, there is `seen`. */
  readonly views: readonly string[];
}

/** A whole database's survey tells of its views and leaves them out; one that is named is looked at. */
export async function expectViewsBeside({ system, url, views }: ViewsServer): Promise<void> {
  const survey = createOpenSurvey({ projectFolder: '/', addresses: { shop: byUrl(url) } });
  const target = { kind: 'database', system, connection: 'shop' } as const;
  const whole = await survey({ ...target, table: null });
  expect(whole.tables.map((one) => one.place)).toContain('beside');
  expect(whole.tables.map((one) => one.place)).not.toContain('seen');
  expect(whole.views).toEqual(views);
  const named = await survey({ ...target, table: 'seen' });
  expect(named.tables.map(({ place, columns }) => [place, columns.map((one) => one.field)])).toEqual([
    ['seen', ['id']],
  ]);
  expect(named.views).toEqual([]);
}
