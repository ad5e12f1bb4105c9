import {
  conversions,
  type Domain,
  domainOfKind,
  scalarKinds,
  type Verdict,
  verdictOf,
} from '../../src/model/conversion.ts';

const marks: Readonly<Record<Verdict, string>> = {
  exact: '=',
  lossless: '+',
  function: 'f',
  lossy: '!',
  impossible: '',
};

/** The systems in the order of the page; kinds without a prefix are CQL's own. */
const systems = [
  ['CQL', ''],
  ['CSV files', 'csv'],
  ['JSON files', 'json'],
  ['Parquet files', 'parquet'],
  ['MongoDB', 'mongo'],
  ['MySQL and MariaDB', 'mysql'],
  ['PostgreSQL', 'postgres'],
  ['SQLite', 'sqlite'],
] as const;

/** docs/conversions.md, from the table in the code. */
export function page(): string {
  const header = ['from', ...scalarKinds];
  const lines = (Object.keys(conversions) as Domain[]).map((domain) =>
    [`\`${domain}\``, ...scalarKinds.map((target) => marks[verdictOf(domain, target)])].join(' | '),
  );
  const table = [header.join(' | '), header.map(() => '---').join(' | '), ...lines].map((line) => `| ${line} |`);
  return [opening, ...table, '', ...systems.flatMap(([title, prefix]) => section(title, prefix)), closing].join('\n');
}

function section(title: string, prefix: string): readonly string[] {
  const kinds = Object.entries(domainOfKind).filter(([kind]) =>
    prefix === '' ? !kind.includes('.') : kind.startsWith(`${prefix}.`),
  );
  const rows = kinds.map(
    ([kind, domain]) => `| \`${prefix === '' ? kind : kind.slice(prefix.length + 1)}\` | \`${domain}\` |`,
  );
  return [`## ${title}`, '', '| Type | Its values are |', '| --- | --- |', ...rows, ''];
}

const opening = `# Conversions

What becomes of a value whose column has one type in the source and another in the table. The same table decides what
compiles, what \`copy\` maps by itself, and what a plan says. This page is written from it by
\`node test/docs/conversions.ts > docs/conversions.md\`; a test compares them.

| Mark | Meaning | What happens |
| --- | --- | --- |
| \`=\` | exact: the same values | maps itself |
| \`+\` | lossless: every value has its place | maps itself, and the plan lists it |
| \`f\` | needs a function | \`columns: { total: (row) => to.int(row.total) }\`; a value that has no place rejects its row |
| \`!\` | lossy: digits, zones or days would be lost | the same: a function has to say how |
| (empty) | impossible | no function of cqlform makes one of the other |

Lossless conversions out of files and into \`ascii\` look at each value and reject the row where it does not fit, because
a file declares no sizes. No value is ever cut or rounded by itself.
`;

const closing = `## Types that hold others

- \`json\` and \`jsonb\` go into \`t.json()\` with their text as it is; into maps, sets, lists and user-defined types when
  their declared type fits, value by value.
- Arrays go into lists and sets whose element takes the array's element.
- Lists and maps of Parquet go into lists, sets and maps whose types take theirs, structures into user-defined types.
- MySQL's \`set\` goes into a \`set\` of texts.
- Ranges of PostgreSQL, and types that are not named here and read as text, need a function.

## Conversions for functions

| Function | From | To |
| --- | --- | --- |
| \`to.text\`, \`to.int\`, \`to.decimal\`, … | any value that has one | the type of that name, or the row is rejected |
| \`to.epoch(value, unit)\` | a count of \`s\`, \`ms\`, \`us\` or \`ns\` since 1970 | \`timestamp\` |
| \`to.localTimestamp(text, zone)\` | a day and a time without a zone | \`timestamp\` |
| \`to.dateOrNull(text)\` | a day, or one that stands for none (\`0000-00-00\`) | \`date\` or null |
| \`to.scaled(value, scale, rounding)\` | a number | \`decimal\` with that scale |
| \`to.uuidV5(namespace, name)\` | an id that is text | \`uuid\`, always the same one |
| \`to.oneOf(value, labels)\` | a label | what stands beside it |
| \`to.textMap(value)\` | a JSON object | \`map<text, text>\` |
| \`to.record(value, fields)\` | a JSON object | a user-defined type, field by field |
`;

if (import.meta.main) process.stdout.write(page());
