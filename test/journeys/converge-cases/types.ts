import type { Convergence } from '../converge.ts';
import { file } from './sources.ts';

/** User-defined types, with the tables that use them. */
export const types: Readonly<Record<string, Convergence>> = {
  'change user-defined types': {
    from: [
      file(
        `const street = udt('street', { name: t.text() });
const place = udt('spot', { at: t.frozen(street), zip: t.text() });
const homes = table('homes', { columns: { id: t.int(), home: t.frozen(place), former: t.list(t.frozen(place)) }, partitionKey: ['id'] });`,
        'schema: [street, place, homes]',
      ),
    ],
    rows: [
      `INSERT INTO $ks.homes (id, home, former) VALUES (1, {at: {name: 'High St'}, zip: '1'}, [{at: null, zip: '2'}])`,
    ],
    to: [
      file(
        `const street = udt('street', { name: t.text() });
const place = udt('spot', { at: t.frozen(street), zip: t.text() });`,
        `schema: [alterType(place, { rename: { zip: 'postcode' } }), alterType(street, { rename: { name: 'title' } }), udt('unused', { a: t.int(), "select": t.text() })]`,
      ),
    ],
  },

  'add a field to a type': {
    from: [
      file(
        `const place = udt('grown', { zip: t.text() });
const homes = table('grown_homes', { columns: { id: t.int(), home: t.frozen(place) }, partitionKey: ['id'] });`,
        'schema: [place, homes]',
      ),
    ],
    rows: [`INSERT INTO $ks.grown_homes (id, home) VALUES (1, {zip: '1'})`],
    to: [
      file(
        `const place = udt('grown', { zip: t.text() });`,
        'schema: [alterType(place, { add: { country: t.text() } })]',
      ),
    ],
    noWayBack: 'IRREVERSIBLE',
  },

  'drop a type with its table': {
    from: [
      file(
        `const place = udt('lost_place', { zip: t.text() });
const homes = table('lost_homes', { columns: { id: t.int(), home: place }, partitionKey: ['id'] });`,
        'schema: [place, homes]',
      ),
    ],
    rows: [`INSERT INTO $ks.lost_homes (id, home) VALUES (1, {zip: '1'})`],
    to: [
      file(
        `const place = udt('lost_place', { zip: t.text() });
const homes = existing('lost_homes', { columns: { id: t.int() }, partitionKey: ['id'] });`,
        'schema: [drop(homes), drop(place)]',
      ),
    ],
  },
};
