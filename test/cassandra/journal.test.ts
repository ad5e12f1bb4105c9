import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identityOf } from '../../src/cassandra/journal-entry.ts';
import { ledgerTableId, ledgerTables } from '../../src/cassandra/ledger-tables.ts';
import { hashOf } from '../../src/kernel/hash.ts';
import type { CopyAccounts, JournalEntry, StepEntry, StepResult } from '../../src/model/journal.ts';
import type { KeyspaceSettings } from '../../src/model/schema.ts';
import { settingsHold } from '../../src/planner/holds.ts';
import { cassandraAddress } from '../support/cassandra.ts';
import { faultProxy } from './fault-proxy.ts';
import { LedgerChild } from './ledger-child.ts';
import { dropKeyspaces, nodeAddress, openHalf, ownKeyspace, quickTimings, thrownBy } from './schema-fixture.ts';

const ledgerKeyspace = ownKeyspace('journal');
const half = (
  keyspace: string,
  more: { readonly contactPoints?: readonly string[]; readonly requestTimeoutMs?: number } = {},
) => openHalf({ keyspace, ledgerKeyspace, ...more });
const take = { owner: 'test', timeoutMs: 0, onWait: () => undefined };

beforeAll(async () => {
  await using one = await half('any');
  await one.journal.prepare();
});
afterAll(() => dropKeyspaces(ledgerKeyspace));

const accounts: CopyAccounts = {
  read: 9_007_199_254_740_991,
  transformed: 2,
  skipped: 3,
  rejected: 4,
  written: 5,
  collisions: 6,
  bytes: 7,
  rejectsFile: 'rejects/é.ndjson',
};

const results: readonly StepResult[] = [
  { kind: 'ddl', warnings: ['Materialized views are "experimental"'], alreadyDone: true },
  {
    kind: 'backup',
    backup: {
      id: 'b',
      store: 'cluster:cqlform',
      manifestHash: 'h',
      table: 't',
      columns: ['a'],
      rows: 1,
      bytes: 2,
      valueDigest: 'd',
    },
  },
  { kind: 'restore', rows: 1, expired: 0, digest: 'd', expected: 'd' },
  { kind: 'data', accounts, skipped: false, verified: { level: 'sample', rows: 2, newer: 1, repaired: 0 } },
  { kind: 'compare', rows: 1, digest: 'd' },
  { kind: 'wait', milliseconds: 12.5 },
];

function step(id: string, result: StepResult | null): StepEntry {
  return {
    kind: 'step',
    run: '1790000000000-0123abcd',
    step: id,
    migration: '20261122093000_x',
    state: result === null ? 'started' : 'done',
    decisions: {
      tableId: null,
      dropTimestamp: '1790000000000000',
      writeTimestamp: null,
      tableIds: { users: 'cd89b3a0-e64d-11f1-a0c0-67b1dccc7fd2' },
      attempt: 2,
      startedAt: '2026-11-22T08:00:00.000Z',
    },
    finishedAt: result === null ? null : '2026-11-22T08:00:01.000Z',
    result,
    error: null,
  };
}

const run: JournalEntry = {
  kind: 'run',
  id: '1790000000000-0123abcd',
  direction: 'apply',
  planHash: 'p',
  migrations: ['20261122093000_x'],
  startedAt: '2026-11-22T08:00:00.000Z',
  finishedAt: null,
  status: 'running',
  actor: 'ann@host:1',
  error: null,
};

const migration: JournalEntry = {
  kind: 'migration',
  id: '20261122093000_x',
  description: 'quotes \' and " and \u2028',
  status: 'applied',
  schemaHash: 's',
  codeHash: null,
  stateBefore: 'b',
  stateAfter: 'a',
  run: '1790000000000-0123abcd',
  planHash: 'p',
  at: '2026-11-22T08:00:00.000Z',
};

