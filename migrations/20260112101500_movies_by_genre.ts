import { desc, existing, migration, skip, t, table, transform } from 'cqlform';

const movies = existing('movies', {
  columns: { id: t.uuid(), title: t.text(), released: t.date(), genre: t.text(), imdb_rating: t.double() },
  partitionKey: ['id'],
});

const moviesByGenre = table('movies_by_genre', {
  columns: { genre: t.text(), released: t.date(), id: t.uuid(), title: t.text(), imdb_rating: t.double() },
  partitionKey: ['genre'],
  clusteringKey: [desc('released'), 'id'],
});

export default migration({
  description: 'List films by genre, newest first',
  schema: [moviesByGenre],
  data: [
    transform({
      from: movies,
      into: moviesByGenre,
      rows: ({ id, title, released, genre, imdb_rating }, out) => {
        if (genre === null) return skip('no genre');
        if (released === null) return skip('no release date');
        out.emit({ genre, released, id, title, imdb_rating });
      },
    }),
  ],
});
