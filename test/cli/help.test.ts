import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import type { Ended } from '../support/project.ts';
import { errorOf, refusal, runIn } from './run.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cqlform-help-'));
});
afterAll(() => rm(folder, { recursive: true }));

const run = (...words: readonly string[]): Promise<Ended> => runIn({ folder }, ...words);

const paths = commands.flatMap((one) => [
  [one.names[0] ?? ''],
  ...one.within.map((inner) => [one.names[0] ?? '', inner.names[0] ?? '']),
]);

describe('--help', () => {
  it('lists every command with its summary, and examples', async () => {
    const { code, stdout, stderr } = await run('--help');
    expect(code).toBe(0);
    expect(stderr).toBe('');
    for (const one of commands) expect(stdout).toContain(`cqlform ${one.usage}`);
    expect(stdout).toMatch(/Examples:\n {2}cqlform plan /);
  });

  it.each(paths)('of %s %s says what it is for and shows examples', async (...path) => {
    const { code, stdout, stderr } = await run(...path, '--help');
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(stdout).toMatch(new RegExp(`^cqlform ${path.join(' ')}`));
    expect(stdout).toMatch(new RegExp(`Examples:\\n +cqlform ${path[0]}`));
  });

  it('says the version', async () => {
    const { code, stdout } = await run('--version');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await run('-v')).stdout).toBe(stdout);
  });
});

describe('a wrong command line', () => {
  const cases: readonly (readonly [words: readonly string[], text: RegExp, next: RegExp])[] = [
    [[], /say which command/, /`cqlform --help`/],
    [['bogus'], /no command bogus/, /`cqlform --help`/],
    [['plna'], /no command plna/, /`cqlform plan`/],
    [['backup'], /`backup`/, /`cqlform backup --help`/],
    [['backup', 'lst'], /backup has no lst/, /`cqlform backup list`/],
    [['plan', '--bogus'], /cqlform plan has no option --bogus/, /`cqlform plan --help`/],
    [['plan', '-x'], /^cqlform plan has no option -x$/, /`cqlform plan --help`/],
    [['plan', '-xy5', '--zz=1'], /has no option -xy5, --zz$/, /`cqlform plan --help`/],
    [['status', '--lock-timeout', '4'], /has no option --lock-timeout/, /`cqlform status --help`/],
    [['plan', 'surplus'], /surplus/, /`cqlform plan --help`/],
    [['show'], /argument is missing: cqlform show <plan>$/, /`cqlform show --help`/],
    [['backup', 'verify'], /argument is missing: cqlform backup verify <id>$/, /`cqlform backup verify --help`/],
    [['show', ''], /<plan> is empty/, /--help/],
    [['plan', '-k'], /^-k needs a value/, /`cqlform plan --help`/],
    [['plan', '--format', 'xml'], /--format is "xml".*"markdown"/, /`cqlform plan --help`/],
    [['apply', '--lock-timeout', 'soon'], /--lock-timeout takes a number/, /--help/],
    [['apply', '--lock-timeout', '-1'], /--lock-timeout/, /--help/],
    [['apply', '--lock-timeout'], /--lock-timeout needs a value/, /--help/],
    [['plan', '--to'], /--to needs a value/, /--help/],
    [['plan', '--to='], /--to needs a value/, /--help/],
    [['plan', '--to', 'a', '--to', 'b'], /--to is given more than once/, /--help/],
  ];
  it.each(cases)('%j', async (words, text, next) => {
    const ended = await run(...words);
    expect(ended.code).toBe(64);
    expect(ended.stdout).toBe('');
    const said = refusal(ended);
    expect(said.code).toBe('USAGE');
    expect(said.text).toMatch(text);
    expect(said.next).toMatch(next);
  });

  it('is told as JSON, wherever --json stands', async () => {
    for (const words of [
      ['--json', 'bogus'],
      ['plan', '--json', '--bogus'],
    ]) {
      const ended = await run(...words);
      expect(ended.code).toBe(64);
      expect(errorOf(ended)).toMatchObject({ kind: 'error', code: 'USAGE', exitCode: 64 });
    }
  });
});

describe('a Node without what cqlform needs', () => {
  it('is refused in words, and as JSON where that is asked for', async () => {
    await writeFile(join(folder, 'older.cjs'), "delete require('node:module').registerHooks;");
    const env = { NODE_OPTIONS: '--require ./older.cjs' };
    const ended = await runIn({ folder, env }, 'status', '--json');
    expect(ended.code).toBe(1);
    expect(refusal(ended)).toMatchObject({ code: 'NODE_TOO_OLD', text: expect.stringContaining(process.version) });
    const { code, next, where, exitCode } = errorOf(ended);
    expect({ code, next, where, exitCode }).toEqual({
      code: 'NODE_TOO_OLD',
      next: refusal(ended).next,
      where: null,
      exitCode: 1,
    });
    expect((await runIn({ folder, env }, 'status')).stdout).toBe('');
  });
});

describe('colour', () => {
  it('follows NO_COLOR, FORCE_COLOR and the flags, the flags first', async () => {
    const of = async (env: Record<string, string | undefined>, ...words: readonly string[]): Promise<boolean> =>
      (await runIn({ folder, env }, 'bogus', ...words)).stderr.includes('\u001b[31m');
    expect(await of({ NO_COLOR: undefined, FORCE_COLOR: undefined })).toBe(false);
    expect(await of({ NO_COLOR: undefined, FORCE_COLOR: '1' })).toBe(true);
    expect(await of({ NO_COLOR: undefined, FORCE_COLOR: '0' })).toBe(false);
    expect(await of({ NO_COLOR: '1', FORCE_COLOR: '1' })).toBe(false);
    expect(await of({ NO_COLOR: undefined, FORCE_COLOR: '1' }, '--no-color')).toBe(false);
    expect(await of({ NO_COLOR: '1', FORCE_COLOR: undefined }, '--color')).toBe(true);
  });
});
