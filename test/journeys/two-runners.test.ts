import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { builtProgram } from '../support/built.ts';
import { cassandraAddress } from '../support/cassandra.ts';
import { type TestProject, testProject } from '../support/project.ts';

const program = builtProgram('hold-child');
const patience = { timeout: 90_000, interval: 100 };
const forever = '90000';

const base = `
import { keyspace, migration } from 'cqlform';
export default migration({ description: 'Begin', schema: [keyspace({ durableWrites: true })] });
`;
const three = `
import { migration, t, table } from 'cqlform';
const make = (name) => table(name, { columns: { id: t.int() }, partitionKey: ['id'] });
export default migration({ description: 'Three tables', schema: [make('a'), make('b'), make('c')] });
`;

interface Told {
  readonly kind: string;
  readonly state?: string;
  readonly code?: string | null;
  readonly exitCode?: number;
}

/** A runner in a process of its own; ended when disposed. */
class Runner implements Disposable {
  readonly told: Told[] = [];
  readonly child: ChildProcess;

  constructor(project: TestProject, ...words: readonly string[]) {
    const { host, port } = cassandraAddress();
    const env = { ...process.env, CQLFORM_CONTACT_POINTS: `${host}:${port}`, NODE_NO_WARNINGS: '1' };
    this.child = spawn(process.execPath, [program, project.folder, ...words], {
      env,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const { stdout } = this.child;
    if (stdout !== null) createInterface({ input: stdout }).on('line', (line) => this.told.push(JSON.parse(line)));
  }

  says(kind: string, more: Partial<Told> = {}): Promise<void> {
    return expect.poll(() => this.told, patience).toContainEqual(expect.objectContaining({ kind, ...more }));
  }

  goOn(): void {
    this.child.stdin?.write('go\n');
  }

  sent(): number {
    return this.told.filter(({ kind }) => kind === 'sent').length;
  }

  [Symbol.dispose](): void {
    this.child.kill('SIGKILL');
  }
}

async function started(): Promise<TestProject> {
  const project = await testProject({
    address: cassandraAddress(),
    migrations: { '20260101000000_base': base },
    config: 'lease: { beat: 0.5, takeover: 3, grace: 2 }',
  });
  using first = new Runner(project, 'never', '0', '0');
  await first.says('ended', { code: null });
  await project.write('20260102000000_three', three);
  return project;
}

async function tables(project: TestProject): Promise<unknown[]> {
  const rows = await project.rows(`SELECT table_name FROM system_schema.tables WHERE keyspace_name = '$ks'`);
  return rows.map((row) => row['table_name']);
}

function ledger(project: TestProject): Promise<Record<string, unknown>[]> {
  return project.rows(`SELECT entry, body FROM cqlform.journal WHERE keyspace_name = '$ks'`);
}

describe('two runners at once', { timeout: 240_000 }, () => {
  it('let one in; the other ends with exit 6, or waits and finds the work done', async () => {
    await using project = await started();
    using first = new Runner(project, 'sending', '2', '0');
    await first.says('held');
    using hasty = new Runner(project, 'never', '0', '0');
    using patient = new Runner(project, 'never', '0', forever);
    await hasty.says('ended', { code: 'LEASE_HELD', exitCode: 6 });
    await patient.says('lease', { state: 'waiting' });
    first.goOn();
    await first.says('ended', { code: null });
    await patient.says('ended', { code: 'PLAN_ALREADY_APPLIED' });
    expect([first.sent(), hasty.sent(), patient.sent()]).toEqual([3, 0, 0]);
    expect(await tables(project)).toEqual(['a', 'b', 'c']);
  });

  it('go on where one that was killed stopped', async () => {
    await using project = await started();
    using first = new Runner(project, 'sending', '2', '0');
    await first.says('held');
    using second = new Runner(project, 'never', '0', forever);
    await second.says('lease', { state: 'waiting' });
    expect(await tables(project)).toEqual(['a']);
    first.child.kill('SIGKILL');
    await second.says('ended', { code: null });
    expect(second.sent()).toBe(2);
    expect(await tables(project)).toEqual(['a', 'b', 'c']);
  });

  it.each([
    ['between two statements', 'between', 0],
    ['with a statement on its lips', 'sending', 1],
  ])('keep one that was stopped %s out of the ledger', async (_name, moment, statements) => {
    await using project = await started();
    using first = new Runner(project, moment, '2', '0');
    await first.says('held');
    const before = first.sent();
    first.child.kill('SIGSTOP');
    using second = new Runner(project, 'never', '0', forever);
    await second.says('ended', { code: null });
    const recorded = await ledger(project);
    first.goOn();
    first.child.kill('SIGCONT');
    await first.says('ended', { code: 'LEASE_LOST', exitCode: 6 });
    expect(first.sent() - before).toBe(statements);
    expect(await ledger(project)).toEqual(recorded);
    expect(await tables(project)).toEqual(['a', 'b', 'c']);
  });
});
