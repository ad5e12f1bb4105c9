import type { ChildProcess } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cassandraAddress } from '../support/cassandra.ts';
import { ended, type TestProject, testProject } from '../support/project.ts';
import { errorOf, refusal } from './run.ts';

const first = '20260101000000_tables';
const tables = `
import { migration, t, table } from 'cqlform';
const notes = table('notes', { columns: { id: t.int(), text: t.text() }, partitionKey: ['id'] });
const after = table('after_notes', { columns: { id: t.int() }, partitionKey: ['id'] });
export default migration({ description: 'Notes', schema: [notes, after] });
`;

/** Resolves when the child's stdout has this text. */
function printed(child: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let all = '';
    child.stdout?.on('data', (chunk: Buffer | string) => {
      all += String(chunk);
      if (all.includes(text)) resolve();
    });
    child.once('close', () => reject(new Error(`ended without ${text}:\n${all}`)));
  });
}

describe('a run that is stopped', { timeout: 240_000 }, () => {
  let project: TestProject;
  beforeAll(async () => {
    project = await testProject({ address: cassandraAddress(), migrations: { [first]: tables } });
  });
  afterAll(() => project[Symbol.asyncDispose]());
  const words = ['apply', '--no-check', '--auto-approve', '--json'];

  it.each([
    ['SIGINT', 130],
    ['SIGHUP', 143],
  ] as const)('by %s ends between two statements, and apply goes on', async (signal, code) => {
    const child = project.start(...words);
    const end = ended(child);
    await printed(child, '"kind":"step-start"');
    child.kill(signal);
    const stopped = await end;
    expect(stopped.code, stopped.stderr).toBe(code);
    expect(errorOf(stopped)).toMatchObject({ code: 'INTERRUPTED', exitCode: code });
    const status = await project.run('status', '--detailed-exitcode');
    expect(status.code).toBe(7);
    expect(status.stderr).toContain('`cqlform apply` goes on, `cqlform rollback` takes it back');
    const planned = await project.run('plan', '--no-check');
    expect(planned.code).toBe(7);
    expect(refusal(planned).code).toBe('RUN_UNFINISHED');
    expect(await project.run('lock', 'status')).toMatchObject({ stdout: 'Nobody holds the lease.\n' });
    const onward = await project.run('apply', '--no-check', '--auto-approve');
    expect(onward.code, onward.stderr).toBe(0);
    const back = await project.run('rollback', '--auto-approve');
    expect(back.code, back.stderr).toBe(0);
  });

  it('by a person can be marked as rolled back or applied', async () => {
    const child = project.start(...words);
    const end = ended(child);
    await printed(child, '"kind":"step-start"');
    child.kill('SIGINT');
    await end;
    const wrong = await project.run('resolve', '--applied', 'nobody');
    expect(wrong.code).toBe(64);
    refusal(wrong);
    const marked = await project.run('resolve', '--rolled-back', first);
    expect(marked.code, marked.stderr).toBe(0);
    expect(marked.stdout).toContain(`${first} counts as rolled-back.`);
    expect((await project.run('status')).stdout).toContain('0 applied, 1 pending.');
  });
});

describe('a lease that another run holds', { timeout: 240_000 }, () => {
  it('is waited for as long as said, then its owner is named', async () => {
    await using project = await testProject({ address: cassandraAddress(), migrations: { [first]: tables } });
    const child = project.start('apply', '--no-check', '--auto-approve', '--json');
    const end = ended(child);
    await printed(child, '"kind":"step-start"');
    child.kill('SIGSTOP');
    const status = await project.run('lock', 'status');
    expect(status.stdout).toContain(`:${child.pid} holds the lease`);
    const held = await project.run('apply', '--no-check', '--auto-approve', '--lock-timeout', '1');
    const patient = project.start('apply', '--no-check', '--auto-approve', '--json', '--lock-timeout', '600');
    const stopped = ended(patient);
    await printed(patient, '"state":"waiting"');
    patient.kill('SIGINT');
    expect(await stopped).toMatchObject({ code: 130 });
    expect(errorOf(await stopped)).toMatchObject({ code: 'INTERRUPTED', exitCode: 130 });
    child.kill('SIGCONT');
    await end;
    expect(held.code, held.stderr).toBe(6);
    expect(refusal(held).text).toContain(`:${child.pid}`);
  });
});
