import { shellWord } from '../../kernel/shell.ts';
import type { AssessedColumn, AssessedTable, Assessment, FieldProfile } from '../../model/assessment.ts';
import { bytesText, countText, plural } from './numbers.ts';

/** The columns of the overview of fields, and how each is aligned. */
export const fieldHeads = ['field', 'found', 'nulls', 'different', 'from', 'to', 'becomes'] as const;
export const rightAligned: ReadonlySet<string> = new Set(['nulls', 'different']);

/** `movies.json: 3,201 rows, all of them looked at, 1.3 MiB` */
export function headText({ name, read, whole, rows, bytes }: AssessedTable): string {
  const seen = whole
    ? `${plural(read, 'row')}, all of them looked at`
    : `${plural(read, 'row')} looked at${rows === null ? ', there are more' : ` of about ${countText(rows)}`}`;
  return `${name}: ${seen}${bytes === null ? '' : `, ${bytesText(bytes)}`}`;
}

export function fieldCells(column: AssessedColumn): readonly string[] {
  const { field, sourceType, found, column: name, type, read, convert } = column;
  const { distinct } = found;
  const declared = sourceType === null ? '' : `${sourceType}: `;
  return [
    field,
    `${declared}${foundText(found)}`,
    countText(found.nulls),
    `${distinct.exact ? '' : '~'}${countText(distinct.count)}`,
    found.least === null ? '' : shortened(found.least),
    found.greatest === null ? lengthText(found) : shortened(found.greatest),
    `${name} ${type} ← ${read.type}${convert === null ? '' : ', by a function'}`,
  ];
}

function foundText({ kinds, elements }: FieldProfile): string {
  if (kinds.length === 0) return 'no value';
  const inside = elements.length === 0 ? '' : ` of ${elements.join(', ')}`;
  return kinds.map(({ kind, count }) => `${kind}${kind === 'array' ? inside : ''} ${countText(count)}`).join(', ');
}

function lengthText({ longest }: FieldProfile): string {
  return longest === null ? '' : `≤ ${bytesText(longest)}`;
}

function shortened(text: string): string {
  return text.length > 24 ? `${text.slice(0, 23)}…` : text;
}

const proofs = {
  'primary key': 'the primary key',
  'unique index': 'a unique index',
  'all rows': 'no two rows are alike in it',
  sample: 'no two of the first 200,000 rows looked at are alike in it, which is not proved for the others',
  asked: 'as asked for',
  row: 'no field is unique, so an id is made of the whole row: rows that are alike become one',
};

/** `PRIMARY KEY ((genre), title): as asked for` */
export function keyText({ key }: AssessedTable): string {
  const { partition, clustering } = key;
  return `PRIMARY KEY (${[`(${partition.join(', ')})`, ...clustering].join(', ')}): ${proofs[key.by]}`;
}

/** Other keys that could be chosen, each with why. */
export function candidateTexts({ keys, key }: AssessedTable): readonly string[] {
  const others = key.by === 'asked' || key.by === 'row' ? keys : keys.slice(1);
  return others.slice(0, 5).map(({ fields, by }) => `${fields.join(', ')}: ${proofs[by]}`);
}

export function partitionTexts({ partitions, whole }: AssessedTable): readonly string[] {
  if (partitions === null) return [];
  const { rows, partitions: count, complete, medianRows, largestRows, largestBytes, largest } = partitions;
  const of = whole ? '' : ' looked at';
  return [
    `${plural(rows, 'row')}${of} in ${complete ? '' : 'more than '}${plural(count, 'partition')}: ${countText(medianRows)} in the middle one, ${countText(largestRows)} in the largest (${largest}), at most about ${bytesText(largestBytes)}`,
    ...(partitions.nullKeys === 0 ? [] : [`${plural(partitions.nullKeys, 'row')} without a value in the key`]),
  ];
}

/** What a person has to decide on, most urgent first. */
export function warningTexts(table: AssessedTable): readonly string[] {
  const { partitions, unreadable, columns, refused } = table;
  return [
    ...(partitions === null || partitions.collisions === null || partitions.collisions === 0
      ? []
      : [
          `${plural(partitions.collisions, 'row')} would overwrite another row with the same key, e.g. ${partitions.collision}`,
        ]),
    ...(partitions?.warnings ?? []),
    ...(unreadable.count === 0
      ? []
      : [`${plural(unreadable.count, 'row')} cannot be read, e.g. ${unreadable.examples.map(exampleText).join('; ')}`]),
    ...columns.flatMap(({ field, unfit }) =>
      unfit.map(
        ({ count, reason, examples }) =>
          `${field}: ${plural(count, 'value')} will be rejected (${reason}), e.g. ${examples.map(({ place, value }) => `${place}: ${JSON.stringify(value)}`).join('; ')}`,
      ),
    ),
    ...refused.map(({ field, type, reason }) => `${field}${type === null ? '' : ` (${type})`} is left out: ${reason}`),
  ];
}

function exampleText({ place, value }: { readonly place: string; readonly value: string }): string {
  return `${place}: ${value}`;
}

export function noteTexts({ notes, columns, whole }: AssessedTable): readonly string[] {
  return [
    ...(whole ? [] : ['Types, nulls and keys are those of the rows looked at; the others may differ.']),
    ...notes,
    ...columns.flatMap((one) => one.notes.map((note) => `${one.field}: ${note}`)),
  ];
}

/** What was not looked at, and how it is; null: nothing was left out. */
export function viewsText({ source, views }: Assessment): string | null {
  const [first] = views;
  if (first === undefined) return null;
  const count = views.length === 1 ? '1 view was' : `${views.length} views were`;
  // behind an address there is no place for a name
  const named = /^\w+$|^env:/.test(source);
  const how = shellWord(`${named ? source : 'env:NAME'}/${first}`);
  const where = named ? '' : ', with the address in the environment variable NAME';
  return `${count} not looked at: ${views.join(', ')}; to look at one: cqlform assess ${how}${where}`;
}