describe('entries', () => {
  it('of every kind come back as they were, in the order in which they were first written', async () => {
    await using one = await half('kinds');
    expect(await one.journal.entries()).toEqual([]);
    await one.journal.take(take);
    const steps = results.map((result, index) => step(`20261122093000_x/${9 - index}-slug`, result));
    const floor: JournalEntry = { kind: 'floor', table: 'users', timestamp: '1790000000000000', reason: 'rollback' };
    const failed: JournalEntry = {
      ...run,
      status: 'failed',
      finishedAt: '2026-11-22T08:00:01.000Z',
      error: { code: 'X', message: 'y', step: null },
    };
    for (const entry of [run, ...steps, migration, floor]) await one.journal.write(entry);
    await one.journal.write(failed);
    await using other = await half('kinds');
    expect(await other.journal.entries()).toEqual([failed, ...steps, migration, floor]);
    expect(new Set([run, ...steps, migration, floor].map(identityOf)).size).toBe(9);
  });

  it('keep their order when the next holder writes', async () => {
    await using one = await half('next');
    await (await one.journal.take(take)).release();
    await using first = await half('next');
    const lease = await first.journal.take(take);
    await first.journal.write(step('z', null));
    await first.journal.write(step('a', null));
    await lease.release();
    await using second = await half('next');
    await second.journal.take(take);
    await second.journal.write(step('m', null));
    await second.journal.write(step('a', results[0] ?? null));
    expect(
      (await one.journal.entries()).map((entry) => (entry.kind === 'step' ? `${entry.step} ${entry.state}` : '')),
    ).toEqual(['z started', 'a done', 'm started']);
  });

  it('are written one after another when asked for at once', async () => {
    await using one = await half('atonce');
    await one.journal.take(take);
    const steps = Array.from({ length: 40 }, (_none, index) => step(`s${39 - index}`, null));
    await Promise.all(steps.map((entry) => one.journal.write(entry)));
    expect(await one.journal.entries()).toEqual(steps);
  });

  it('are not written without the lease', async () => {
    await using one = await half('nolease');
    expect(await thrownBy((async () => one.journal.write(run))())).toMatchObject({ code: 'LEASE_NOT_TAKEN' });
  });

  it.each([
    ['LEDGER_FORMAT_UNKNOWN', JSON.stringify({ format: 2, entry: { kind: 'floor' } })],
    ['LEDGER_FORMAT_UNKNOWN', JSON.stringify({ format: 1, entry: { kind: 'cutover', id: 'x' } })],
    ['LEDGER_DAMAGED', JSON.stringify({ format: 1, entry: { kind: 'floor', table: 5 } })],
    ['LEDGER_DAMAGED', '{"format":'],
  ])('that cannot be read are refused: %s', async (code, body) => {
    const keyspace = `bad_${randomBytes(3).toString('hex')}`;
    await using one = await half(keyspace);
    await one.cql(
      `INSERT INTO ${ledgerKeyspace}.journal (keyspace_name, entry, sequence, body) VALUES (?, 'floor/x', 1, ?)`,
      [keyspace, body],
    );
    const thrown = await thrownBy(one.journal.entries());
    expect(thrown).toMatchObject({ code });
    expect(String(thrown)).toContain('floor/x');
  });

  it('of a ledger that was never made are none, nor has it a lease', async () => {
    await using one = await openHalf({ keyspace: 'x', ledgerKeyspace: 'test_there_is_no_such_ledger' });
    expect(await one.journal.entries()).toEqual([]);
    expect(await one.journal.lease()).toBeNull();
    expect(await one.journal.forceRelease()).toBeNull();
  });

  it('whose write gets no answer are looked up, and written once', async () => {
    await using proxy = await faultProxy(cassandraAddress());
    await using one = await half('noanswer', { contactPoints: [proxy.address], requestTimeoutMs: 600 });
    await one.journal.take(take);
    await one.journal.write(step('a', null));
    for (let round = 0; round < 5; round++) {
      proxy.stall();
      const writing = one.journal.write(step(`b${round}`, null));
      await wait(900);
      proxy.flow();
      await writing;
    }
    await one.journal.write(step('c', null));
    await using other = await half('noanswer');
    expect((await other.journal.entries()).map((entry) => (entry.kind === 'step' ? entry.step : ''))).toEqual([
      'a',
      'b0',
      'b1',
      'b2',
      'b3',
      'b4',
      'c',
    ]);
  });

  it('are written through connections that break', async () => {
    await using proxy = await faultProxy(cassandraAddress());
    await using one = await half('breaks', { contactPoints: [proxy.address] });
    await one.journal.take(take);
    const names: string[] = [];
    for (let round = 0; round < 8; round++) {
      const writing = [0, 1, 2].map(async (part) => one.journal.write(step(`${round}-${part}`, null)));
      proxy.cut();
      await Promise.all(writing);
      names.push(...[0, 1, 2].map((part) => `${round}-${part}`));
    }
    expect((await one.journal.entries()).map((entry) => (entry.kind === 'step' ? entry.step : ''))).toEqual(names);
  });
});

