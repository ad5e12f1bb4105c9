import type { Declaration } from '../model/migration.ts';
import type { SchemaObject } from '../model/schema.ts';
import { signatureOf } from '../model/signature.ts';
import { mistake, shown } from './mistake.ts';
import { type Origin, originOf, type TableOrigin, type TypeOrigin } from './origin.ts';

/** What can be altered, and so can follow upon another. */
type Alterable = TableOrigin | TypeOrigin;

/** The declarations of one `schema` list, in order, each change of a chain once. */
export class SchemaList {
  readonly declarations: Declaration[] = [];
  /** Tables that stand in the list themselves or whose change is part of a chain that does. */
  readonly #declared = new Set<Alterable>();
  /** By namespace and name: the last state of what is created or altered here; null for what cannot be altered. */
  readonly #latest = new Map<string, Alterable | null>();
  readonly #id: string;
  readonly #origins: readonly Origin[];

  constructor(id: string, list: readonly unknown[]) {
    this.#id = id;
    this.#origins = list.map((entry, index) => this.#originOf(entry, index));
    for (const origin of this.#origins) this.#declare(origin);
  }

  get origins(): readonly Origin[] {
    return this.#origins;
  }

  /** True when this migration makes the table or type what it is. */
  has(origin: Alterable): boolean {
    return this.#declared.has(origin);
  }

  #originOf(entry: unknown, index: number): Origin {
    const origin = originOf(entry);
    if (origin !== undefined) return origin;
    throw mistake('NOT_DECLARED', {
      message: `entry ${index + 1} of schema of ${this.#id} is ${shown(entry)}, which none of our functions made`,
      next: 'List what `table`, `alter`, `drop`, `udt`, `index`, … return, as it is: a copy made by spreading does not count.',
      fields: { migration: this.#id, entry: index + 1 },
    });
  }

  #declare(origin: Origin): void {
    switch (origin.kind) {
      case 'table':
        if (origin.how !== 'existing') {
          this.#table(origin);
          return;
        }
        throw this.#mistake('EXISTING_IN_SCHEMA', {
          message: `table ${origin.table.name} is declared with existing() and stands in schema`,
          next: 'Take it out: it is found by itself. To change it, list `alter(…)`; to create it, declare it with `table(…)`.',
        });
      case 'type':
        this.#type(origin);
        return;
      case 'object':
        this.#claim(spaceOf(origin.object), null);
        this.declarations.push({ kind: 'create', object: origin.object });
        return;
      case 'drop':
        this.#claim(`${space[origin.drop.of]} ${origin.drop.name}`, null);
        this.declarations.push(origin.drop);
        return;
      case 'keyspace':
        this.#claim('keyspace', null);
        this.declarations.push(origin.declaration);
        return;
      case 'data':
      case 'source':
      case 'cluster-table':
      case 'migration':
        throw this.#mistake('NOT_IN_SCHEMA_LIST', {
          message: `a ${origin.kind === 'cluster-table' ? 'table of another cluster' : origin.kind} stands in schema`,
          next: origin.kind === 'data' ? 'Move it to `data`.' : 'Take it out.',
        });
    }
  }

  #table(origin: TableOrigin): void {
    if (this.#declared.has(origin) || origin.how === 'existing') return;
    if (origin.how === 'created') {
      this.#claim(spaceOf(origin.table), origin);
      this.declarations.push({ kind: 'create', object: origin.table });
    } else {
      // A table that is made and altered in one file is made first, whatever the order in the list.
      if (origin.base.how === 'altered' || this.#origins.includes(origin.base)) this.#table(origin.base);
      this.#follow(spaceOf(origin.table), origin.base, origin);
      this.declarations.push(origin.delta);
    }
    this.#declared.add(origin);
  }

  #type(origin: TypeOrigin): void {
    if (this.#declared.has(origin)) return;
    const { type, alters } = origin;
    if (alters === null) {
      this.#claim(spaceOf(type), origin);
      this.declarations.push({ kind: 'create', object: type });
    } else {
      if (alters.base.alters !== null || this.#origins.includes(alters.base)) this.#type(alters.base);
      this.#follow(spaceOf(type), alters.base, origin);
      this.declarations.push(alters.delta);
    }
    this.#declared.add(origin);
  }

  #claim(name: string, state: Alterable | null): void {
    if (!this.#latest.has(name)) {
      this.#latest.set(name, state);
      return;
    }
    throw this.#mistake('DECLARED_TWICE', {
      message: `${name} stands twice in schema`,
      next: 'Say once what becomes of it; to drop an object and make another of its name, use two migrations.',
    });
  }

  #follow(name: string, base: Alterable, state: Alterable): void {
    const latest = this.#latest.get(name);
    if (latest === undefined || latest === base) {
      this.#latest.set(name, state);
      return;
    }
    throw this.#mistake(latest === null ? 'DECLARED_TWICE' : 'ALTERS_FORK', {
      message: `${name} is changed twice in schema, and neither change follows the other`,
      next: 'Alter the result of the first alter, or make it one.',
    });
  }

  #mistake(code: string, what: { readonly message: string; readonly next: string }): Error {
    return mistake(code, { ...what, message: `${this.#id}: ${what.message}`, fields: { migration: this.#id } });
  }
}

/** Kinds whose names must differ from each other share a space. */
const space = {
  table: 'table',
  view: 'table',
  type: 'type',
  index: 'index',
  function: 'function',
  aggregate: 'function',
} as const satisfies Record<SchemaObject['kind'], string>;

function spaceOf(object: SchemaObject): string {
  switch (object.kind) {
    case 'function':
    case 'aggregate':
      return `function ${signatureOf(object)}`;
    default:
      return `${space[object.kind]} ${object.name}`;
  }
}
