import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cassandraAddress } from '../support/cassandra.ts';
import { type TestProject, testProject } from '../support/project.ts';

const fromFile = (price: string): string => `
import { migration, reject, t, table, to, transform } from 'cqlform';
import { csv } from 'cqlform/files';
const file = csv.file('tickets.csv', {
  columns: { number: csv.bigint(), show: csv.text(), price: csv.text(), seats: csv.int() },
  required: ['number', 'show'],
});
const tickets = table('tickets', {
  columns: { number: t.bigint(), show: t.date(), price: t.decimal(), seats: t.int() }, partitionKey: ['number'] });
export default migration({ description: 'Tickets', schema: [tickets], data: [
  transform({ from: file, into: tickets, maxRejects: '80%', rows: ({ number, show, price, seats }, out) => {
    if (seats === 13) return reject('unlucky');
    out.emit({ number, show: to.date(show), price: ${price}, seats });
  } }) ] });
`;
const fromTable = `
import { existing, migration, reject, t, table, transform } from 'cqlform';
const tickets = existing('tickets', { columns: { number: t.bigint(), seats: t.int() }, partitionKey: ['number'] });
const bySeats = table('by_seats', { columns: { seats: t.int(), number: t.bigint() }, partitionKey: ['seats'], clusteringKey: ['number'] });
export default migration({ description: 'By seats', schema: [bySeats], data: [
  transform({ from: tickets, into: bySeats, maxRejects: 9, rows: ({ number, seats }, out) => {
    if (seats === null) return reject('no seats');
    out.emit({ seats, number });
  } }) ] });
`;
const first = '20270101000000_tickets';
const second = '20270102000000_by_seats';

let project: TestProject;
let rejects: string;
let rejectsOfTable: string;
beforeAll(async () => {
  const migrations = { [first]: fromFile('to.decimal(price ?? 0)'), [second]: fromTable };
  project = await testProject({ address: cassandraAddress(), migrations });
  const lines = [
    '1,2026-11-22,12.50,1',
    '2,yesterday,9,2',
    '3,2026-11-22,12 €,3',
    '4,2026-11-23,7,many',
    '5,2026-11-23,7,13',
  ];
  for (const number of [6, 7, 8]) lines.push(`${number},2026-11-24,1,`);
  await project.write('tickets.csv', `number,show,price,seats\n${lines.join('\n')}\n`);
  await project.run('check', '--fix');
  // In a thread, as the built program starts one.
  const applied = await project.run('apply', '--auto-approve', '--json', '--threads', '1');
  expect(applied, applied.stderr).toMatchObject({ code: 0 });
  [rejects = '', rejectsOfTable = ''] = Array.from(
    applied.stdout.matchAll(/"accounts","[^\n]*"rejectsFile":"([^"]+)"/g),
    ([, path]) => path ?? '',
  );
});
afterAll(() => project[Symbol.asyncDispose]());

interface Line {
  readonly place: string;
  readonly reason: string;
  readonly row: Record<string, unknown>;
}
const linesOf = async (path: string): Promise<Line[]> =>
  (await readFile(path, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
const write = async (cql: string): Promise<void> => {
  await project.client.execute(cql.replaceAll('$ks', project.keyspace));
};
const shown = async (): Promise<unknown[]> =>
  (await project.rows('SELECT number, show, price, seats, writetime(price) AS at FROM $ks.tickets'))
    .map((row) => `${row['number']} ${row['show']} ${row['price']} ${row['seats']}`)
    .sort();

it('writes rejected rows after they or the functions were mended, with exact accounts, as old as the copy', async () => {
  const lines = await linesOf(rejects);
  expect(lines.map(({ row }) => row['number'])).toEqual(['2', '3', '4', '5']);

  // the application has written one of them since
  await write("INSERT INTO $ks.tickets (number, show, price, seats) VALUES (2, '2026-12-24', 1, 22)");
  const mended = lines.map((line) => {
    if (line.row['number'] === '2') return { ...line, row: { ...line.row, show: '2026-11-22' } };
    return line.row['number'] === '4' ? { ...line, row: { ...line.row, seats: '40' } } : line;
  });
  await writeFile(rejects, mended.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const replayed = await project.run('replay', rejects, '--json');
  expect(replayed, replayed.stderr).toMatchObject({ code: 0 });
  const report = JSON.parse(replayed.stdout);
  expect(report).toMatchObject({
    migration: first,
    amended: false,
    accounts: { read: 4, transformed: 2, skipped: 0, rejected: 2, written: 2 },
  });
  const others = ['1 2026-11-22 12.50 1', ...[6, 7, 8].map((number) => `${number} 2026-11-24 1 null`)];
  const expected = [...others, '2 2026-12-24 1 22', '4 2026-11-23 7 40'].sort();
  expect(await shown()).toEqual(expected);
  const left = report.accounts.rejectsFile;
  expect((await linesOf(left)).map(({ reason, row }) => [row['number'], reason])).toEqual([
    ['3', '"12 €" is not a decimal number'],
    ['5', 'unlucky'],
  ]);

  // the same once more leaves the same; then the function is mended
  expect((await project.run('replay', rejects)).stdout).toContain('read 4 = transformed 2 + skipped 0 + rejected 2');
  expect(await shown()).toEqual(expected);
  await project.write(first, fromFile("to.decimal((price ?? '0').replace(' €', ''))"));
  const refused = await project.run('replay', left, '--json');
  expect([refused.code, refused.stderr]).toEqual([5, expect.stringContaining('CODE_CHANGED')]);
  const amended = await project.run('replay', left, '--amend', '--json');
  expect(JSON.parse(amended.stdout)).toMatchObject({
    amended: true,
    accounts: { read: 2, transformed: 1, rejected: 1 },
  });
  expect(await shown()).toContain('3 2026-11-22 12 3');
  const history = JSON.parse((await project.run('history', '--json')).stdout);
  expect(history[0].replays.map((one: { status: string; attempt: number }) => [one.status, one.attempt])).toEqual([
    ['done', 2],
    ['done', 3],
    ['done', 4],
  ]);
  // what was written belongs to no row that the source has as the function takes it, and is no failure
  expect(await project.run('verify', first, '--json')).toMatchObject({ code: 0 });
});

it('reads rows of a table again by their key, with their own times', async () => {
  const lines = await linesOf(rejectsOfTable);
  expect(lines).toHaveLength(3);
  await write('UPDATE $ks.tickets USING TIMESTAMP 1900000000000000 SET seats = 60 WHERE number = 6');
  await write('DELETE FROM $ks.tickets WHERE number = 7');
  const edited = lines.map((line) =>
    line.row['number'] === '8' ? { ...line, row: { ...line.row, seats: 80 } } : line,
  );
  const elsewhere = join(project.folder, 'elsewhere.ndjson');
  await writeFile(elsewhere, edited.map((line) => `${JSON.stringify(line)}\n`).join(''));
  expect((await project.run('replay', elsewhere, '--json')).stderr).toContain('REJECTS_UNKNOWN');
  const replayed = await project.run('replay', elsewhere, '--migration', second, '--json');
  expect(replayed, replayed.stderr).toMatchObject({ code: 0 });
  const { accounts } = JSON.parse(replayed.stdout);
  expect(accounts).toMatchObject({ read: 3, transformed: 1, skipped: 1, rejected: 1, written: 1 });
  expect((await linesOf(accounts.rejectsFile))[0]?.reason).toContain('mend the row there');
  const [row] = await project.rows('SELECT number FROM $ks.by_seats WHERE seats = 60');
  expect(String(row?.['number'])).toBe('6');
});
