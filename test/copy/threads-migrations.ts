import { t, udt } from '../../src/index.ts';

/** Migrations that a thread loads, as text. */

const placeType = udt('place', { street: t.text(), zip: t.int() });
export const everything = {
  place: placeType,
  columns: {
    id: t.int(),
    ascii: t.ascii(),
    bigint: t.bigint(),
    blob: t.blob(),
    boolean: t.boolean(),
    date: t.date(),
    decimal: t.decimal(),
    double: t.double(),
    duration: t.duration(),
    float: t.float(),
    inet: t.inet(),
    int: t.int(),
    smallint: t.smallint(),
    text: t.text(),
    time: t.time(),
    timestamp: t.timestamp(),
    timeuuid: t.timeuuid(),
    tinyint: t.tinyint(),
    uuid: t.uuid(),
    varint: t.varint(),
    list: t.list(t.int()),
    set: t.set(t.text()),
    map: t.map(t.text(), t.bigint()),
    udt: placeType,
    frozen: t.frozen(t.list(t.set(t.int()))),
    tuple: t.tuple(t.int(), t.text()),
    vector: t.vector(3),
  },
};

const head = `import { copy, existing, migration, privacy, reject, skip, t, to, transform } from 'cqlform';
import { ndjson } from 'cqlform/files';

const lines = ndjson.file('lines.ndjson', { columns: { id: ndjson.int(), text: ndjson.text() }, required: ['id', 'text'] });
const words = existing('words', {
  columns: { n: t.int(), part: t.int(), text: t.text(), list: t.list(t.text()) },
  partitionKey: ['n'],
  clusteringKey: ['part'],
});
`;

/** Skips, rejects of all kinds, several rows for one, keys that meet, a list; then a copy and a transform of the result. */
export const wordsSource: string = `${head}
import { loud } from './lib/loud.ts';
const copied = existing('copied', { columns: { n: t.int(), part: t.int(), loud: t.text() }, partitionKey: ['n', 'part'] });
const hashed = privacy.hash({ key: 'people' });

export default migration({
  description: 'Words',
  data: [
    transform({
      from: lines,
      into: words,
      maxRejects: 200,
      maxCollisions: '100%',
      rows: ({ id, text }, out) => {
        if (id % 50 === 0) return skip('not wanted');
        if (id % 50 === 1) return reject('odd ' + id);
        if (id % 50 === 2) to.int('x');
        if (id === 5) console.log('said by a function');
        out.emit({ n: id % 1000, part: 0, text: loud(hashed(text)) });
        out.emit({ n: id, part: id % 50 === 3 ? Number.NaN : 1, list: [text, 'end'] });
        return undefined;
      },
    }),
    copy({ from: words, into: copied, columns: { loud: ({ text, list }) => (text === null ? null : loud(text) + list.length) } }),
    transform({
      from: words,
      into: copied,
      maxRejects: 500,
      rows: ({ n, part, text }, out) => {
        if (n % 100 === 7) return reject('seven');
        out.emit({ n, part, loud: loud(text ?? '') });
        return undefined;
      },
    }),
  ],
});
`;
/** In TypeScript, so that its types have to be stripped in threads as well. */
export const loud = `export const loud = (text: string): string => text.toUpperCase() + '!';
`;

export const everyTypeSource: string = `import { copy, existing, migration, t, transform, udt } from 'cqlform';

const place = udt('place', { street: t.text(), zip: t.int() });
const columns = {
  id: t.int(), ascii: t.ascii(), bigint: t.bigint(), blob: t.blob(), boolean: t.boolean(), date: t.date(),
  decimal: t.decimal(), double: t.double(), duration: t.duration(), float: t.float(), inet: t.inet(), int: t.int(),
  smallint: t.smallint(), text: t.text(), time: t.time(), timestamp: t.timestamp(), timeuuid: t.timeuuid(),
  tinyint: t.tinyint(), uuid: t.uuid(), varint: t.varint(), list: t.list(t.int()), set: t.set(t.text()),
  map: t.map(t.text(), t.bigint()), udt: place, frozen: t.frozen(t.list(t.set(t.int()))),
  tuple: t.tuple(t.int(), t.text()), vector: t.vector(3),
};
const every = <const N extends string>(name: N) => existing(name, { columns, partitionKey: ['id'] });
const one = every('every_one');

export default migration({
  description: 'Every type',
  data: [
    transform({ from: one, into: every('every_emitted'), rows: (row, out) => out.emit(row) }),
    copy({ from: one, into: every('every_mapped'), columns: { int: ({ int }) => int, udt: ({ udt }) => udt } }),
  ],
});
`;

const failure = (
  body: string,
): string => `transform({ from: lines, into: words, maxRejects: 20, maxCollisions: '100%', rows: ({ id, text }, out) => {
  out.emit({ n: id, part: 1, text });
  ${body}
} })`;

/** Each ends in its own way at row 1200 of the file, except the fifth. */
export const failingSource: string = `${head}
const at = 1200;
function grow(kept: number[][]): number {
  kept.push(new Array(100_000).fill(kept.length));
  return 1 + grow(kept);
}
export default migration({
  description: 'Failures',
  data: [
    ${[
      'if (id === at) throw new TypeError("no such thing");',
      'if (id === at) out.emit({ n: 1, part: 1, colour: "red" } as never);',
      'if (id === at) return Promise.resolve() as never;',
      'if (id === at) process.exit(3);',
      'if (id > at) return reject("number " + id);',
      'if (id === at) for (;;);',
      'if (id === at) grow([]);',
    ]
      .map(failure)
      .join(',\n    ')}
  ],
});
`;
