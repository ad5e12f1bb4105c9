import { canonicalJson } from '../../src/kernel/hash.ts';
import { match } from '../../src/kernel/match.ts';
import { own } from '../../src/kernel/own.ts';
import type { Ddl } from '../../src/model/ddl.ts';
import type { Column, Schema, Table } from '../../src/model/schema.ts';

/**
 * A keyspace that only runs statements, written without the planner's own code, and refuses what Cassandra refuses:
 * names that are taken or missing, columns under an index, any column drop under a view, key columns, types in use.
 */
export class Keyspace {
  readonly objects = new Map<string, unknown>();

  constructor(start: Schema) {
    for (const part of ['types', 'tables', 'indexes', 'views', 'functions', 'aggregates'] as const)
      for (const [name, object] of Object.entries(start[part])) this.objects.set(`${part} ${name}`, object);
  }

  /** Objects by kind and name, as canonical JSON, columns sorted: equal keyspaces give equal values. */
  content(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      [...this.objects].map(([name, object]) => [name, canonicalJson(sortedColumns(object))] as const).sort(),
    );
  }

  run(ddl: Ddl): void {
    match(ddl, {
      'create-keyspace': () => undefined,
      'alter-keyspace': () => undefined,
      'create-type': ({ type }) => this.put('types', type.name, type),
      'add-field': ({ type, field }) =>
        this.put('types', type, { ...this.type(type), fields: [...this.type(type).fields, field] }, true),
      'rename-fields': ({ type, renames }) =>
        this.put(
          'types',
          type,
          {
            ...this.type(type),
            fields: this.type(type).fields.map((one) => ({ ...one, name: own(renames, one.name) ?? one.name })),
          },
          true,
        ),
      'drop-type': ({ name }) => {
        const text = `"name":${JSON.stringify(name)}`;
        for (const [key, object] of this.objects)
          if (
            key !== `types ${name}` &&
            new RegExp(`"kind":"udt",${text}|"frozen":(true|false),"kind":"udt",${text}`).test(canonicalJson(object))
          )
            throw new Error(`type ${name} is used by ${key}`);
        this.remove('types', name);
      },
      'create-table': (one) => this.put('tables', one.table.name, one.table),
      'add-columns': (one) => {
        const on = this.table(one.table);
        for (const { name } of one.columns)
          if (on.columns.some((column) => column.name === name)) throw new Error(`${name} is there`);
        this.put('tables', on.name, { ...on, columns: [...on.columns, ...one.columns] }, true);
      },
      'drop-columns': (one) => this.dropColumns(one.table, one.columns),
      'rename-columns': (one) => this.renameColumns(one.table, one.renames),
      'alter-options': ({ of, name, options }) => {
        const part = of === 'table' ? 'tables' : 'views';
        const object = this.objects.get(`${part} ${name}`) as Table | undefined;
        if (object === undefined) throw new Error(`${name} is missing`);
        this.put(part, name, { ...object, options: { ...object.options, ...options } }, true);
      },
      'drop-table': ({ name }) => {
        if (this.on('views', name).length > 0) throw new Error(`a view stands on ${name}`);
        for (const key of this.on('indexes', name)) this.objects.delete(key);
        this.remove('tables', name);
      },
      'create-index': (one) => {
        if (!this.table(one.index.table).columns.some((column) => column.name === one.index.column))
          throw new Error('no such column');
        this.put('indexes', one.index.name, one.index);
      },
      'drop-index': ({ name }) => this.remove('indexes', name),
      'create-view': (one) => {
        const on = this.table(one.view.table);
        for (const name of [...one.view.partitionKey, ...one.view.clusteringKey.map((part) => part.column)])
          if (!on.columns.some((column) => column.name === name)) throw new Error(`view: no column ${name}`);
        this.put('views', one.view.name, one.view);
      },
      'drop-view': ({ name }) => this.remove('views', name),
      'create-function': (one) => this.put('functions', one.function.name, one.function, one.replace),
      'drop-function': ({ signature }) => this.remove('functions', signature),
      'create-aggregate': (one) => this.put('aggregates', one.aggregate.name, one.aggregate, one.replace),
      'drop-aggregate': ({ signature }) => this.remove('aggregates', signature),
    });
  }

  private dropColumns(name: string, columns: readonly Column[]): void {
    const on = this.table(name);
    if (this.on('views', name).length > 0) throw new Error(`a view stands on ${name}`);
    for (const column of columns) {
      if (!on.columns.some((one) => one.name === column.name)) throw new Error(`${name}.${column.name} is missing`);
      if (on.partitionKey.includes(column.name) || on.clusteringKey.some((part) => part.column === column.name))
        throw new Error('key column');
      if (column.type.kind === 'udt' && !column.type.frozen) throw new Error('unfrozen type');
      for (const key of this.on('indexes', name))
        if ((this.objects.get(key) as { column: string }).column === column.name) throw new Error(`indexed by ${key}`);
    }
    const names = columns.map((column) => column.name);
    this.put('tables', name, { ...on, columns: on.columns.filter((column) => !names.includes(column.name)) }, true);
  }

  private renameColumns(name: string, renames: Readonly<Record<string, string>>): void {
    const on = this.table(name);
    const as = (old: string): string => own(renames, old) ?? old;
    for (const old of Object.keys(renames)) {
      if (!on.partitionKey.includes(old) && !on.clusteringKey.some((part) => part.column === old))
        throw new Error(`${old} is no key column`);
      for (const key of this.on('indexes', name))
        if ((this.objects.get(key) as { column: string }).column === old) throw new Error(`indexed by ${key}`);
    }
    const rekeyed = (object: Table): Table => ({
      ...object,
      partitionKey: object.partitionKey.map(as),
      clusteringKey: object.clusteringKey.map((part) => ({ ...part, column: as(part.column) })),
    });
    this.put(
      'tables',
      name,
      { ...rekeyed(on), columns: on.columns.map((column) => ({ ...column, name: as(column.name) })) },
      true,
    );
    for (const key of this.on('views', name)) {
      const { where, ...view } = this.objects.get(key) as Table & { where: string };
      this.objects.set(key, { ...rekeyed(view as Table), where: where.split(' ').map(as).join(' ') });
    }
  }

  private on(part: string, table: string): string[] {
    return [...this.objects]
      .filter(([key, object]) => key.startsWith(`${part} `) && (object as { table: string }).table === table)
      .map(([key]) => key);
  }

  private table(name: string): Table {
    const found = this.objects.get(`tables ${name}`);
    if (found === undefined) throw new Error(`table ${name} is missing`);
    return found as Table;
  }

  private type(name: string): Schema['types'][string] {
    const found = this.objects.get(`types ${name}`);
    if (found === undefined) throw new Error(`type ${name} is missing`);
    return found as Schema['types'][string];
  }

  private put(part: string, name: string, object: unknown, replace = false): void {
    const key = `${part} ${name}`;
    if (!replace && this.objects.has(key)) throw new Error(`${key} is there already`);
    this.objects.set(key, object);
  }

  private remove(part: string, name: string): void {
    if (!this.objects.delete(`${part} ${name}`)) throw new Error(`${part} ${name} is missing`);
  }
}

function sortedColumns(object: unknown): unknown {
  const columns = (object as Partial<Table>).columns;
  if (!Array.isArray(columns)) return object;
  return {
    ...(object as Table),
    columns: columns.toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b))),
  };
}
