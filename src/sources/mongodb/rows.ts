import type { Document } from 'mongodb';
import { own, setOwn } from '../../kernel/own.ts';
import type { ForeignSource, JsRow } from '../../model/data.ts';
import type { SourceRow } from '../../ports/source.ts';
import { Misfit } from '../files/misfit.ts';
import { type Strangers, strangerCheck } from '../files/strangers.ts';
import { jsonText, plainValue } from './bson.ts';
import { type ValueReader, valueReader } from './values.ts';

interface Column {
  readonly name: string;
  readonly field: string;
  readonly path: readonly string[];
  readonly required: boolean;
  readonly read: ValueReader;
}

/** A document as a row; its place is put together only when somebody asks. */
class DocumentRow implements SourceRow {
  readonly values: JsRow;
  readonly problem: string | null;
  readonly #collection: string;
  readonly #id: unknown;

  constructor(values: JsRow, problem: string | null, of: { readonly collection: string; readonly id: unknown }) {
    this.values = values;
    this.problem = problem;
    this.#collection = of.collection;
    this.#id = of.id;
  }

  get place(): string {
    return `${this.#collection}(_id=${jsonText(this.#id).replace(/^"(.*)"$/s, '$1')})`;
  }
}

/** Turns documents into rows of the declared columns. */
export class DocumentRows {
  readonly #collection: string;
  readonly #columns: readonly Column[];
  readonly #strangerIn: ((document: Document) => string | null) | null;

  constructor(declared: ForeignSource, strangers?: Strangers) {
    this.#collection = declared.place;
    this.#columns = Object.entries(declared.columns).map(([name, column]) => {
      const { field, required } = column;
      return { name, field, path: field.split('.'), required, read: valueReader(column) };
    });
    const outermost = this.#columns.flatMap(({ field, path }) => [field, ...path.slice(0, 1)]);
    this.#strangerIn = strangers === undefined ? null : strangerCheck(['_id', ...outermost], strangers);
  }

  row(document: Document): SourceRow {
    const values: Record<string, unknown> = {};
    const stranger = this.#strangerIn?.(document) ?? null;
    const problems: string[] = stranger === null ? [] : [stranger];
    for (const { name, field, path, required, read } of this.#columns) {
      const value = valueAt(document, field, path);
      if (value === null || value === undefined) {
        setOwn(values, name, null);
        if (required) problems.push(`${name}: is ${value === null ? 'null' : 'missing'}`);
        continue;
      }
      const found = read(value);
      if (found instanceof Misfit) problems.push(`${name}: ${found.reason}`);
      setOwn(values, name, found instanceof Misfit ? plainValue(value) : found);
    }
    const problem = problems.length === 0 ? null : problems.join('; ');
    return new DocumentRow(values, problem, { collection: this.#collection, id: document['_id'] });
  }

  /** The columns that a document has something for. */
  columnsIn(document: Document): readonly string[] {
    return this.#columns.flatMap(({ name, field, path }) =>
      valueAt(document, field, path) === undefined ? [] : [name],
    );
  }

  /** What has to be read; empty: whole documents, because a field has a name that no projection takes, or all are looked at. */
  get projection(): Document {
    if (this.#strangerIn !== null) return {};
    const paths = this.#columns.map(({ path }) => {
      const place = path.findIndex((part) => /^\d+$/.test(part));
      return place === -1 ? path : path.slice(0, place);
    });
    if (paths.some((path) => path.length === 0 || path.some((part) => part === '' || part.startsWith('$')))) return {};
    const names = new Set(paths.map((path) => path.join('.')));
    // A path inside another one that is asked for is refused by the server.
    const outermost = [...names].filter(
      (name) => ![...names].some((other) => other !== name && name.startsWith(`${other}.`)),
    );
    return Object.fromEntries([['_id', 1], ...outermost.map((name) => [name, 1] as const)]);
  }
}

/** Undefined: there is no such field. */
function valueAt(document: Document, field: string, path: readonly string[]): unknown {
  if (Object.hasOwn(document, field)) return own(document, field);
  let value: unknown = document;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || '_bsontype' in value || !Object.hasOwn(value, part)) return;
    value = own(value as Readonly<Record<string, unknown>>, part);
  }
  return value;
}
