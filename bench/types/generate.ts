import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * Type-check time of a large project: 300 tables in 700 migration files, as teams write them (creations, alters with
 * backfills, copies and transforms with `existing` blocks). Run: `node bench/types/generate.ts [--keep]`.
 * Prints the seconds of each of three runs of the project's own tsc; fails when the fastest takes 5 s or more.
 */
const tables = 300;
const files = 700;
const limitSeconds = 5;

const types = ['text', 'int', 'bigint', 'boolean', 'timestamp', 'date', 'decimal', 'double', 'uuid', 'inet'];
const regular = (table: number, column: number): string => `t.${types[(table + column) % types.length]}()`;

/** The columns of a table, the key first; wide and narrow ones in turn. */
function columnsOf(table: number): readonly string[] {
  const plain = Array.from({ length: 5 + (table % 8) }, (_, column) => `    c${column}: ${regular(table, column)},`);
  const tags = [
    '    tags: t.set(t.text()),',
    '    scores: t.map(t.text(), t.int()),',
    '    home: t.frozen(t.list(t.int())),',
  ];
  return ['    id: t.uuid(),', '    at: t.timestamp(),', ...plain, tags[table % 3] ?? ''];
}

function declaration(verb: 'table' | 'existing', table: number): string {
  const options =
    verb === 'table' && table % 4 === 0 ? `\n  options: { comment: 'Table ${table}', gcGraceSeconds: 3600 },` : '';
  return `const t${table} = ${verb}('table_${table}', {
  columns: {
${columnsOf(table).join('\n')}
  },
  partitionKey: ['id'],
  clusteringKey: [desc('at')],${options}
});`;
}

const creation = (table: number): string => `import { desc, migration, t, table } from 'cqlform';

${declaration('table', table)}

export default migration({ description: 'Create table ${table}', schema: [t${table}] });
`;

const change = (table: number): string => `import { alter, backfill, desc, existing, migration, t } from 'cqlform';

${declaration('existing', table)}
const changed = alter(t${table}, { add: { note: t.text(), points: t.int() }, drop: ['c0'], rename: { c1: 'first' } });

export default migration({
  description: 'Change table ${table}',
  schema: [changed],
  data: [
    backfill({
      from: t${table},
      into: changed,
      columns: { note: (row) => \`\${row.c0} \${row.c1}\`, points: (row) => (row.c2 === null ? null : 1) },
    }),
  ],
});
`;

const fanOut = (
  table: number,
): string => `import { copy, desc, existing, migration, reject, t, transform } from 'cqlform';

${declaration('existing', table)}
${declaration('existing', table + types.length)}

export default migration({
  description: 'Fan table ${table} out',
  data: [
    transform({
      from: t${table},
      into: t${table + types.length},
      rows: (row, out) => {
        if (row.c0 === null) return reject('nothing to say');
        out.emit({ id: row.id, at: row.at, c0: row.c0, c1: row.c1 });
        out.emit({ id: row.id, at: new Date(row.at.getTime() + 1), c2: row.c2 });
      },
    }),
    copy({ from: t${table}, into: t${table + types.length}, columns: { c3: (row) => row.c3, c4: 'c4' } }),
  ],
});
`;

function migrationText(file: number): string {
  if (file < tables) return creation(file);
  const table = (file * 7) % (tables - types.length);
  return file % 2 === 0 ? change(table) : fanOut(table);
}

function write(folder: string): void {
  const source = join(import.meta.dirname, '../../src');
  mkdirSync(join(folder, 'migrations'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
  const config = {
    compilerOptions: {
      target: 'es2024',
      lib: ['es2024'],
      module: 'nodenext',
      types: ['node'],
      typeRoots: [join(import.meta.dirname, '../../node_modules/@types')],
      paths: { cqlform: [join(source, 'index.ts')] },
      allowImportingTsExtensions: true,
      noEmit: true,
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: true,
    },
    include: ['migrations'],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config, null, 2));
  for (let file = 0; file < files; file += 1) {
    const time = String(20260101000000 + file);
    writeFileSync(join(folder, 'migrations', `${time}_file_${file}.ts`), migrationText(file));
  }
}

/** Seconds of one run of tsc; its output and an exit when it finds an error. */
function timed(folder: string): number {
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  const start = performance.now();
  const run = spawnSync(process.execPath, [tsc, '-p', join(folder, 'tsconfig.json')], { encoding: 'utf8' });
  if (run.status !== 0) {
    console.error(run.stdout.slice(0, 4000) + run.stderr);
    process.exit(1);
  }
  return (performance.now() - start) / 1000;
}

const folder = mkdtempSync(join(tmpdir(), 'cqlform-types-'));
write(folder);
const seconds = [timed(folder), timed(folder), timed(folder)];
const best = Math.min(...seconds);
console.log(`${tables} tables in ${files} files: ${seconds.map((one) => `${one.toFixed(2)} s`).join(', ')}`);
if (process.argv.includes('--keep')) console.log(folder);
else rmSync(folder, { recursive: true });
if (best >= limitSeconds) {
  console.error(`over the limit of ${limitSeconds} s`);
  process.exit(1);
}