describe('documents', () => {
  it('come back by the hash of their canonical JSON, whatever their size', async () => {
    await using one = await half('docs');
    const small = { b: [1, 'é', null], a: { d: true, c: -0.5 } };
    const large = { rows: Array.from({ length: 60_000 }, () => randomBytes(18).toString('base64')) };
    const hashes = await Promise.all([small, large, []].map((value) => one.journal.putDocument(value)));
    expect(hashes).toEqual([small, large, []].map(hashOf));
    expect(await one.journal.putDocument({ a: { c: -0.5, d: true }, b: [1, 'é', null] })).toBe(hashes[0]);
    await using other = await half('other');
    for (const [index, value] of [small, large, []].entries()) {
      expect(await other.journal.getDocument(hashes[index] ?? '')).toEqual(value);
    }
    const parts = await one.cql(`SELECT part, parts FROM ${ledgerKeyspace}.documents WHERE hash = ? AND part = 0`, [
      hashes[1],
    ]);
    expect(Number(parts[0]?.['parts'])).toBeGreaterThan(1);
  });

  it('that are missing, cut short or altered are refused', async () => {
    await using one = await half('docs');
    const [kept, hash] = await Promise.all([
      one.journal.putDocument({ kept: true }),
      one.journal.putDocument({ rows: Array.from({ length: 60_000 }, () => randomBytes(18).toString('base64')) }),
    ]);
    expect(await thrownBy(one.journal.getDocument('0'.repeat(64)))).toMatchObject({
      code: 'DOCUMENT_MISSING',
      exitCode: 8,
    });
    await one.cql(`UPDATE ${ledgerKeyspace}.documents SET body = ? WHERE hash = ? AND part = 0`, [
      (await one.cql(`SELECT body FROM ${ledgerKeyspace}.documents WHERE hash = ? AND part = 0`, [kept]))[0]?.['body'],
      hash,
    ]);
    expect(await thrownBy(one.journal.getDocument(hash))).toMatchObject({ code: 'DOCUMENT_DAMAGED', exitCode: 8 });
    await one.cql(`DELETE FROM ${ledgerKeyspace}.documents WHERE hash = ? AND part = 1`, [hash]);
    expect(await thrownBy(one.journal.getDocument(hash))).toMatchObject({ code: 'DOCUMENT_DAMAGED' });
    const [row] = await one.cql(`SELECT body FROM ${ledgerKeyspace}.documents WHERE hash = ? AND part = 0`, [kept]);
    const body = Buffer.from(row?.['body'] as Buffer);
    body[body.length - 1] = (body.at(-1) ?? 0) ^ 1;
    await one.cql(`UPDATE ${ledgerKeyspace}.documents SET body = ? WHERE hash = ? AND part = 0`, [body, kept]);
    expect(await thrownBy(one.journal.getDocument(kept))).toMatchObject({ code: 'DOCUMENT_DAMAGED' });
  });
});

