import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { splitStatements } from '../../src/cql/lexer.ts';
import { parseType } from '../../src/cql/type-text.ts';
import { canonicalWhere } from '../../src/cql/where.ts';
import { typeText } from '../../src/model/type-text.ts';
import { testKeyspace } from './node.ts';

const folder = join(import.meta.dirname, '../corpus');

describe('a schema of a public project', () => {
  it.each(readdirSync(folder).filter((file) => file.endsWith('.cql')))(
    '%s: every statement runs, every type and view is read as it is stated',
    async (file) => {
      await using node = await testKeyspace(`cqlform_cql_${file.replace('.cql', '').replace(/\W/g, '_')}`);
      const statements = splitStatements(readFileSync(join(folder, file), 'utf8'));
      await node.run(`USE ${node.name}`);
      for (const { text } of statements) await node.run(text);
      const columns = await node.run(`SELECT type FROM system_schema.columns WHERE keyspace_name = '${node.name}'`);
      expect(columns.length).toBeGreaterThan(10);
      for (const { type } of columns.map((row) => ({ type: String(row['type']) })))
        expect(typeText(parseType(type))).toBe(type);
      const views = await node.run(`SELECT where_clause FROM system_schema.views WHERE keyspace_name = '${node.name}'`);
      for (const { where_clause: where } of views) expect(canonicalWhere(String(where))).toBe(where);
    },
    180_000,
  );
});
