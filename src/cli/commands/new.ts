import { relative } from 'node:path';
import { exitCodes } from '../../kernel/errors.ts';
import { type AnyCommand, command, projectOptions, word } from '../command.ts';
import { projectOf } from '../project.ts';

export const newCommand: AnyCommand = command({
  usage: 'new <name>',
  summary: 'Start the next migration file',
  positionals: { name: { type: 'string', describe: 'What it does, in a few words: add_rating' } },
  options: {
    ...projectOptions,
    from: {
      type: 'string',
      array: true,
      default: [] as string[],
      describe: 'A table whose rows it reads: writes its `existing` block and a beginning; repeatable',
    },
    alter: {
      type: 'string',
      array: true,
      default: [] as string[],
      describe: 'A table that it changes: writes its `existing` block and an `alter`; repeatable',
    },
  },
  examples: [
    ['new films', 'A file with nothing in it yet'],
    ['new movies_by_genre --from movies', 'Rows of movies into another table'],
    ['new add_rating --alter movies', 'A change of movies'],
  ],
  run: async (flags, output) => {
    const [project, { newMigration }] = await Promise.all([projectOf(flags), import('../../app/new.ts')]);
    const options = { name: word(flags, 'name') ?? '', from: flags.from, alter: flags.alter };
    const file = await newMigration(project, options, new Date());
    output.out(output.json ? JSON.stringify(file) : relative(process.cwd(), file.path));
    if (!output.json) output.err('Next: write it, then `cqlform check --fix` and `cqlform plan`.');
    return exitCodes.fine;
  },
});
