import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cassandraAddress } from '../support/cassandra.ts';
import { type TestProject, testProject } from '../support/project.ts';

const first = '20270101000000_people';
const second = '20270102000000_more_people';
const file = `csv.file('people.csv', {
  columns: { id: csv.int(), email: csv.text(), phone: csv.text(), mail: csv.text() }, required: ['id'] })`;
const sources = {
  [first]: `
import { copy, migration, privacy, t, table, transform } from 'cqlform';
import { csv } from 'cqlform/files';
const people = table('people', {
  columns: { id: t.int(), email: t.pii(t.text(), 'email'), phone: t.pii(t.text(), 'phone') }, partitionKey: ['id'] });
const numbers = table('numbers', { columns: { phone: t.text() }, partitionKey: ['phone'] });
const file = ${file};
const token = privacy.tokenise({ key: 'people' });
const lower = { phone: privacy.mask('phone') };
export default migration({ description: 'People', schema: [people, numbers], data: [
  copy({ from: file, into: people, maxRejects: 1, lower: { ...lower, email: privacy.tokenise({ key: 'people' }) } }),
  transform({ from: file, into: numbers, rows: ({ phone }, out) => { if (phone !== null) out.emit({ phone: token(phone) }); } }),
] });`,
};
// the tag is known from the migration before
const forgetful = `
import { copy, existing, migration, t } from 'cqlform';
import { csv } from 'cqlform/files';
const people = existing('people', { columns: { id: t.int(), email: t.text() }, partitionKey: ['id'] });
export default migration({ description: 'More people', data: [
  copy({ from: ${file}, into: people, columns: { email: 'mail' } }),
] });`;
const key = (seed: number): string =>
  Buffer.from(Array.from({ length: 32 }, (_, at) => (at * 37 + seed) % 256)).toString('base64');

let project: TestProject;
beforeAll(async () => {
  project = await testProject({
    address: cassandraAddress(),
    migrations: sources,
    config: `privacy: { keys: { people: { command: ['cat', 'key.txt'] } } }, environments: { staging: { lower: true }, test: { lower: true, keyspace: 'nobody_has_this' } },
      sources: { self: { contactPoints: ['${cassandraAddress().host}:${cassandraAddress().port}'], keyspace: 'nobody_has_this' } },`,
  });
  await project.write(
    'people.csv',
    'id,email,phone,mail\n1,ada@example.com,+47 12 34,a@b.c\n2,grace@example.com,,g@b.c\n3,josé@example.com,5,\n',
  );
});
afterAll(() => project[Symbol.asyncDispose]());

