import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Lease } from '../../src/model/journal.ts';
import type { HeldLease } from '../../src/ports/journal.ts';
import { cassandraAddress } from '../support/cassandra.ts';
import { faultProxy } from './fault-proxy.ts';
import { LedgerChild } from './ledger-child.ts';
import {
  dropKeyspaces,
  type HalfOptions,
  nodeAddress,
  openHalf,
  ownKeyspace,
  quickTimings,
  thrownBy,
} from './schema-fixture.ts';

const ledgerKeyspace = ownKeyspace('lease');
const { takeoverMs, graceMs } = quickTimings;
const patient = 30_000;

beforeAll(async () => {
  await using half = await openHalf({ keyspace: 'any', ledgerKeyspace });
  await half.journal.prepare();
});
afterAll(() => dropKeyspaces(ledgerKeyspace));

const half = (keyspace: string, more: Omit<Partial<HalfOptions>, 'keyspace' | 'ledgerKeyspace'> = {}) =>
  openHalf({ keyspace, ledgerKeyspace, ...more });

function child(keyspace: string, owner: string): Promise<LedgerChild> {
  return LedgerChild.start({ contactPoint: nodeAddress(), keyspace, ledgerKeyspace, owner, timings: quickTimings });
}

const silent = { timeoutMs: 0, onWait: () => undefined };

describe('taking the lease', () => {
  it('refuses a second owner, naming the first, until it is given back', async () => {
    await using first = await half('refuse');
    await using second = await half('refuse');
    expect(await second.journal.lease()).toBeNull();
    const lease = await first.journal.take({ ...silent, owner: 'ann@host:1' });
    expect(lease).toMatchObject({ owner: 'ann@host:1', fence: 1 });
    lease.assertHeld();
    const refused = await thrownBy(second.journal.take({ ...silent, owner: 'bob@host:2' }));
    expect(refused).toMatchObject({ code: 'LEASE_HELD', exitCode: 6, fields: { owner: 'ann@host:1' } });
    expect(String(refused)).toContain('ann@host:1');
    await lease.release();
    expect(() => lease.assertHeld()).toThrow(expect.objectContaining({ code: 'LEASE_LOST' }));
    expect(await second.journal.lease()).toBeNull();
    const next = await second.journal.take({ ...silent, owner: 'bob@host:2' });
    expect(next.fence).toBe(2);
  });

  it('waits for its turn and tells whom it waits for', async () => {
    await using first = await half('wait');
    await using second = await half('wait');
    const lease = await first.journal.take({ ...silent, owner: 'ann' });
    const holders: Lease[] = [];
    const taking = second.journal.take({ owner: 'bob', timeoutMs: patient, onWait: (holder) => holders.push(holder) });
    await expect.poll(() => holders, { timeout: patient }).toMatchObject([{ owner: 'ann', fence: 1 }]);
    await lease.release();
    expect((await taking).fence).toBe(2);
    expect(holders).toHaveLength(1);
  });

  it('lets exactly one of many in at a time', async () => {
    const contenders = await Promise.all(Array.from({ length: 6 }, () => half('race')));
    let inside = 0;
    const fences: number[] = [];
    await Promise.all(
      contenders.map(async ({ journal }, index) => {
        const lease = await journal.take({ owner: `c${index}`, timeoutMs: patient, onWait: () => undefined });
        expect(++inside).toBe(1);
        fences.push(lease.fence);
        await journal.write({ kind: 'floor', table: `c${index}`, timestamp: '1', reason: 'race' });
        lease.assertHeld();
        inside--;
        await lease.release();
      }),
    );
    expect(fences).toEqual([1, 2, 3, 4, 5, 6]);
    const [first] = contenders;
    expect(await first?.journal.entries()).toHaveLength(6);
    for (const contender of contenders) await contender[Symbol.asyncDispose]();
  });

  it('is one for each keyspace', async () => {
    await using one = await half('sep_one');
    await using other = await half('sep_other');
    await one.journal.take({ ...silent, owner: 'ann' });
    expect((await other.journal.take({ ...silent, owner: 'bob' })).fence).toBe(1);
  });
});

