import { type ExitCode, exitCodes } from '../../kernel/errors.ts';
import { type AnyCommand, command, word } from '../command.ts';
import type { Output } from '../output.ts';
import { initText } from '../view/init.ts';

export const initCommand: AnyCommand = command({
  usage: 'init [folder]',
  summary: 'Write a configuration, the migrations folder and a CI file; overwrites nothing',
  positionals: { folder: { type: 'string', describe: 'The project', default: '.' } },
  options: {
    keyspace: { type: 'string', alias: 'k', describe: 'The keyspace', defaultDescription: "the project's name" },
    ci: {
      choices: ['github', 'gitlab', 'none'] as const,
      default: 'github' as const,
      describe: 'The CI file to write',
    },
    'print-grants': {
      type: 'boolean',
      default: false,
      describe: 'Only print the CQL that gives a role the rights it needs',
    },
    role: { type: 'string', default: 'cqlform', describe: 'The role of --print-grants' },
    'ledger-keyspace': { type: 'string', default: 'cqlform', describe: 'The ledger of --print-grants' },
  },
  examples: [
    ['init --keyspace shop', 'In the folder of a project'],
    ['init --print-grants --keyspace shop --role migrator', 'What to ask the administrator for'],
  ],
  run: async (flags, output): Promise<ExitCode> => {
    if (flags['print-grants']) return printGrants(flags, output);
    const { init } = await import('../../app/init.ts');
    const report = await init({
      folder: word(flags, 'folder') ?? '.',
      keyspace: flags.keyspace ?? null,
      ci: flags.ci,
    });
    output.out(output.json ? JSON.stringify(report) : initText(report, output.paint));
    if (report.cutOff.length > 0) return exitCodes.error;
    if (!output.json) output.err(nextAfterInit(report.installed));
    return exitCodes.fine;
  },
});

async function printGrants(
  flags: { readonly keyspace: string | undefined; readonly role: string; readonly 'ledger-keyspace': string },
  output: Output,
): Promise<ExitCode> {
  const { grantsText } = await import('../../app/grants.ts');
  const text = grantsText({
    role: flags.role,
    keyspace: flags.keyspace ?? (await configuredKeyspace()),
    ledgerKeyspace: flags['ledger-keyspace'],
  });
  output.out(output.json ? JSON.stringify({ cql: text }) : text);
  return exitCodes.fine;
}

async function configuredKeyspace(): Promise<string> {
  const { openProject } = await import('../../app/config.ts');
  return (await openProject({})).keyspace;
}

function nextAfterInit(installed: boolean): string {
  const install = installed ? '' : '`npm install --save-dev cqlform`, then ';
  return `Next: ${install}\`cqlform dev up\` for a Cassandra to try on, and \`cqlform new NAME\`; or \`cqlform introspect\` for a keyspace that is there.`;
}