describe('checkpoints', () => {
  it('come back by run and step, the last state of each range and attempt', async () => {
    await using one = await half('checks');
    const base = { run: 'r', step: 's', attempt: 1, accounts: null, detail: {} } as const;
    await one.journal.writeCheckpoint({ ...base, range: '2', state: 'started' });
    await one.journal.writeCheckpoint({ ...base, range: '1', state: 'started' });
    await one.journal.writeCheckpoint({
      ...base,
      range: '1',
      state: 'done',
      accounts,
      detail: { file: 'x', bytes: 5 },
    });
    await one.journal.writeCheckpoint({ ...base, attempt: 2, range: '2', state: 'done', accounts });
    await one.journal.writeCheckpoint({ ...base, step: 'other', range: '1', state: 'done' });
    await using foreign = await half('foreign');
    expect(await foreign.journal.checkpoints('r', 's')).toEqual([]);
    expect(await one.journal.checkpoints('r', 's')).toEqual([
      { ...base, range: '1', state: 'done', accounts, detail: { file: 'x', bytes: 5 } },
      { ...base, range: '2', state: 'started' },
      { ...base, attempt: 2, range: '2', state: 'done', accounts },
    ]);
  });

  it('of more than a page come back whole', async () => {
    await using one = await half('many');
    const ranges = Array.from({ length: 6_000 }, (_none, index) => String(index).padStart(5, '0'));
    for (let start = 0; start < ranges.length; start += 200) {
      await Promise.all(
        ranges.slice(start, start + 200).map((range) =>
          one.journal.writeCheckpoint({
            run: 'r',
            step: 's',
            attempt: 1,
            range,
            state: 'done',
            accounts: null,
            detail: {},
          }),
        ),
      );
    }
    expect((await one.journal.checkpoints('r', 's')).map((checkpoint) => checkpoint.range)).toEqual(ranges);
  });
});

describe('preparing the ledger', () => {
  it('from eight processes at once ends in the same tables, without an error', async () => {
    const ledger = ownKeyspace('prep');
    const children = await Promise.all(
      Array.from({ length: 8 }, (_none, index) =>
        LedgerChild.start({
          contactPoint: nodeAddress(),
          keyspace: 'shop',
          ledgerKeyspace: ledger,
          owner: `p${index}`,
          timings: quickTimings,
        }),
      ),
    );
    expect(await Promise.all(children.map((child) => child.ask('prepare')))).toEqual(
      children.map(() => ({ value: null })),
    );
    expect(await children[3]?.ask('take')).toEqual({ value: 1 });
    expect(await children[3]?.ask('write', 1)).toEqual({ value: null });
    await using one = await openHalf({ keyspace: 'shop', ledgerKeyspace: ledger });
    const rows = await one.cql('SELECT table_name, id FROM system_schema.tables WHERE keyspace_name = ?', [ledger]);
    expect(new Map(rows.map((row) => [row['table_name'], String(row['id'])]))).toEqual(
      new Map(ledgerTables.map(({ name }) => [name, ledgerTableId(ledger, name)])),
    );
    expect(await one.journal.entries()).toHaveLength(1);
    await Promise.all(children.map((child) => child[Symbol.asyncDispose]()));
    await dropKeyspaces(ledger);
  });

  it('makes what is missing and leaves what is there, also in the keyspace that is migrated', async () => {
    const keyspace = ownKeyspace('same');
    await using one = await openHalf({ keyspace, ledgerKeyspace: keyspace });
    const settings: KeyspaceSettings = {
      kind: 'keyspace',
      replication: { class: 'SimpleStrategy', replication_factor: '1' },
      durableWrites: false,
    };
    await one.journal.prepare(settings);
    await one.cql(`CREATE TABLE ${keyspace}.users (id int PRIMARY KEY)`);
    const { schema } = await one.cluster.describe(keyspace);
    expect(settingsHold(settings, schema.keyspace)).toBeNull();
    expect(Object.keys(schema.tables)).toEqual(['users']);
    await one.journal.putDocument({ kept: true });
    await one.cql(`DROP TABLE ${keyspace}.checkpoints`);
    await one.journal.prepare();
    expect(await one.journal.checkpoints('r', 's')).toEqual([]);
    expect(await one.journal.getDocument(hashOf({ kept: true }))).toEqual({ kept: true });

    await one.cql(`DROP TABLE ${keyspace}.checkpoints`);
    await one.cql(`CREATE TABLE ${keyspace}.checkpoints (id int PRIMARY KEY)`);
    expect(await thrownBy(one.journal.prepare())).toMatchObject({ code: 'LEDGER_TABLE_TAKEN' });
    expect(Object.keys((await one.cluster.describe(keyspace)).schema.tables)).toEqual(['checkpoints', 'users']);
    await dropKeyspaces(keyspace);
  });
});
