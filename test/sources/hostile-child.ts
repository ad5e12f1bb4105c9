import { createOpenSource } from '../../src/sources/open.ts';
import { fileSource } from './source-fixture.ts';

/**
 * Reads files to their end and tells what became of each, and the process's peak of memory:
 * `node test/sources/hostile-child.ts FOLDER SYSTEM:FILE…`. Prints JSON.
 */

const [folder = '', ...files] = process.argv.slice(2);
const openSource = createOpenSource({ projectFolder: folder });
const megabytes = (): number => Math.round(process.resourceUsage().maxRSS / 1024);
const told: Record<string, unknown> = {};
const before = megabytes();
for (const one of files) {
  const [system = '', place = ''] = one.split(':');
  const found = { rows: 0, problems: [] as string[], error: null as string | null };
  try {
    const source = await openSource(fileSource(system as 'csv' | 'json' | 'ndjson', place, { a: 'text', b: 'text' }));
    await source.facts();
    for (const split of await source.splits(4)) {
      for await (const page of source.read(split)) {
        found.rows += page.length;
        for (const { problem } of page) if (problem !== null) found.problems.push(problem.slice(0, 120));
      }
    }
    await source.close();
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'UNEXPECTED';
    found.error = `${code}: ${thrown instanceof Error ? thrown.message.slice(0, 200) : String(thrown)}`;
  }
  told[place] = { ...found, problems: [...new Set(found.problems)].slice(0, 5), rejected: found.problems.length };
}
process.stdout.write(JSON.stringify({ before, peak: megabytes(), told }));
