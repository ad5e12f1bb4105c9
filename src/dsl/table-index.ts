import { own } from '../kernel/own.ts';
import type { IndexForm, Index as ModelIndex, Table as ModelTable } from '../model/schema.ts';
import { columnOf } from './alter.ts';
import type { Columns } from './cql-type.ts';
import { mistake, type Properties, propertiesOf, shown, textOf } from './mistake.ts';
import { nameOf } from './name.ts';
import { originOf, withOrigin } from './origin.ts';
import type { Table } from './table-type.ts';

/** An index on one column of a table. */
export interface Index<N extends string = string> {
  readonly kind: 'index';
  readonly name: N;
  readonly table: string;
  readonly column: string;
}
/** Options of a StorageAttachedIndex. */
export interface SaiOptions {
  readonly caseSensitive?: boolean;
  readonly normalize?: boolean;
  readonly ascii?: boolean;
  /** For vectors. */
  readonly similarityFunction?: 'cosine' | 'dot_product' | 'euclidean';
  /** For vectors: 1 to 512. */
  readonly maximumNodeConnections?: number;
  /** For vectors: 1 to 3200. */
  readonly constructionBeamWidth?: number;
  /** For vectors. */
  readonly optimizeFor?: 'latency' | 'recall';
  /** A Lucene analyzer; only DSE and Astra have them. */
  readonly indexAnalyzer?: string;
  readonly queryAnalyzer?: string;
  /** The model that made the vectors; only Astra and DSE know it. */
  readonly sourceModel?: string;
}

/** What of a column can be indexed: collections have a choice. */
export type FormOf<T> = T extends { readonly kind: 'map' }
  ? 'keys' | 'values' | 'entries'
  : T extends { readonly kind: 'set' | 'list' }
    ? 'values'
    : T extends { readonly kind: 'frozen'; readonly of: { readonly kind: 'map' | 'set' | 'list' } }
      ? 'full'
      : T extends { readonly kind: 'static' | 'masked' | 'pii'; readonly of: infer I }
        ? FormOf<I>
        : never;

type Using =
  | { readonly using?: 'secondary'; readonly options?: never }
  | { readonly using: 'sai'; readonly options?: SaiOptions }
  /** The Java class of an index implementation, e.g. SASI. */
  | { readonly using: { readonly className: string }; readonly options?: { readonly [option: string]: string } };

type IndexableColumn<C> = {
  [X in keyof C]: C[X] extends { readonly kind: 'counter' | 'duration' } ? never : X;
}[keyof C] &
  string;

/**
 * An index. `using` is `secondary` (Cassandra's own, the default), `sai` (StorageAttachedIndex) or a Java class.
 * `form` says what of a collection is indexed; without it the values, or the whole of a frozen collection.
 *
 * @example
 * import { existing, index, migration, t } from 'cqlform';
 *
 * const movies = existing('movies', {
 *   columns: { id: t.uuid(), title: t.text(), ratings: t.map(t.text(), t.int()) },
 *   partitionKey: ['id'],
 * });
 *
 * export default migration({
 *   description: 'Find movies by title and by who rated them',
 *   schema: [
 *     index('movies_by_title', { on: movies, column: 'title', using: 'sai', options: { caseSensitive: false } }),
 *     index('movies_by_rater', { on: movies, column: 'ratings', form: 'keys' }),
 *   ],
 * });
 */
export function index<const N extends string, C extends Columns, const X extends IndexableColumn<C>>(
  name: N,
  definition: {
    readonly on: Table<string, C>;
    readonly column: X;
    readonly form?: FormOf<NoInfer<C>[X]>;
  } & Using,
): Index<N> {
  const subject = `index ${nameOf('an index', name)}`;
  const given = propertiesOf(subject, definition, ['on', 'column', 'form', 'using', 'options']);
  const on = originOf(given['on']);
  if (on?.kind !== 'table') {
    throw mistake('INDEX_ON', {
      message: `${subject} stands on ${shown(given['on'])}`,
      next: 'Give `on` a table: `table(…)`, `alter(…)` or `existing(…)`.',
    });
  }
  const { table } = on;
  const column = columnOf(
    `table ${table.name}`,
    table.columns.map((one) => one.name),
    given['column'],
  );
  const object: ModelIndex = {
    kind: 'index',
    name,
    table: table.name,
    column,
    form: formOf(subject, table, { column, form: given['form'] }),
    ...usingOf(subject, given),
  };
  return withOrigin({ kind: 'index', name, table: table.name, column }, { kind: 'object', object, on });
}

