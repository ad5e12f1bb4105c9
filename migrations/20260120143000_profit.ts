import { alter, backfill, existing, index, migration, t, unset } from 'cqlform';

const before = existing('movies', {
  columns: { id: t.uuid(), budget: t.bigint(), worldwide_gross: t.bigint(), mpaa_rating: t.text() },
  partitionKey: ['id'],
});

const movies = alter(before, { add: { profit: t.bigint() } });

export default migration({
  description: 'Profit of each film, and films by rating',
  schema: [movies, index('movies_by_mpaa_rating', { on: movies, column: 'mpaa_rating', using: 'sai' })],
  data: [
    backfill({
      from: before,
      into: movies,
      columns: {
        profit: ({ budget, worldwide_gross }) =>
          budget === null || worldwide_gross === null ? unset : worldwide_gross - budget,
      },
    }),
  ],
});
