import type { Schema, SchemaObject } from '../../model/schema.ts';
import { keyOf } from '../../planner/names.ts';
import { typesInOrder } from '../../planner/references.ts';
import { imported, Names, pascal } from './names.ts';
import { objectSource } from './object.ts';

/** Objects in the order in which they can be declared: what others stand on first, then by name. */
export function declarationOrder(schema: Schema): readonly SchemaObject[] {
  const byKey = (room: Readonly<Record<string, SchemaObject>>): SchemaObject[] =>
    Object.entries(room)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, one]) => one);
  return [
    ...typesInOrder(schema),
    ...byKey(schema.tables),
    ...byKey(schema.indexes),
    ...byKey(schema.views),
    ...byKey(schema.functions),
    ...byKey(schema.aggregates),
  ];
}

/** `import { t, table } from 'cqlform';`, with just the names that the source uses. */
export function importLine(source: string): string {
  const values = imported
    .filter((name) => new RegExp(`(?<![\\w.'$])${name}(?=[.(<])`).test(source))
    .sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
  const names = values.map((name) => (name === 'RowOf' || name === 'InsertOf' ? `type ${name}` : name));
  return `import { ${names.join(', ')} } from 'cqlform';`;
}

/** The text of `migrations/schema.ts`: the whole state, for people to read and applications to import. */
export function schemaFileSource(schema: Schema): string {
  const names = new Names();
  const objects = declarationOrder(schema);
  for (const one of objects) names.of(one.kind, keyOf(one));
  const sources = objects.map((one) => `export ${objectSource(one, names)}`);
  const rows = Object.values(schema.tables)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name }) => {
      const constant = names.of('table', name);
      return `export type ${pascal(constant)}Row = RowOf<typeof ${constant}>;`;
    });
  const body = [...sources, ...(rows.length === 0 ? [] : [rows.join('\n')])].join('\n\n');
  const head = '// The keyspace as the migrations make it. Written by `cqlform check --fix`: do not edit.';
  if (objects.length === 0) return `${head}\nexport {};\n`;
  return `${head}\n${importLine(body)}\n\n${body}\n`;
}
