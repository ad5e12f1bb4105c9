import { own } from '../../kernel/own.ts';
export type Impurity =
  | 'IMPURE_CLOCK'
  | 'IMPURE_RANDOM'
  | 'IMPURE_NETWORK'
  | 'IMPURE_FILES'
  | 'IMPURE_ENVIRONMENT'
  | 'IMPURE_STATE'
  | 'ASYNC_TRANSFORM';

/** What to do instead. */
export const remedies: Readonly<Record<Impurity, string>> = {
  IMPURE_CLOCK: 'Use `run.startedAt`, the last argument of the function: it is the same when a run goes on.',
  IMPURE_RANDOM: 'Derive the value from the row, e.g. `to.uuidV5(namespace, name)`.',
  IMPURE_NETWORK: 'Fetch the data first, and read it as a source (`json.file`, `csv.file`) or from lib/.',
  IMPURE_FILES: 'Read the file as a source (`json.file`, `csv.file`), or put its content into lib/ as a constant.',
  IMPURE_ENVIRONMENT: 'Write the value into the migration or lib/; for times use UTC, for texts name the locale.',
  IMPURE_STATE: 'Keep values inside the function: rows come in no certain order, in several pieces at once.',
  ASYNC_TRANSFORM: 'Make the function synchronous: everything it needs is in the row or in lib/.',
};

/** Names that JavaScript has everywhere. */
export const impureGlobals: Readonly<Record<string, Impurity>> = {
  performance: 'IMPURE_CLOCK',
  fetch: 'IMPURE_NETWORK',
  WebSocket: 'IMPURE_NETWORK',
  EventSource: 'IMPURE_NETWORK',
  XMLHttpRequest: 'IMPURE_NETWORK',
  BroadcastChannel: 'IMPURE_NETWORK',
  process: 'IMPURE_ENVIRONMENT',
  navigator: 'IMPURE_ENVIRONMENT',
  Deno: 'IMPURE_ENVIRONMENT',
  Bun: 'IMPURE_ENVIRONMENT',
  localStorage: 'IMPURE_STATE',
  sessionStorage: 'IMPURE_STATE',
  globalThis: 'IMPURE_STATE',
  global: 'IMPURE_STATE',
  eval: 'IMPURE_STATE',
  Function: 'IMPURE_STATE',
  Promise: 'ASYNC_TRANSFORM',
  setTimeout: 'ASYNC_TRANSFORM',
  setInterval: 'ASYNC_TRANSFORM',
  setImmediate: 'ASYNC_TRANSFORM',
  queueMicrotask: 'ASYNC_TRANSFORM',
};

/** Members of globals, `Date.now`. */
export const impureMembers: ReadonlyMap<string, Impurity> = new Map([
  ['Date.now', 'IMPURE_CLOCK'],
  ['Temporal.Now', 'IMPURE_CLOCK'],
  ['Math.random', 'IMPURE_RANDOM'],
  ['crypto.randomUUID', 'IMPURE_RANDOM'],
  ['crypto.getRandomValues', 'IMPURE_RANDOM'],
]);

/** Globals that are harmless or not by what is done with them. */
export const impureWhenUsed: Readonly<Record<string, Impurity>> = {
  Date: 'IMPURE_CLOCK',
  Math: 'IMPURE_RANDOM',
  crypto: 'IMPURE_RANDOM',
};

const anyName = /^/;
interface ModuleRule {
  readonly names: RegExp;
  readonly impurity: Impurity;
}
const whole = (impurity: Impurity): ModuleRule => ({ names: anyName, impurity });

/** Node's modules without their prefix, and packages that people use for the same ends. */
const impureModules: Readonly<Record<string, ModuleRule>> = {
  child_process: whole('IMPURE_ENVIRONMENT'),
  cluster: whole('IMPURE_ENVIRONMENT'),
  module: whole('IMPURE_ENVIRONMENT'),
  os: whole('IMPURE_ENVIRONMENT'),
  process: whole('IMPURE_ENVIRONMENT'),
  vm: whole('IMPURE_ENVIRONMENT'),
  worker_threads: whole('IMPURE_ENVIRONMENT'),
  fs: whole('IMPURE_FILES'),
  'fs/promises': whole('IMPURE_FILES'),
  sqlite: whole('IMPURE_FILES'),
  readline: whole('IMPURE_FILES'),
  dgram: whole('IMPURE_NETWORK'),
  dns: whole('IMPURE_NETWORK'),
  'dns/promises': whole('IMPURE_NETWORK'),
  http: whole('IMPURE_NETWORK'),
  http2: whole('IMPURE_NETWORK'),
  https: whole('IMPURE_NETWORK'),
  net: whole('IMPURE_NETWORK'),
  tls: whole('IMPURE_NETWORK'),
  perf_hooks: whole('IMPURE_CLOCK'),
  timers: whole('ASYNC_TRANSFORM'),
  'timers/promises': whole('ASYNC_TRANSFORM'),
  crypto: { names: /^(random|getRandomValues|generateKey|webcrypto|subtle)/, impurity: 'IMPURE_RANDOM' },
  axios: whole('IMPURE_NETWORK'),
  got: whole('IMPURE_NETWORK'),
  ky: whole('IMPURE_NETWORK'),
  mongodb: { names: /Client$/, impurity: 'IMPURE_NETWORK' },
  mysql2: whole('IMPURE_NETWORK'),
  'mysql2/promise': whole('IMPURE_NETWORK'),
  'node-fetch': whole('IMPURE_NETWORK'),
  pg: whole('IMPURE_NETWORK'),
  undici: whole('IMPURE_NETWORK'),
  ws: whole('IMPURE_NETWORK'),
  'cassandra-driver': { names: /Client$/, impurity: 'IMPURE_NETWORK' },
  '@faker-js/faker': whole('IMPURE_RANDOM'),
  '@paralleldrive/cuid2': whole('IMPURE_RANDOM'),
  nanoid: whole('IMPURE_RANDOM'),
  ulid: { names: /^(ulid|default|monotonicFactory)$/, impurity: 'IMPURE_RANDOM' },
  uuid: { names: /^v[1467]$/, impurity: 'IMPURE_RANDOM' },
};

/** The impurity of an export of a module; null when it is none that is known. */
export function impurityOfImport(module: string, name: string): Impurity | null {
  const bare = module.replace(/^node:/, '');
  const rule = own(impureModules, bare);
  return rule?.names.test(name) === true ? rule.impurity : null;
}

/** Methods that change what they are called on. */
export const mutating: ReadonlySet<string> = new Set(
  'push pop shift unshift splice sort reverse fill copyWithin set add delete clear append'.split(' '),
);

/** Methods of Date that answer in the machine's time zone. */
export const zoned = /^(get|set)(Date|Day|FullYear|Hours|Milliseconds|Minutes|Month|Seconds|Year)$|^getTimezoneOffset$/;
/** Methods that answer in the machine's language. */
export const localised = /^toLocale(Date|Time|Lower|Upper)?(String|Case)$|^localeCompare$/;
