import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
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
