import { type ExitCode, exitCodes } from '../../kernel/errors.ts';
import { type AnyCommand, command, group, projectOptions } from '../command.ts';
import type { Output } from '../output.ts';

const { config, env } = projectOptions;
const options = { config, env } as const;

export const devCommand: AnyCommand = group({
  usage: 'dev',
  summary: 'A real Cassandra of your own: start, stop, look',
  examples: [
    ['dev up', 'One node, kept in .cqlform/dev'],
    ['dev up --nodes 3', 'Three nodes on loopback addresses'],
    ['dev up --cassandra 4.1.10', 'An older server, which needs Java 11'],
    ['dev down --purge', 'Stop it and delete its data'],
  ],
  commands: [
    command({
      usage: 'up',
      summary: 'Start it, or find it running',
      options: {
        ...options,
        nodes: { choices: [1, 3] as const, default: 1 as const, describe: 'How many nodes' },
        cassandra: { type: 'string', describe: 'Version of the server, 4.x or 5.x; 5.0.8 unless said otherwise' },
      },
      examples: [['dev up', 'Called twice it finds the first one']],
      run: async (flags, output) => {
        const { startDev } = await import('../../app/dev.ts');
        const { devEventText } = await import('../view/dev.ts');
        const nodes = flags.nodes === 3 ? 3 : 1;
        const { cluster, configured } = await startDev(flags, {
          nodes,
          ...(flags.cassandra === undefined ? {} : { version: flags.cassandra }),
          onProgress: (event) => tell(output, devEventText(event)),
        });
        const where = cluster.contactPoints.join(', ');
        if (output.json) output.out(JSON.stringify(cluster));
        else output.out(`Cassandra ${cluster.version} ${cluster.reused ? 'is running' : 'is up'} at ${where}`);
        if (!output.json)
          output.err(`Next: \`cqlform ${configured ? 'plan' : 'init'}\`; \`cqlform dev down\` stops it.`);
        return exitCodes.fine;
      },
    }),
    command({
      usage: 'down',
      summary: 'Stop what `dev up` started, and nothing else',
      options: { ...options, purge: { type: 'boolean', default: false, describe: 'Delete its data too' } },
      examples: [['dev down', 'The data stays for the next `dev up`']],
      run: async (flags, output) => {
        const { stopDev } = await import('../../app/dev.ts');
        const { devEventText } = await import('../view/dev.ts');
        const result = await stopDev(flags, {
          purge: flags.purge,
          onProgress: (event) => tell(output, devEventText(event)),
        });
        if (output.json) output.out(JSON.stringify(result));
        else output.out(result.stopped.length === 0 ? 'Nothing was running.' : `Stopped ${result.stopped.join(', ')}.`);
        return exitCodes.fine;
      },
    }),
    command({
      usage: 'status',
      summary: 'Is it up, where, and how large?',
      options,
      examples: [['dev status', 'Each node with its address']],
      run: async (flags, output): Promise<ExitCode> => {
        const { statusOfDev } = await import('../../app/dev.ts');
        const { devStatusText } = await import('../view/dev.ts');
        const status = await statusOfDev(flags);
        output.out(output.json ? JSON.stringify(status) : devStatusText(status, output.paint));
        if (!output.json && status.kind === 'absent') output.err('Next: `cqlform dev up`');
        return exitCodes.fine;
      },
    }),
  ],
});

function tell(output: Output, text: string): void {
  if (!output.json) output.err(output.paint.faint(text));
}
