import type { SchemaDocument } from '../dsl/compile.ts';
import { canonicalJson } from '../kernel/hash.ts';
import { match } from '../kernel/match.ts';
import type { Declaration } from '../model/migration.ts';
import { keyOf, nounOf } from '../planner/names.ts';
import type { CodeDocument, CodePart } from './code/parts.ts';

/** `releaseDate (used by transform 1) changed`, for each part of the code that is not as it was. */
export function editedParts(before: CodeDocument, now: CodeDocument): readonly string[] {
  const changed = now.parts.filter(
    (part) => !before.parts.some((one) => one.name === part.name && one.hash === part.hash),
  );
  const gone = before.parts.filter((part) => !now.parts.some((one) => one.name === part.name));
  const words = (part: CodePart): string => {
    if (!before.parts.some((one) => one.name === part.name)) return 'is new';
    return 'changed';
  };
  const told = [
    ...changed.map((part) => `${named(part)} ${words(part)}`),
    ...gone.map((part) => `${named(part)} is gone`),
  ];
  // Only who uses whom is otherwise.
  return told.length > 0 ? told : ['the functions that use each other changed'];
}

function named({ name, users }: CodePart): string {
  return users.length === 0 ? name : `${name} (used by ${users.join(', ')})`;
}

/** `table users changed`, for each declaration, expectation and data step that is not as it was. */
export function editedDeclarations(before: SchemaDocument, now: SchemaDocument): readonly string[] {
  const [old, current] = [entriesOf(before), entriesOf(now)];
  const changed = [...current].flatMap(([name, text]) => {
    const was = old.get(name);
    if (was === text) return [];
    return [was === undefined ? `${name} is new` : `${name} changed`];
  });
  const gone = [...old.keys()].filter((name) => !current.has(name)).map((name) => `${name} is gone`);
  return changed.length + gone.length > 0 ? [...changed, ...gone] : ['the order of its declarations changed'];
}

function entriesOf({ declarations, expects, data }: SchemaDocument): ReadonlyMap<string, string> {
  const entries = [
    ...declarations.map((one) => [nameOf(one), canonicalJson(one)] as const),
    ...expects.map((one) => [`existing ${one.table}`, canonicalJson(one)] as const),
    ...data.map((one, index) => [`from, into or columns of data step ${index + 1}`, canonicalJson(one)] as const),
  ];
  const grouped = new Map<string, string>();
  for (const [name, text] of entries) grouped.set(name, `${grouped.get(name) ?? ''}${text}`);
  return grouped;
}

function nameOf(declaration: Declaration): string {
  return match(declaration, {
    create: ({ object }) => `${nounOf(object.kind)} ${keyOf(object)}`,
    'alter-table': ({ table }) => `alter of ${table}`,
    'alter-type': ({ type }) => `alterType of ${type}`,
    drop: ({ of, name }) => `drop of ${nounOf(of)} ${name}`,
    'alter-keyspace': () => 'keyspace',
  });
}
