import { cp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { localStore } from '../../src/backup/stores/local.ts';
import { canonicalJson, sha256 } from '../../src/kernel/hash.ts';
import type { BackupReference } from '../../src/model/journal.ts';
import type { Table } from '../../src/model/schema.ts';
import type { Backups } from '../../src/ports/engines.ts';
import { type BackupFixture, backupFixture, temporaryFolder } from './fixture.ts';
import { seeded } from './random.ts';

let fixture: BackupFixture;
let table: Table;
let backup: BackupReference;
let other: BackupReference;
let copy: string;
let backups: Backups;
beforeAll(async () => {
  fixture = await backupFixture('backup_damage');
  const writeAll = async (name: string, text: string): Promise<Table> => {
    const made = await fixture.table(name, {
      columns: { id: 'int', c: 'int', a: 'text' },
      partitionKey: ['id'],
      clusteringKey: ['c'],
    });
    const random = seeded(5);
    const writer = fixture.rows.write({ keyspace: fixture.keyspace, table: made, types: {}, consistency: 'ONE' });
    for (let index = 0; index < 3000; index += 1) {
      const [id, c] = [Buffer.alloc(4), Buffer.alloc(4)];
      id.writeInt32BE(index % 100);
      c.writeInt32BE(index);
      const cells = { a: Buffer.from(`${text} ${random.bytes(30).toString('hex')}`) };
      await writer.write({ kind: 'insert', partitionKey: [id], clusteringKey: [c], cells, timestamp: 1000n, ttl: 0 });
    }
    await writer.flush();
    return made;
  };
  table = await writeAll('things', 'thing');
  backup = await fixture.backup(table);
  other = await fixture.backup(await writeAll('others', 'other'));
});
afterAll(async () => {
  await fixture.close();
});
beforeEach(async () => {
  copy = await temporaryFolder();
  await cp(fixture.folder, copy, { recursive: true });
  backups = fixture.backupsIn(localStore(copy));
  return () => rm(copy, { recursive: true, force: true });
});

async function files(below: string): Promise<string[]> {
  const entries = await readdir(join(copy, below), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** The packs and index of the backup of `things`. */
async function ownFiles(): Promise<{ readonly packs: string[]; readonly index: string[]; readonly manifest: string }> {
  const manifests = await files('manifests');
  let manifest = '';
  for (const path of manifests) if ((await readFile(path, 'utf8')).includes(`"id":"${backup.id}"`)) manifest = path;
  const text = await readFile(manifest, 'utf8');
  const index = (await files('indexes')).filter((path) => text.includes(path.slice(copy.length + 1)));
  const packs: string[] = [];
  for (const path of await files('packs')) {
    await rename(path, `${path}.away`);
    const { damage } = await backups.verify(backup.id, () => undefined);
    await rename(`${path}.away`, path);
    if (damage.length > 0) packs.push(path);
  }
  return { packs, index, manifest };
}

async function problemsOf(id: string): Promise<string[]> {
  try {
    const { damage } = await backups.verify(id, () => undefined);
    return damage.map(({ table: name, range, object, problem }) => `${name} ${range} ${object}: ${problem}`);
  } catch (thrown) {
    expect(thrown).toMatchObject({ code: 'BACKUP_DAMAGED', exitCode: 8 });
    return [String(thrown)];
  }
}

/** Detected by verify, refused by restore before anything was written. */
async function expectRefused(): Promise<string[]> {
  const problems = await problemsOf(backup.id);
  expect(problems).not.toEqual([]);
  let writes = 0;
  const watched = {
    ...fixture.rows,
    write: (...given: Parameters<typeof fixture.rows.write>) => {
      const writer = fixture.rows.write(...given);
      return {
        flush: () => writer.flush(),
        write: (...mutation: Parameters<typeof writer.write>) => {
          writes += 1;
          return writer.write(...mutation);
        },
      };
    },
  };
  const { createBackups } = await import('../../src/backup/backups.ts');
  const { systemClock } = await import('../../src/cassandra/system-clock.ts');
  const watching = createBackups({
    rows: watched,
    store: localStore(copy),
    clock: systemClock,
    cluster: { name: 't', version: '5' },
  });
  const request = { backup, into: table, mode: 'exact', renamed: {}, timestamp: 1n } as const;
  await expect(watching.restore(request, fixture.context())).rejects.toMatchObject({
    code: 'BACKUP_DAMAGED',
    exitCode: 8,
  });
  expect(writes).toBe(0);
  return problems;
}

describe('a damaged backup', () => {
  it('is not there to begin with', async () => {
    expect(await problemsOf(backup.id)).toEqual([]);
    const own = await ownFiles();
    expect(own.packs.length).toBe(1);
    expect(own.index.length).toBe(1);
  });

  it('is found wherever a bit was flipped', async () => {
    const own = await ownFiles();
    const random = seeded(21);
    for (const path of [...own.packs, ...own.index, own.manifest]) {
      const bytes = await readFile(path);
      const places = [0, 1, 7, 14, 15, 16, bytes.length - 2, bytes.length - 1];
      for (let more = 0; more < 40; more += 1) places.push(random.below(bytes.length));
      for (const place of places) {
        const flipped = Buffer.from(bytes);
        flipped[place] = (flipped[place] ?? 0) ^ (1 << random.below(8));
        await writeFile(path, flipped);
        const problems = await problemsOf(backup.id);
        expect([path, place, problems.length > 0]).toEqual([path, place, true]);
      }
      await writeFile(
        path,
        (() => {
          const flipped = Buffer.from(bytes);
          flipped[places.at(-1) ?? 0] = (flipped[places.at(-1) ?? 0] ?? 0) ^ 1;
          return flipped;
        })(),
      );
      await expectRefused();
      await writeFile(path, bytes);
    }
    expect(await problemsOf(backup.id)).toEqual([]);
  });

  it('is found when a pack is cut short, and says which table and tokens are hurt', async () => {
    const {
      packs: [pack = ''],
    } = await ownFiles();
    await truncate(pack, (await readFile(pack)).length - 10);
    const problems = await expectRefused();
    expect(problems.length).toBe(1);
    expect(problems[0]).toMatch(/^things tokens -?\d+ to -?\d+ packs\/.*: the pack is cut short$/);
  });

  it('is found when a pack, an index or the manifest is gone', async () => {
    const own = await ownFiles();
    for (const [path, problem] of [
      [own.packs[0] ?? '', 'the pack is missing'],
      [own.index[0] ?? '', 'the index is missing'],
    ]) {
      const bytes = await readFile(path ?? '');
      await rm(path ?? '');
      const problems = await expectRefused();
      expect(problems.join('\n')).toContain(problem);
      await writeFile(path ?? '', bytes);
    }
    await rm(own.manifest);
    expect(await backups.find(backup.id)).toBeNull();
    const request = { backup, into: table, mode: 'exact', renamed: {}, timestamp: 1n } as const;
    await expect(backups.restore(request, fixture.context())).rejects.toMatchObject({
      code: 'BACKUP_MISSING',
      exitCode: 8,
    });
  });

  it('is found when manifests, packs or indexes were swapped', async () => {
    const own = await ownFiles();
    const [first = '', second = ''] = await files('manifests');
    const swap = async (a: string, b: string): Promise<void> => {
      await rename(a, `${a}.x`);
      await rename(b, a);
      await rename(`${a}.x`, b);
    };
    await swap(first, second);
    await expectRefused();
    await swap(first, second);
    for (const kind of ['packs', 'indexes']) {
      const all = await files(kind);
      const mine = all.find((path) => [...own.packs, ...own.index].includes(path)) ?? '';
      const theirs = all.find((path) => path !== mine) ?? '';
      await swap(mine, theirs);
      await expectRefused();
      await swap(mine, theirs);
    }
    expect(await problemsOf(backup.id)).toEqual([]);
  });

  it('is found when the manifest was exchanged for a sound one that says something else', async () => {
    const { manifest: path } = await ownFiles();
    const { manifest } = JSON.parse(await readFile(path, 'utf8'));
    manifest.tables[0].counts.rows += 1;
    await writeFile(path, `${canonicalJson({ manifest, sha256: sha256(canonicalJson(manifest)) })}\n`);
    const problems = await expectRefused();
    expect(problems).toEqual(['things all the manifest: rows is 3000, the manifest says 3001']);
  });

  it('of a newer format is refused by name, and unknown fields are not in the way', async () => {
    const { manifest: path } = await ownFiles();
    const { manifest } = JSON.parse(await readFile(path, 'utf8'));
    const write = async (changed: object): Promise<void> =>
      await writeFile(path, `${canonicalJson({ manifest: changed, sha256: sha256(canonicalJson(changed)) })}\n`);
    await write({ ...manifest, format: { major: 1, minor: 9 }, later: { anything: true } });
    expect(await problemsOf(backup.id)).toEqual([]);
    await write({ ...manifest, format: { major: 4, minor: 0 }, tables: 'otherwise' });
    await expect(backups.verify(backup.id, () => undefined)).rejects.toMatchObject({ code: 'BACKUP_TOO_NEW' });
  });

  it('is found by a sample, and told with what can still be restored, which is', async () => {
    const { packs } = await ownFiles();
    const [pack] = packs;
    if (pack === undefined) throw new Error('no pack');
    expect(await backups.verify(backup.id, () => undefined, { share: 0.001 })).toMatchObject({
      share: 0.001,
      damage: [],
      tables: [{ table: 'things', isWhole: true }],
    });
    const bytes = await readFile(pack);
    const at = Math.floor(bytes.length / 2);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    await writeFile(pack, bytes);
    const sampled = await backups.verify(backup.id, () => undefined, { share: 0.001 });
    const found = await backups.verify(backup.id, () => undefined);
    const [sound] = found.tables;
    if (sound === undefined) throw new Error('no table');
    const { chunks, wholeRows } = sound;
    expect(sound).toMatchObject({ table: 'things', rows: 3000, isWhole: false, wholeChunks: chunks - 1 });
    expect(wholeRows).toBeGreaterThan(0);
    expect(wholeRows).toBeLessThan(3000);
    for (const { damage } of [sampled, found]) {
      expect(damage).toMatchObject([{ table: 'things', range: expect.stringMatching(/^tokens -?\d+ to -?\d+$/) }]);
    }

    const request = { backup, into: table, renamed: {}, timestamp: BigInt(Date.now()) * 1000n, skipDamaged: true };
    await expect(backups.restore({ ...request, mode: 'exact' }, fixture.context())).rejects.toMatchObject({
      code: 'BACKUP_DAMAGED',
    });
    const report = await backups.restore({ ...request, mode: 'overwrite' }, fixture.context());
    expect(report).toMatchObject({ rows: wholeRows, skippedChunks: 1, deleted: 0 });
    expect(report.digest).toBe(report.expected);
  });

  it('does not hide the others', async () => {
    const { manifest: path } = await ownFiles();
    await writeFile(path, 'rubbish');
    const seen: string[] = [];
    const list = async (): Promise<void> => {
      for await (const { id } of backups.list()) seen.push(id);
    };
    await expect(list()).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
    expect(seen).toEqual([other.id]);
    expect(await problemsOf(other.id)).toEqual([]);
  });
});
