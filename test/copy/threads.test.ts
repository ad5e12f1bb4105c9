import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { travels } from '../../src/copy/threads/travels.ts';
import { threadsWorth } from '../../src/copy/threads/work-meter.ts';
import { cassandraAddress } from '../support/cassandra.ts';
import { ended } from '../support/project.ts';
import type { Happened } from './threads-child.ts';

const child = fileURLToPath(new URL('threads-child.ts', import.meta.url));

let happened: Happened;
beforeAll(async () => {
  const { host, port, localDataCenter } = cassandraAddress();
  const { code, stdout, stderr } = await ended(spawn(process.execPath, [child, host, `${port}`, localDataCenter]));
  expect(code, stderr).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  const said = lines.filter((line) => line === 'said by a function').length;
  happened = { ...JSON.parse(lines.at(-1) ?? ''), said };
});

describe('a copy in threads', () => {
  it('leaves the same tables, accounts and rejected rows as one without', () => {
    const { here, there } = happened.same;
    expect(here).toMatchObject({ first: { read: 3000, skipped: 60, rejected: 181 } });
    expect(there).toEqual(here);
  });

  it('goes on after SIGKILL, and comes to the same', () => {
    const { here, there, done, again, pieces } = happened.killed;
    expect(done).toBe(6);
    expect(again).toBeLessThanOrEqual(2 * (pieces - done));
    expect(here).toMatchObject({ accounts: { read: 3679, rejected: 40 } });
    expect(there).toEqual(here);
  });

  it('keeps values of every type', () => {
    const { here, there } = happened.types;
    expect(here).toMatchObject({ accounts: [{ written: 3 }, { written: 3 }] });
    expect(there).toEqual(here);
  });

  it('fails as one without, at the same row, with the same rows written', () => {
    const { hangs, grows, ...same } = happened.failures;
    for (const { here, there } of Object.values(same)) expect(there).toEqual(here);
    expect(Object.fromEntries(Object.entries(same).map(([name, { there }]) => [name, there]))).toMatchObject({
      throws: { code: 'TRANSFORM_FAILED', fields: { place: 'lines.ndjson:1201' }, rows: 1199 },
      'emits a stranger': { code: 'UNKNOWN_COLUMN' },
      promises: { code: 'MIGRATION_TRANSFORM_RETURNED' },
      exits: { code: 'MIGRATION_EXITS' },
      'too many': { code: 'TOO_MANY_REJECTS', fields: { read: 1221 } },
    });
    expect(hangs?.there).toMatchObject({ code: 'TRANSFORM_STUCK', fields: { place: 'lines.ndjson:1201' } });
    expect(grows?.there).toMatchObject({ code: 'TRANSFORM_THREAD_ENDED', fields: { place: 'lines.ndjson:1201' } });
  });

  it('shows what functions print', () => {
    expect(happened.said).toBe(2);
  });
});

describe('threads that nobody asked for', () => {
  const busy = { worked: 900, wall: 1000, rows: 20_000, cores: 8 };

  it('are as many as the rest of the work can feed, and cores are idle', () => {
    expect(threadsWorth(busy)).toBe(4);
    expect(threadsWorth({ ...busy, cores: 1 })).toBe(1);
    expect(threadsWorth({ ...busy, worked: 650, rows: 10_000 })).toBe(2);
  });

  it('are none where no core is idle, something else is waited for, or functions cost next to nothing', () => {
    expect(threadsWorth({ ...busy, cores: 0 })).toBe(0);
    expect(threadsWorth({ ...busy, worked: 400 })).toBe(0);
    expect(threadsWorth({ ...busy, rows: 100_000 })).toBe(0);
  });
});

describe('what travels', () => {
  it('arrives as it was; anything else stays', () => {
    const values = {
      texts: ['', 'æ\u0000🦆'],
      numbers: [0, -0, Number.NaN, 1e308, 2n ** 200n],
      dates: [new Date(0), new Date(Number.NaN)],
      bytes: new Uint8Array([0, 255]),
      floats: new Float32Array([0.1]),
      sets: new Set([new Map([[{ a: 1n }, new Set([null, undefined])]])]),
      __proto__: { inherited: true },
    };
    Object.setPrototypeOf(values, Object.prototype);
    expect(travels(values)).toBe(true);
    expect(structuredClone(values)).toStrictEqual(values);
    for (const one of [Buffer.alloc(1), new (class Own {})(), Object.create(null), Symbol('s'), () => 1, /x/]) {
      expect(travels({ one: new Map([['k', [one]]]) })).toBe(false);
    }
  });
});
