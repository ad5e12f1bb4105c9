import type { Convergence } from '../converge.ts';
import { file } from './sources.ts';

const kind = `const kind = udt('valueOf', { toString: t.text(), ['__proto__']: t.int(), hasOwnProperty: t.int() });`;

/** Names that every JavaScript object inherits, which a look-up in a plain object would find. */
export const names: Readonly<Record<string, Convergence>> = {
  'use the names that every object has': {
    from: [
      file(
        `${kind}
const results = table('constructor', {
  columns: { toString: t.int(), constructor: t.int(), ['__proto__']: t.text(), valueOf: kind, points: t.int() },
  partitionKey: ['toString'], clusteringKey: ['constructor'],
});
const plus = fn('toString', { arguments: { constructor: t.int(), ['__proto__']: t.int() }, returns: t.int(), language: 'java', body: 'return constructor;' });`,
        `schema: [kind, results, plus, index('constructor', { on: results, column: '__proto__' })]`,
      ),
    ],
    rows: [
      `INSERT INTO $ks.constructor ("toString", constructor, "__proto__", "valueOf", points) VALUES (1, 2, 'p', {"toString": 't', "__proto__": 5, "hasOwnProperty": 6}, 7)`,
      `INSERT INTO $ks.constructor ("toString", constructor, "__proto__") VALUES (1, 3, 'q')`,
    ],
    to: [
      file(
        `const results = existing('constructor', {
  columns: { toString: t.int(), constructor: t.int(), ['__proto__']: t.text(), points: t.int() },
  partitionKey: ['toString'], clusteringKey: ['constructor'],
});
const copied = table('__proto__', {
  columns: { constructor: t.int(), ['__proto__']: t.text(), isPrototypeOf: t.int() }, partitionKey: ['constructor'],
});`,
        `schema: [alter(results, { rename: { constructor: 'valueOf2' }, add: { toLocaleString: t.int() } }), copied],
        data: [copy({ from: results, into: copied, columns: { isPrototypeOf: ({ ['__proto__']: text }) => text === 'p' ? 1 : 2 } })]`,
      ),
      file(kind, `schema: [alterType(kind, { rename: { ['__proto__']: 'proto' } })]`),
    ],
    reads: {
      'SELECT constructor, "__proto__" AS text, "isPrototypeOf" AS one FROM $ks."__proto__"': [
        { constructor: 2, text: 'p', one: 1 },
        { constructor: 3, text: 'q', one: 2 },
      ],
    },
  },
};
