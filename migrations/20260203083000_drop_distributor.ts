import { alter, existing, migration, t } from 'cqlform';

const movies = existing('movies', {
  columns: { id: t.uuid(), distributor: t.text() },
  partitionKey: ['id'],
});

export default migration({
  description: 'Nobody asks for the distributor any more (or so it seems)',
  schema: [alter(movies, { drop: ['distributor'] })],
});
