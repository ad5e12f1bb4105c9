// The keyspace as the migrations make it. Written by `cqlform check --fix`: do not edit.
import { desc, index, type RowOf, t, table } from 'cqlform';

export const movies = table('movies', {
  columns: {
    id: t.uuid(),
    budget: t.bigint(),
    director: t.text(),
    genre: t.text(),
    imdb_rating: t.double(),
    imdb_votes: t.int(),
    mpaa_rating: t.text(),
    profit: t.bigint(),
    released: t.date(),
    title: t.text(),
    worldwide_gross: t.bigint(),
  },
  partitionKey: ['id'],
  options: { comment: 'One row per film' },
});

export const moviesByGenre = table('movies_by_genre', {
  columns: { genre: t.text(), released: t.date(), id: t.uuid(), imdb_rating: t.double(), title: t.text() },
  partitionKey: ['genre'],
  clusteringKey: [desc('released'), 'id'],
});

export const moviesByMpaaRating = index('movies_by_mpaa_rating', { on: movies, column: 'mpaa_rating', using: 'sai' });

export type MoviesRow = RowOf<typeof movies>;
export type MoviesByGenreRow = RowOf<typeof moviesByGenre>;