describe('keeping the lease', () => {
  it('is kept by a process whose main thread computes', async () => {
    await using busy = await child('busy', 'busy');
    await using other = await half('busy');
    expect(await busy.ask('take')).toEqual({ value: 1 });
    busy.tell('block', 3 * (takeoverMs + graceMs));
    const refused = await thrownBy(
      other.journal.take({ owner: 'other', timeoutMs: 2 * (takeoverMs + graceMs), onWait: () => undefined }),
    );
    expect(refused).toMatchObject({ code: 'LEASE_HELD' });
    expect(await busy.answer()).toEqual({ value: null });
    expect(await busy.ask('assert')).toEqual({ value: null });
    expect(await busy.ask('write', 1)).toEqual({ value: null });
    expect(await busy.ask('release')).toEqual({ value: null });
  });

  it('is taken over from a process that was killed on this machine after a grace', async () => {
    await using dead = await child('dead', 'dead');
    await using other = await half('dead', { timings: { beatMs: 300, takeoverMs: 60_000, graceMs: 1_000 } });
    await dead.ask('take');
    await dead.ask('write', 1);
    dead.signal('SIGKILL');
    await dead.ended();
    const start = performance.now();
    const lease = await other.journal.take({ owner: 'other', timeoutMs: patient, onWait: () => undefined });
    expect(performance.now() - start).toBeGreaterThanOrEqual(1_000);
    expect(lease.fence).toBe(2);
    expect(await other.journal.entries()).toHaveLength(1);
  });

  it('is taken over from one that was killed elsewhere after the whole period', async () => {
    await using dead = await child('elsewhere', 'dead');
    await using other = await half('elsewhere');
    await dead.ask('take');
    dead.signal('SIGKILL');
    await dead.ended();
    // As if another machine had written it.
    await other.cql(`UPDATE ${ledgerKeyspace}.journal SET claim = ? WHERE keyspace_name = 'elsewhere' IF fence = 1`, [
      'a another-boot/pid:[1]/1/1',
    ]);
    const start = performance.now();
    await other.journal.take({ owner: 'other', timeoutMs: patient, onWait: () => undefined });
    expect(performance.now() - start).toBeGreaterThanOrEqual(takeoverMs + graceMs);
  });

  it('is lost by a process that was stopped: what it does afterwards is refused', async () => {
    await using stopped = await child('stopped', 'stopped');
    await using other = await half('stopped');
    await stopped.ask('take');
    await stopped.ask('write', 1);
    stopped.signal('SIGSTOP');
    const start = performance.now();
    const lease = await other.journal.take({ owner: 'other', timeoutMs: patient, onWait: () => undefined });
    expect(performance.now() - start).toBeGreaterThanOrEqual(takeoverMs + graceMs);
    await other.journal.write({ kind: 'floor', table: 'other', timestamp: '2', reason: 'test' });
    // Told before it wakes, so that the check is the first thing that it does.
    stopped.tell('assert');
    stopped.tell('write', 2);
    stopped.signal('SIGCONT');
    expect(await stopped.answer()).toMatchObject({ code: 'LEASE_LOST' });
    expect(await stopped.answer()).toMatchObject({
      code: 'LEASE_LOST',
      message: expect.stringContaining('other has taken it'),
    });
    expect(await stopped.ask('release')).toEqual({ value: null });
    lease.assertHeld();
    expect((await other.journal.entries()).map((entry) => (entry.kind === 'floor' ? entry.table : ''))).toEqual([
      'stopped1',
      'other',
    ]);
    expect(await other.journal.lease()).toMatchObject({ owner: 'other' });
  });

  it('ends by itself when the cluster does not answer for the whole period', async () => {
    await using proxy = await faultProxy(cassandraAddress());
    await using cutOff = await half('cutoff', { contactPoints: [proxy.address] });
    const lease = await cutOff.journal.take({ ...silent, owner: 'ann' });
    await wait(takeoverMs);
    lease.assertHeld();
    proxy.stall();
    const start = performance.now();
    await expect.poll(() => lost(lease), { timeout: 2 * takeoverMs, interval: 20 }).toBe('LEASE_LOST');
    expect(performance.now() - start).toBeLessThanOrEqual(takeoverMs + 500);
    proxy.flow();
    // Nobody else took it meanwhile: it is held again as soon as a heartbeat gets through.
    await expect.poll(() => lost(lease), { timeout: patient }).toBeNull();
  });

  it('survives a connection that breaks', async () => {
    await using proxy = await faultProxy(cassandraAddress());
    await using flaky = await half('flaky', { contactPoints: [proxy.address] });
    const lease = await flaky.journal.take({ ...silent, owner: 'ann' });
    for (let round = 0; round < 5; round++) {
      await wait(400);
      proxy.cut();
    }
    await wait(takeoverMs);
    lease.assertHeld();
    const beat = (await flaky.journal.lease())?.beat ?? 0;
    expect(beat).toBeGreaterThan(3);
  });

  it('does not keep a process alive that is through', async () => {
    await using leaving = await child('leaving', 'leaving');
    await leaving.ask('take');
    leaving.tell('leave');
    const ended = await Promise.race([leaving.ended(), wait(5_000, 'still running')]);
    expect({ ended, errors: leaving.errors }).toEqual({ ended: 0, errors: '' });
  });
});

describe('taking the lease away', () => {
  it('fences its owner out', async () => {
    await using owner = await half('away');
    await using admin = await half('away');
    expect(await admin.journal.forceRelease()).toBeNull();
    const lease = await owner.journal.take({ ...silent, owner: 'ann' });
    await owner.journal.write({ kind: 'floor', table: 'a', timestamp: '1', reason: 'test' });
    expect(await admin.journal.forceRelease()).toMatchObject({ owner: 'ann', fence: 1 });
    expect(await admin.journal.lease()).toBeNull();
    const refused = await thrownBy(owner.journal.write({ kind: 'floor', table: 'b', timestamp: '1', reason: 'test' }));
    expect(refused).toMatchObject({ code: 'LEASE_LOST', exitCode: 6 });
    await expect.poll(() => lost(lease), { timeout: patient }).toBe('LEASE_LOST');
    await lease.release();
    const next = await admin.journal.take({ ...silent, owner: 'bob' });
    expect(next.fence).toBe(3);
    await lease.release();
    expect(await admin.journal.lease()).toMatchObject({ owner: 'bob' });
  });

  it('is undone by closing the journal', async () => {
    const owner = await half('closed');
    await owner.journal.take({ ...silent, owner: 'ann' });
    await owner[Symbol.asyncDispose]();
    await using other = await half('closed');
    expect(await other.journal.lease()).toBeNull();
  });
});

function lost(lease: HeldLease): string | null {
  try {
    lease.assertHeld();
    return null;
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown);
  }
}
