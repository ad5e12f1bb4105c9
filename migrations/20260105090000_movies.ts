import { migration, reject, t, table, to, transform } from 'cqlform';
import { json } from 'cqlform/files';
import { releaseDate } from './lib/release-date.ts';

const file = json.file('node_modules/vega-datasets/data/movies.json', {
  columns: {
    title: json.any(),
    released: json.text(),
    genre: json.text(),
    director: json.text(),
    distributor: json.text(),
    mpaaRating: json.text(),
    budget: json.bigint(),
    worldwideGross: json.bigint(),
    imdbRating: json.double(),
    imdbVotes: json.int(),
  },
  required: ['released'],
  fields: {
    title: 'Title',
    released: 'Release Date',
    genre: 'Major Genre',
    director: 'Director',
    distributor: 'Distributor',
    mpaaRating: 'MPAA Rating',
    budget: 'Production Budget',
    worldwideGross: 'Worldwide Gross',
    imdbRating: 'IMDB Rating',
    imdbVotes: 'IMDB Votes',
  },
});

const movies = table('movies', {
  columns: {
    id: t.uuid(),
    title: t.text(),
    released: t.date(),
    genre: t.text(),
    director: t.text(),
    distributor: t.text(),
    mpaa_rating: t.text(),
    budget: t.bigint(),
    worldwide_gross: t.bigint(),
    imdb_rating: t.double(),
    imdb_votes: t.int(),
  },
  partitionKey: ['id'],
  options: { comment: 'One row per film' },
});

/** The namespace of films' ids: the same title and date always give the same id. */
const films = '5b0a8a4e-6d3c-5f0e-9a55-0d5f6f7b6c01';

export default migration({
  description: 'Load the films',
  schema: [movies],
  data: [
    transform({
      from: file,
      into: movies,
      maxRejects: '5%',
      rows: (film, out) => {
        if (film.title === null) return reject('no title');
        const released = releaseDate(film.released);
        if (typeof released !== 'string') return released;
        const title = String(film.title);
        out.emit({
          id: to.uuidV5(films, `${title}, ${released}`),
          title,
          released,
          genre: film.genre,
          director: film.director,
          distributor: film.distributor,
          mpaa_rating: film.mpaaRating,
          budget: film.budget,
          worldwide_gross: film.worldwideGross,
          imdb_rating: film.imdbRating,
          imdb_votes: film.imdbVotes,
        });
      },
    }),
  ],
});
