import { exitCodes } from '../../kernel/errors.ts';
import { type AnyCommand, command, projectOptions } from '../command.ts';
import { inSession } from '../project.ts';

export const driftCommand: AnyCommand = command({
  usage: 'drift',
  summary: 'Compare what the ledger recorded with what the cluster has',
  options: {
    ...projectOptions,
    'detailed-exitcode': { type: 'boolean', default: false, describe: 'Exit 2 when something managed differs' },
    unmanaged: { type: 'boolean', default: true, describe: 'Also list objects that no migration names' },
  },
  examples: [['drift --detailed-exitcode', 'In a nightly job: exit 2 when somebody changed the schema by hand']],
  run: async (flags, output) => {
    const found = await inSession(flags, async (session) => {
      const { drift } = await import('../../app/drift.ts');
      return drift(session);
    });
    const items = found.filter((item) => flags.unmanaged || item.kind !== 'unmanaged');
    if (output.json) output.out(JSON.stringify(items));
    else if (items.length === 0) output.out('No drift: the cluster has what was recorded.');
    else {
      const { driftText } = await import('../view/drift.ts');
      output.out(driftText(items, output.paint));
    }
    const differs = items.some((item) => item.kind !== 'unmanaged');
    if (!output.json && differs) {
      output.err('Next: undo the change by hand, or `cqlform resolve --accept ADDRESS` records it as it is.');
    }
    return flags['detailed-exitcode'] && differs ? exitCodes.changes : exitCodes.fine;
  },
});
