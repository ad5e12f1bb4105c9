import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { json } from '../../src/files.ts';
import { desc, reject, t, table, to, transform } from '../../src/index.ts';
import { type CopyFixture, copyFixture } from './copy-fixture.ts';

const moviesJson = join(import.meta.dirname, '../../node_modules/vega-datasets/data/movies.json');

const source = json.file('movies.json', {
  columns: {
    title: json.any(),
    released: json.text(),
    genre: json.text(),
    director: json.text(),
    gross: json.bigint(),
    rating: json.decimal(),
  },
  fields: {
    title: 'Title',
    released: 'Release Date',
    genre: 'Major Genre',
    director: 'Director',
    gross: 'Worldwide Gross',
    rating: 'IMDB Rating',
  },
});

const movies = table('movies', {
  columns: {
    id: t.uuid(),
    title: t.text(),
    released: t.date(),
    genre: t.text(),
    director: t.text(),
    gross: t.bigint(),
    rating: t.decimal(),
  },
  partitionKey: ['id'],
});

const moviesByGenre = table('movies_by_genre', {
  columns: { genre: t.text(), released: t.date(), id: t.uuid(), title: t.text() },
  partitionKey: ['genre'],
  clusteringKey: [desc('released'), 'id'],
});

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const namespace = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';

const load = transform({
  from: source,
  into: movies,
  maxRejects: 1,
  rows: ({ title, released, genre, director, gross, rating }, out) => {
    if (title === null) return reject('no title');
    const [month = '', day = '', year = ''] = (released ?? '').split(' ');
    const date = to.date(`${year}-${String(months.indexOf(month) + 1).padStart(2, '0')}-${day}`);
    const name = String(title);
    out.emit({
      id: to.uuidV5(namespace, `${name} ${date}`),
      title: name,
      released: date,
      genre,
      director,
      gross,
      rating,
    });
    return undefined;
  },
});

const fanOut = transform({
  from: movies,
  into: moviesByGenre,
  rows: ({ id, title, released, genre }, out) => {
    if (released === null) return reject('no release date');
    if (genre !== null) out.emit({ genre, released, id, title });
    out.emit({ genre: 'any', released, id, title });
    return undefined;
  },
});

interface Movie {
  readonly Title: string | number | null;
  readonly 'Release Date': string;
  readonly 'Major Genre': string | null;
}

describe('the movies of vega-datasets', () => {
  let fixture: CopyFixture;
  let raw: readonly Movie[];
  beforeAll(async () => {
    fixture = await copyFixture('copy_movies');
    await fixture.create(movies, moviesByGenre);
    await copyFile(moviesJson, join(fixture.folder, 'movies.json'));
    raw = JSON.parse(await readFile(moviesJson, 'utf8'));
  });
  afterAll(() => fixture.close());

  it('load as they come, with mixed types and holes', async () => {
    const { result, progress } = await fixture.run(load);
    const distinct = new Set(
      raw.filter((one) => one.Title !== null).map((one) => `${one.Title} ${one['Release Date']}`),
    );
    expect(result).toMatchObject({ read: 3201, transformed: 3200, skipped: 0, rejected: 1, written: 3200 });
    expect(result.collisions).toBe(3200 - distinct.size);
    const [count] = await fixture.query('SELECT count(*) AS n FROM KS.movies');
    expect(Number(count?.['n'])).toBe(distinct.size);
    expect(await fixture.rejects()).toEqual([
      expect.objectContaining({ reason: 'no title', place: expect.stringMatching(/^movies\.json#\d+$/) }),
    ]);
    expect(progress.at(-1)).toMatchObject({ unit: 'rows', done: 3201, total: null, bytes: expect.any(Number) });
  });

  it('fan out by genre, each row counted', async () => {
    const { result } = await fixture.run(fanOut);
    const [count] = await fixture.query('SELECT count(*) AS n FROM KS.movies_by_genre');
    const [withGenre] = await fixture.query('SELECT count(genre) AS n FROM KS.movies');
    const [all] = await fixture.query('SELECT count(*) AS n FROM KS.movies');
    expect(result).toMatchObject({ read: Number(all?.['n']), rejected: 0, collisions: 0, rejectsFile: null });
    expect(result.written).toBe(Number(all?.['n']) + Number(withGenre?.['n']));
    expect(Number(count?.['n'])).toBe(result.written);
    const rows = await fixture.query("SELECT title FROM KS.movies_by_genre WHERE genre = 'Western' LIMIT 3");
    expect(rows).toHaveLength(3);
  });
});