function formOf(
  subject: string,
  table: ModelTable,
  given: { readonly column: string; readonly form: unknown },
): IndexForm {
  const possible = formsOf(subject, table, given.column);
  const form = given.form ?? possible[0];
  const found = possible.find((one) => one === form);
  if (found !== undefined) return found;
  throw mistake('INDEX_FORM', {
    message: `${subject} has the form ${shown(form)}, which ${given.column} of ${table.name} does not have`,
    next: `Leave \`form\` out, or give one of: ${possible.join(', ')}.`,
  });
}

/** The first is what is meant when none is said. */
function formsOf(subject: string, table: ModelTable, column: string): readonly IndexForm[] {
  const type = table.columns.find(({ name }) => name === column)?.type;
  if (type?.kind === 'scalar' && (type.name === 'counter' || type.name === 'duration')) {
    throw mistake('INDEX_TYPE', {
      message: `${subject} stands on ${column} of ${table.name}, a ${type.name}, which cannot be indexed`,
      next: 'Choose another column.',
    });
  }
  if (type?.kind !== 'list' && type?.kind !== 'set' && type?.kind !== 'map') return ['values'];
  if (type.frozen) return ['full'];
  return type.kind === 'map' ? ['values', 'keys', 'entries'] : ['values'];
}

const saiReaders: Readonly<Record<keyof SaiOptions, (value: unknown) => boolean>> = {
  caseSensitive: (value) => typeof value === 'boolean',
  normalize: (value) => typeof value === 'boolean',
  ascii: (value) => typeof value === 'boolean',
  similarityFunction: (value) => ['cosine', 'dot_product', 'euclidean'].includes(value as string),
  maximumNodeConnections: (value) => Number.isInteger(value),
  constructionBeamWidth: (value) => Number.isInteger(value),
  optimizeFor: (value) => value === 'latency' || value === 'recall',
  indexAnalyzer: (value) => typeof value === 'string',
  queryAnalyzer: (value) => typeof value === 'string',
  sourceModel: (value) => typeof value === 'string',
};

function usingOf(subject: string, { using, options }: Properties): Pick<ModelIndex, 'using' | 'options'> {
  if (using === undefined || using === 'secondary') {
    propertiesOf(`options of ${subject}`, options ?? {}, []);
    return { using: 'secondary', options: {} };
  }
  if (using === 'sai') return { using, options: saiOptions(subject, options ?? {}) };
  if (typeof using !== 'object') {
    throw mistake('INDEX_USING', {
      message: `${subject} uses ${shown(using)}`,
      next: "Give 'secondary', 'sai' or `{ className: '…' }`.",
    });
  }
  const { className } = propertiesOf(`using of ${subject}`, using, ['className']);
  const entries = Object.entries(propertiesOf(`options of ${subject}`, options ?? {}, Object.keys(options ?? {})));
  return {
    using: { className: textOf(`className of ${subject}`, className) },
    options: Object.fromEntries(entries.map(([name, value]) => [name, textOf(`option ${name} of ${subject}`, value)])),
  };
}

function saiOptions(subject: string, given: unknown): Readonly<Record<string, string>> {
  const readers: Readonly<Record<string, (value: unknown) => boolean>> = saiReaders;
  const options = Object.entries(propertiesOf(`options of ${subject}`, given, Object.keys(readers)));
  return Object.fromEntries(
    options.flatMap(([name, value]) => {
      if (value === undefined) return [];
      if (own(readers, name)?.(value) !== true) {
        throw mistake('OPTION_INVALID', {
          message: `${name} of ${subject} is ${shown(value)}`,
          next: 'Give a value of the type that the option has.',
          fields: { option: name },
        });
      }
      return [[name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), String(value)]];
    }),
  );
}
