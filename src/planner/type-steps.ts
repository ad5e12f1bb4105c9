import { own } from '../kernel/own.ts';
import type { UserType } from '../model/schema.ts';
import { typeText } from '../model/type-text.ts';
import { breaksReaders } from './hazards.ts';
import { inTypeOrder } from './references.ts';
import { type ChangeOf, changesOf, type SectionContext } from './section-context.ts';
import type { SectionWriter } from './writer.ts';

/** Types that are new, in the order of their dependence, then fields that are new or renamed. */
export function addTypes({ writer, changes }: SectionContext): void {
  const mine = changesOf(changes, 'type');
  const created = mine
    .filter((change) => change.before === null)
    .flatMap(({ after }) => (after === null ? [] : [after]));
  for (const type of inTypeOrder(created))
    writer.ddl({ kind: 'create-type', type }, { object: type.name, title: `create type ${type.name}` });
  for (const change of mine) {
    const live = own(writer.world.schema.types, change.name);
    if (change.before !== null && change.after !== null && live !== undefined) alterType(writer, live, change);
  }
}

export function dropTypes({ writer, changes }: SectionContext): void {
  const dropped = changesOf(changes, 'type')
    .filter((change) => change.after === null)
    .flatMap(({ before }) => (before === null ? [] : [before]));
  for (const { name } of inTypeOrder(dropped).toReversed())
    writer.ddl(
      { kind: 'drop-type', name },
      { object: name, title: `drop type ${name}`, hazards: [breaksReaders(writer.address(name), `type ${name}`)] },
    );
}

function alterType(writer: SectionWriter, live: UserType, { after, renamed }: ChangeOf<'type'>): void {
  if (after === null) return;
  const kept = live.fields.map((field) => ({ ...field, name: own(renamed, field.name) ?? field.name }));
  const odd = kept.find((field, at) => after.fields[at]?.name !== field.name || !sameField(field, after.fields[at]));
  if (odd !== undefined) {
    writer.refuse('FIELD_IMPOSSIBLE', `${live.name}.${odd.name}`, {
      message: `field ${live.name}.${odd.name} would be dropped, moved or given another type, which Cassandra cannot do`,
      next: 'Make a new type beside it, a column of that type, and copy the values.',
    });
    return;
  }
  const renames = Object.fromEntries(
    Object.entries(renamed).filter(([from]) => live.fields.some((one) => one.name === from)),
  );
  for (const field of after.fields.slice(kept.length))
    writer.ddl(
      { kind: 'add-field', type: live.name, field },
      {
        object: `${live.name}.${field.name}`,
        title: `add field ${field.name} ${typeText(field.type)} to type ${live.name}`,
      },
    );
  if (Object.keys(renames).length > 0)
    writer.ddl(
      { kind: 'rename-fields', type: live.name, renames },
      {
        object: live.name,
        title: `rename ${Object.entries(renames)
          .map(([from, to]) => `${from} to ${to}`)
          .join(', ')} in type ${live.name}`,
        hazards: [breaksReaders(writer.address(live.name), Object.keys(renames).join(', '))],
      },
    );
}

function sameField(a: UserType['fields'][number], b: UserType['fields'][number] | undefined): boolean {
  return b !== undefined && typeText(a.type) === typeText(b.type);
}
