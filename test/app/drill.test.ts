import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { repositoryOf } from '../../src/app/backup.ts';
import { type DrillReport, drillBackup } from '../../src/app/backup-drill.ts';
import { leftovers, scratchName, thisProcess } from '../../src/app/scratch-keyspace.ts';
import { drillMarkdown, drillText } from '../../src/cli/view/backup-drilled.ts';
import { paintFor } from '../../src/cli/view/paint.ts';
import type { BackupInfo } from '../../src/model/backup.ts';
import { ownKeyspace, temporaryFolder } from '../backup/fixture.ts';
import { type RowsFixture, rowsFixture } from '../cassandra/rows-fixture.ts';
import { killable } from './killable.ts';
import { backUp, inPlace, inputOf, type Place, storeOf } from './restore-project.ts';

let fixture: RowsFixture;
let place: Place;
let backup: BackupInfo;
beforeAll(async () => {
  fixture = await rowsFixture(ownKeyspace('app_drill'));
  place = { folder: await temporaryFolder(), keyspace: fixture.keyspace };
  const { cql, keyspace } = fixture;
  await cql(`CREATE TYPE ${keyspace}.part (a int)`);
  await cql(`CREATE TABLE ${keyspace}.users (id int PRIMARY KEY, name text, u part, gone text)`);
  await cql(`CREATE TABLE ${keyspace}.visits (id int PRIMARY KEY, n counter)`);
  for (let id = 0; id < 30; id += 1) {
    await cql(`INSERT INTO ${keyspace}.users (id, name, u) VALUES (${id}, 'n${id}', {a: ${id}})`);
    await cql(`UPDATE ${keyspace}.visits SET n = n + ${id} WHERE id = ${id}`);
  }
  await cql(`UPDATE ${keyspace}.users USING TTL 1 SET gone = 'soon' WHERE id = 1`);
  backup = await backUp(place, []);
});
afterAll(async () => {
  await fixture.close();
  await rm(place.folder, { recursive: true, force: true });
});

async function drill(signal?: AbortSignal, onProgress: () => void = () => undefined): Promise<DrillReport> {
  return inPlace(place, async (session) =>
    drillBackup(session, await repositoryOf(session, storeOf(place)), {
      ...inputOf({}, place.keyspace),
      onProgress,
      ...(signal === undefined ? {} : { signal }),
    }),
  );
}

/** Scratch keyspaces of drills by these processes. */
async function scratch(): Promise<string[]> {
  const { rows } = await fixture.connection.client.execute('SELECT keyspace_name FROM system_schema.keyspaces');
  const names = rows.map((row) => String(row['keyspace_name']));
  return names.filter((one) => one.startsWith('cqlform_drill_') && one.includes(`_${thisProcess().machine}_`));
}

describe('a drill', () => {
  it('restores the newest backup, says that it matches, and leaves nothing', async () => {
    const report = await drill();
    expect(report).toMatchObject({ backup: backup.id, matches: true, keyspace: place.keyspace });
    expect(report.tables.map(({ table, rows, digest }) => ({ table, rows, digest }))).toEqual(
      backup.tables.map(({ table, rows, valueDigest }) => ({ table, rows, digest: valueDigest })),
    );
    expect(await scratch()).not.toContain(report.scratch);
    const plain = paintFor(false);
    expect(drillText(report, plain)).toContain(`Matches: backup ${backup.id}, taken `);
    expect(drillMarkdown(report)).toContain(`| visits | 30 rows, `);
    expect(drillMarkdown(report)).toContain('## Restore drill: matches');
  });

  it('that was killed is cleared away by the next; one that is stopped clears itself away', async () => {
    expect(await killable(place, { work: 'drill', dieAfter: 20, wishes: {} })).toBeNull();
    const left = leftovers(await scratch(), thisProcess(), new Date());
    expect(left.length).toBeGreaterThanOrEqual(1);
    const controller = new AbortController();
    await expect(drill(controller.signal, () => controller.abort())).rejects.toMatchObject({ code: 'INTERRUPTED' });
    // Whatever a stopped or a whole drill began with, it has removed.
    expect((await scratch()).filter((one) => left.includes(one))).toEqual([]);
    expect((await drill()).matches).toBe(true);
  });

  it('tells what is hurt, table by table, and clears away all the same', async () => {
    const packs = join(place.folder, 'store/packs');
    const files = (await readdir(packs, { recursive: true, withFileTypes: true })).filter((one) => one.isFile());
    const pack = files.at(0);
    if (pack === undefined) throw new Error('no pack');
    const path = join(pack.parentPath, pack.name);
    const bytes = await readFile(path);
    const flipped = Buffer.from(bytes);
    flipped[bytes.length - 9] = (bytes[bytes.length - 9] ?? 0) ^ 4;
    await writeFile(path, flipped);
    const report = await drill();
    await writeFile(path, bytes);
    expect(report.matches).toBe(false);
    const hurt = report.tables.filter(({ matches }) => !matches);
    expect(hurt).toMatchObject([{ digest: null, problem: expect.stringContaining('BACKUP_DAMAGED') }]);
    expect(report.tables.filter(({ matches }) => matches)).toHaveLength(1);
    expect(drillText(report, paintFor(false))).toContain('Does not match:');
    expect(await scratch()).not.toContain(report.scratch);
  });
});

describe('scratch keyspaces that are left', () => {
  it('are told by their names, and nothing else is taken for one', () => {
    const now = new Date('2026-11-22T10:00:00Z');
    const own = thisProcess();
    const old = new Date(now.getTime() - 25 * 3_600_000);
    const dead = { ...own, process: 2 ** 22 + 1 };
    const elsewhere = { machine: '0123abcd', process: 1 };
    const found = leftovers(
      [
        scratchName(own, old),
        scratchName(dead, now),
        scratchName(elsewhere, now),
        scratchName(elsewhere, old),
        ...['cqlform_drill', 'cqlform_drill_mine', 'cqlform', place.keyspace, `${scratchName(dead, now)}_2`],
      ],
      own,
      now,
    );
    expect(found).toEqual([scratchName(dead, now), scratchName(elsewhere, old)]);
    expect(scratchName(dead, now).length).toBeLessThanOrEqual(48);
  });
});
