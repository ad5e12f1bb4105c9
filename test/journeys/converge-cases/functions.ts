import type { Convergence } from '../converge.ts';
import { file } from './sources.ts';

/** Functions and aggregates. */
export const functions: Readonly<Record<string, Convergence>> = {
  'make, replace and drop functions': {
    from: [
      file(
        `const place = udt('fn_place', { lat: t.double() });
const plus = fn('plus', { arguments: { state: t.int(), value: t.int() }, returns: t.int(), language: 'java', body: 'return state + value;' });
const total = aggregate('total', { arguments: [t.int()], stateFunction: plus, stateType: t.int(), initialState: '0' });
const lat = fn('lat', { arguments: { p: t.frozen(place) }, returns: t.double(), language: 'java', body: 'return p.getDouble("lat");', calledOnNull: true });
const old = fn('old', { arguments: { words: t.list(t.text()), more: t.tuple(t.int(), t.text()) }, returns: t.int(), language: 'java', body: 'return 1;', calledOnNull: true });`,
        'schema: [place, plus, total, lat, old]',
      ),
    ],
    to: [
      file(
        `const place = udt('fn_place', { lat: t.double() });
const plus = fn('plus', { arguments: { state: t.int(), value: t.int() }, returns: t.int(), language: 'java', body: 'return state + 2 * value;' });
const total = aggregate('total', { arguments: [t.int()], stateFunction: plus, stateType: t.int(), initialState: '1' });
const twice = fn('twice', { arguments: { value: t.int() }, returns: t.int(), language: 'java', body: 'return 2 * value;' });
const max2 = aggregate('Count', { arguments: [t.int()], stateFunction: plus, stateType: t.int(), finalFunction: twice, initialState: '0' });
const lat = fn('lat', { arguments: { p: t.frozen(place) }, returns: t.double(), language: 'java', body: 'return 0.0;', calledOnNull: true });`,
        `schema: [plus, total, twice, max2, lat, drop({ kind: 'function', name: 'old', arguments: [t.list(t.text()), t.tuple(t.int(), t.text())] })]`,
      ),
    ],
  },

  'drop an aggregate and its function': {
    from: [
      file(
        `const add2 = fn('add2', { arguments: { state: t.int(), value: t.int() }, returns: t.int(), language: 'java', body: 'return state + value;' });
const sum2 = aggregate('sum2', { arguments: [t.int()], stateFunction: add2, stateType: t.int(), initialState: '0' });`,
        'schema: [add2, sum2]',
      ),
    ],
    to: [
      file(
        `const add2 = fn('add2', { arguments: { state: t.int(), value: t.int() }, returns: t.int(), language: 'java', body: 'return state + value;' });
const sum2 = aggregate('sum2', { arguments: [t.int()], stateFunction: add2, stateType: t.int(), initialState: '0' });`,
        'schema: [drop(sum2), drop(add2)]',
      ),
    ],
  },
};