it('treats personal data on its way into a lower environment, and lets none out by itself', async () => {
  const staging = ['--env', 'staging', '--json'];
  await project.run('check', '--fix');
  await project.write('key.txt', 'a password');
  const weak = await project.run('plan', ...staging);
  expect([weak.code, weak.stdout]).toEqual([64, expect.stringContaining('PRIVACY_KEY_WEAK')]);
  expect(weak.stdout + weak.stderr).not.toContain('a password');

  await project.write('key.txt', key(1));
  const applied = await project.run('apply', '--auto-approve', '--env', 'staging');
  expect(applied, applied.stderr).toMatchObject({ code: 0 });
  expect(applied.stderr).toMatch(/phone: mask phone; email: tokenise with key people \(fingerprint [0-9a-f]{16}\)/);
  expect(applied.stdout + applied.stderr).not.toContain(key(1));
  const people = await project.rows('SELECT id, email, phone FROM $ks.people');
  expect(people.find(({ id }) => id === 1)).toEqual({
    id: 1,
    email: expect.stringMatching(/^[a-z]{3}@[a-z]{7}\.[a-z]{3}$/),
    phone: '+** ** 34',
  });
  expect(people.find(({ id }) => id === 2)?.['phone']).toBeNull();
  const number = (await project.rows('SELECT phone FROM $ks.numbers')).find(({ phone }) => String(phone).length > 1);
  expect(number?.['phone']).toMatch(/^\+\d\d \d\d \d\d$/);
  expect(number?.['phone']).not.toBe('+47 12 34');
  const folder = join(project.folder, '.cqlform/rejects');
  const [rejects = ''] = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.ndjson'));
  expect(JSON.parse(await readFile(join(folder, rejects), 'utf8'))).toEqual({
    place: 'people.csv:4',
    reason: expect.stringContaining('not ASCII'),
    row: null,
  });
  expect((await project.run('verify', ...staging)).code).toBe(0);

  // out of where it is real it may not go, nor come here as it is
  const refused = await project.run('unload', 'people', 'out.csv', '--waive', 'email=asked for by Ada');
  expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining('people.phone (phone) is personal')]);
  const waived = ['--waive', 'email=asked for by Ada', '--waive', 'phone=hers'];
  expect((await project.run('unload', 'people', 'people.ndjson', ...waived)).code).toBe(0);
  const loaded = await project.run('load', 'people.ndjson', 'people', '--env', 'staging');
  expect([loaded.code, loaded.stderr]).toEqual([3, expect.stringContaining('PII_UNWAIVED')]);

  await project.write('key.txt', key(2));
  const changed = await project.run('verify', ...staging);
  expect([changed.code, changed.stdout]).toEqual([5, expect.stringContaining('PRIVACY_KEY_CHANGED')]);

  await project.write(second, forgetful);
  await project.run('check', '--fix');
  const plan = JSON.parse((await project.run('plan', ...staging)).stdout);
  expect(plan.applyable).toBe(false);
  expect(plan.notices.map(({ code }: { code: string }) => code)).toEqual(
    expect.arrayContaining(['PII_UNTREATED', 'PRIVACY_KEY_CHANGED']),
  );
  expect(JSON.stringify(plan)).toContain('people.email (email) would come as it is into staging');
});

it('lets none come into a lower environment or out of it from another place', async () => {
  const waived = ['--waive', 'email=asked for by Ada', '--waive', 'phone=hers'];
  const { keyspace } = project;
  const elsewhere = [
    ['unload', `self/${keyspace}.people`, 'out.csv', '--env', 'staging'],
    ['unload', 'people', 'out.csv', '--keyspace', keyspace, '--env', 'test'],
    ['load', `self/${keyspace}.people`, 'numbers', '--ignore-unknown', '--env', 'staging'],
  ];
  for (const words of elsewhere) {
    const gone = await project.run(...words);
    expect([gone.code, gone.stderr], words.join(' ')).toEqual([3, expect.stringContaining('PII_UNWAIVED')]);
  }
  const store = ['--store', 'local:backups'];
  const backedUp = await project.run('backup', 'create', 'people', '--label', 'real', '--to', 'local:backups');
  expect(backedUp, backedUp.stderr).toMatchObject({ code: 0 });
  const restore = ['backup', 'restore', '--label', 'real', ...store, '--from-keyspace', keyspace, '--create'];
  const restored = await project.run(...restore, '--leave-out', 'phone', '--env', 'test');
  expect([restored.code, restored.stderr]).toEqual([3, expect.stringContaining('people.email (email) is personal')]);
  const drill = ['backup', 'drill', '--label', 'real', ...store, '--from-keyspace', keyspace, '--env', 'test'];
  const drilled = await project.run(...drill);
  expect([drilled.code, drilled.stderr]).toEqual([3, expect.stringContaining('PII_UNWAIVED')]);
  const dry = await project.run(...restore, ...waived, '--env', 'test', '--dry-run');
  expect(dry, dry.stderr).toMatchObject({ code: 0 });
  const back = await project.run(...restore, '--env', 'staging', '--overwrite', '--dry-run');
  expect(back, back.stderr).toMatchObject({ code: 0 });
});
