import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Client } from 'cassandra-driver';

/**
 * The tour of `npm run demo`: real migrations of real data on a Cassandra that it starts itself. It types the commands
 * that a user would type and shows what they print.
 */

const root = fileURLToPath(new URL('..', import.meta.url));
const program = fileURLToPath(new URL('../dist/bin.js', import.meta.url));
const keyspace = 'cinema';
const dropped = `${keyspace}.movies.distributor`;
const last = '20260203083000_drop_distributor';

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function chapter(title: string): void {
  say(`\n━━ ${title} ${'━'.repeat(Math.max(0, 96 - title.length))}\n`);
}

/** Runs a command as a user would; a code that is not expected ends the demo with it. */
async function cqlform(words: readonly string[], expected = 0): Promise<string> {
  say(`$ npx cqlform ${words.join(' ')}`);
  const child = spawn(process.execPath, [program, ...words], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (!words.includes('--json')) say(line);
  }
  const code =
    child.exitCode ?? (await new Promise<number>((resolve) => child.once('exit', (one) => resolve(one ?? 1))));
  if (code !== expected) {
    say(`\ncqlform ${words.join(' ')} ended with ${code}, not ${expected}: the demo stops here.`);
    process.exit(1);
  }
  return lines.join('\n');
}

async function query(client: Client, cql: string): Promise<void> {
  say(`cqlsh> ${cql};`);
  const { rows } = await client.execute(cql);
  for (const row of rows ?? [])
    say(
      `  ${row
        .keys()
        .map((key) => `${key}=${row.get(key) ?? 'null'}`)
        .join('  ')}`,
    );
  say('');
}

function digestsIn(ndjson: string): { backup: string; restored: string } {
  const results = ndjson
    .split('\n')
    .filter((line) => line.includes('"step-done"'))
    .map((line) => (JSON.parse(line) as { result: { kind: string; digest?: string; expected?: string } }).result);
  const restore = results.find((result) => result.kind === 'restore');
  return { backup: restore?.expected ?? 'none', restored: restore?.digest ?? 'none' };
}

async function main(): Promise<void> {
  const begun = performance.now();
  chapter('1. A real Cassandra, started for this demo');
  const up = JSON.parse(await cqlform(['dev', 'up', '--json'])) as { contactPoints: string[]; localDataCenter: string };
  const [contactPoint = ''] = up.contactPoints;
  say(`Cassandra answers at ${contactPoint}.`);
  const client = new Client({ contactPoints: [contactPoint], localDataCenter: up.localDataCenter });
  await client.execute(`DROP KEYSPACE IF EXISTS ${keyspace}`);
  await client.execute('DROP KEYSPACE IF EXISTS cqlform');

  chapter('2. The plan: what would be done, and how each step is undone');
  await cqlform(['plan']);

  chapter('3. Apply: load 3,201 films as they come, reject what cannot be, fan out, alter, backfill');
  await cqlform(['apply', '--auto-approve', '--to', '20260120143000_profit']);
  await query(
    client,
    `SELECT genre, released, title, imdb_rating FROM ${keyspace}.movies_by_genre WHERE genre = 'Western' LIMIT 3`,
  );
  await query(
    client,
    `SELECT title, budget, worldwide_gross, profit FROM ${keyspace}.movies WHERE mpaa_rating = 'G' LIMIT 3`,
  );

  chapter('4. Somebody changes the schema by hand: drift');
  await query(client, `ALTER TABLE ${keyspace}.movies WITH comment = 'ask Eve before you touch this'`);
  await query(client, `ALTER TABLE ${keyspace}.movies_by_genre ADD note text`);
  await cqlform(['drift', '--detailed-exitcode'], 2);
  await query(client, `ALTER TABLE ${keyspace}.movies WITH comment = 'One row per film'`);

  chapter('5. Drop a column that matters: refused without consent, backed up with it');
  await cqlform(['apply', '--auto-approve'], 3);
  await cqlform(['apply', '--auto-approve', `--allow-destructive=${dropped}`]);
  await cqlform(['backup', 'list']);

  chapter('6. It was needed after all: rollback, data included');
  const events = await cqlform(['rollback', '--auto-approve', '--json']);
  const { backup, restored } = digestsIn(events);
  say(`value digest in the backup    ${backup}`);
  say(`value digest of the live rows ${restored}`);
  if (backup !== restored) process.exit(8);
  await query(client, `SELECT title, distributor FROM ${keyspace}.movies LIMIT 3`);
  await cqlform(['status']);
  await client.shutdown();

  chapter(`Done in ${((performance.now() - begun) / 1000).toFixed(0)} s`);
  say(`The cluster is still running at ${contactPoint}. Look around:`);
  say(`  npx cqlform status        npx cqlform history --steps        npx cqlform show ${last}`);
  say(
    `  cqlsh ${contactPoint.replace(':', ' ')} -e "SELECT * FROM ${keyspace}.movies_by_genre WHERE genre = 'Horror' LIMIT 5"`,
  );
  say('Clean up with one command:');
  say('  npx cqlform dev down --purge');
}

await main();
