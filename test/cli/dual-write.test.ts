import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { cassandraAddress } from '../support/cassandra.ts';
import { testProject } from '../support/project.ts';

const root = resolve(import.meta.dirname, '../..');
const id = '20260101000000_people';
const source = `
import { copy, migration, reject, skip, t, table, to, transform, udt } from 'cqlform';
import { mongo } from 'cqlform/mongodb';
import { mysql } from 'cqlform/mysql';
import { postgres } from 'cqlform/postgres';
import { csv } from 'cqlform/files';
const address = udt('address', { city: t.text() });
const people = table('people', { columns: {
  id: t.uuid(), name: t.text(), votes: t.int(), home: t.frozen(address), raw: t.json(), seen: t.timestamp() }, partitionKey: ['id'] });
const tags = table('tags', { columns: { tag: t.text(), id: t.text() }, partitionKey: ['tag'], clusteringKey: ['id'] });
const later = table('later', { columns: { id: t.uuid(), name: t.text() }, partitionKey: ['id'] });
const sets = table('sets', { columns: { id: t.int(), words: t.set(t.text()) }, partitionKey: ['id'] });
const from = mysql.table('people', { connection: 'shop', key: ['id'], columns: {
  id: mysql.char(), kind: mysql.enum('a', "it's"), extra: mysql.json<{ votes: number }>(), size: mysql.bigintUnsigned(), updated_at: mysql.timestamp() },
  notNull: ['kind'], fields: { kind: 'KIND' } });
const documents = mongo.collection('people', { connection: 'docs', key: ['id'], fields: { id: '_id' }, columns: {
  id: mongo.objectId(), tags: mongo.array(mongo.string()), where: mongo.object({ city: mongo.string(), zips: mongo.map(mongo.int()) }), at: mongo.date() } });
const words = postgres.query('SELECT id, words, version FROM words', { connection: 'pg', key: ['id'], columns: {
  id: postgres.int(), words: postgres.array(postgres.text()), version: postgres.bigint() } });
const file = csv.file('x.csv', { columns: { id: csv.uuid() }, key: ['id'] });
export default migration({ description: 'People', schema: [address, people, tags, later, sets], data: [
  copy({ from, into: people, since: 'updated_at', columns: {
    id: ({ id }) => to.uuid(id), name: ({ kind }) => kind === 'a' ? skip('an a') : kind, votes: ({ extra }) => extra?.votes ?? null,
    raw: 'extra', seen: (_, run) => run.startedAt } }),
  transform({ from: documents, into: tags, since: 'at', rows: ({ id, tags }, out) => {
    if (tags === null) return reject('no tags');
    for (const tag of tags) out.emit({ tag, id });
  } }),
  copy({ from: people, into: later, since: 'writetime' }),
  copy({ from: words, into: sets, since: { column: 'version', overlap: 5 } }),
  copy({ from: file, into: later }),
] });
`;
const application = `
import { laterDualWrite, peopleDualWrite, setsDualWrite, tagsDualWrite, type PeopleSourceRow, type PeopleTargetRow } from './dual-write.ts';
const row: PeopleSourceRow = { id: '8F14E45F-CEEA-467F-A0E6-0F3B1C9F2B11', kind: "it's", extra: { votes: 3 }, size: null, updated_at: new Date() };
const run = { startedAt: new Date('2026-01-01T00:00:00Z') };
const made = peopleDualWrite.toTarget(row, run);
const first: PeopleTargetRow | undefined = made.kind === 'rows' ? made.rows[0] : undefined;
// @ts-expect-error the source has no such row
if (Math.random() > 2) peopleDualWrite.toTarget({ id: 1 });
console.log(JSON.stringify([
  first,
  peopleDualWrite.toTarget({ ...row, kind: 'a' }),
  peopleDualWrite.toTarget({ ...row, id: 'no uuid' }),
  tagsDualWrite.toTarget({ id: 'x', tags: ['p', 'q'], where: { city: 'Oslo', zips: null }, at: null }),
  tagsDualWrite.toTarget({ id: 'x', tags: null, where: null, at: null }),
  setsDualWrite.toTarget({ id: 1, words: null, version: 4n }),
  laterDualWrite.table,
]));
`;

it('the module for an application compiles as it comes, and takes rows through the functions of the copy', {
  timeout: 120_000,
}, async () => {
  await using project = await testProject({ address: cassandraAddress(), migrations: { [id]: source } });
  await mkdir(join(project.folder, 'node_modules'));
  await symlink(root, join(project.folder, 'node_modules/cqlform'));
  await project.write('package.json', '{ "type": "module" }');
  await project.write('src/application.ts', application);
  const written = await project.run('dual-write', id, '--out', 'src/dual-write.ts');
  expect(written.code, written.stderr).toBe(0);
  const text = await readFile(join(project.folder, 'src/dual-write.ts'), 'utf8');
  expect(text).not.toContain('csv');

  const run = promisify(execFile);
  const flags =
    '--noEmit --strict --exactOptionalPropertyTypes --module nodenext --target es2024 --allowImportingTsExtensions';
  const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')];
  const entry = 'src/application.ts';
  await run(join(root, 'node_modules/.bin/tsc'), [...flags.split(' '), ...types, entry], { cwd: project.folder });
  const { stdout } = await run(process.execPath, [entry], { cwd: project.folder });
  expect(JSON.parse(stdout)).toEqual([
    {
      id: '8f14e45f-ceea-467f-a0e6-0f3b1c9f2b11',
      name: "it's",
      votes: 3,
      raw: '{"votes":3}',
      seen: '2026-01-01T00:00:00.000Z',
    },
    { kind: 'skip', reason: 'an a' },
    { kind: 'reject', reason: expect.stringContaining('no uuid') as unknown },
    {
      kind: 'rows',
      rows: [
        { tag: 'p', id: 'x' },
        { tag: 'q', id: 'x' },
      ],
    },
    { kind: 'reject', reason: 'no tags' },
    { kind: 'rows', rows: [{ id: 1, words: null }] },
    'later',
  ]);

  const again = await project.run('dual-write', id, '--out', 'src/dual-write.ts');
  expect(again.code, again.stderr).toBe(0);
  const taken = await project.run('dual-write', id, '--out', 'src/application.ts');
  expect(taken.code).toBe(64);
  expect(taken.stderr).toContain('FILE_EXISTS');
  const unknown = await project.run('dual-write', '20260101000000_peopel');
  expect(unknown.code, unknown.stderr).not.toBe(0);
});
