import { createText } from '../cql/create.ts';
import { own } from '../kernel/own.ts';
import type { DriftItem } from '../model/change.ts';
import type { LiveKeyspace } from '../model/live.ts';
import type { SchemaObject, Table } from '../model/schema.ts';
import { tableDifference } from './difference.ts';
import { settingsHold } from './holds.ts';
import type { Recorded } from './input.ts';
import { columnText, differenceInWords, keyText } from './matches.ts';
import { addressOf } from './names.ts';
import { optionText } from './options.ts';
import { columnOf, objectKinds, objectOf, objectsOf } from './schema-objects.ts';

/**
 * Recorded against live: what is missing, different, or made anew under the same name (another table id), and, as
 * information, what no migration names. Options and masks that are not recorded are not compared.
 */
export function driftOf(recorded: Recorded, live: LiveKeyspace): readonly DriftItem[] {
  return [...keyspaceDrift(recorded, live), ...objectKinds.flatMap((of) => kindDrift(of, recorded, live))];
}

function kindDrift(of: SchemaObject['kind'], recorded: Recorded, live: LiveKeyspace): readonly DriftItem[] {
  const known = objectsOf(recorded.schema, of).flatMap(([name, object]) =>
    objectDrift(object, { name, recorded, live }),
  );
  const unmanaged = objectsOf(live.schema, of)
    .filter(([name]) => objectOf(recorded.schema, of, name) === null)
    .map(([name, object]) => item('unmanaged', of, [addressOf(live.name, name), null, createText(object, null)]));
  return [...known, ...unmanaged];
}

function keyspaceDrift({ schema }: Recorded, live: LiveKeyspace): readonly DriftItem[] {
  const difference = live.exists ? settingsHold(schema.keyspace, live.schema.keyspace) : 'the keyspace does not exist';
  if (difference === null) return [];
  const kind = live.exists ? 'different' : 'missing';
  const { kind: _recorded, ...settings } = schema.keyspace;
  const { kind: _live, ...liveSettings } = live.schema.keyspace;
  return [
    item(kind, 'keyspace', [live.name, JSON.stringify(settings), live.exists ? JSON.stringify(liveSettings) : null]),
  ];
}

interface ObjectContext {
  readonly name: string;
  readonly recorded: Recorded;
  readonly live: LiveKeyspace;
}

function objectDrift(object: SchemaObject, { name, recorded, live }: ObjectContext): readonly DriftItem[] {
  const address = addressOf(live.name, name);
  const found = objectOf(live.schema, object.kind, name);
  if (found === null) return [item('missing', object.kind, [address, createText(object, null), null])];
  if (object.kind === 'table' && found.kind === 'table') {
    const id = own(recorded.tableIds, name);
    const liveId = own(live.facts, name)?.id;
    const recreated = id !== undefined && liveId !== undefined && id !== liveId;
    return [
      ...(recreated ? [item('recreated', 'table', [address, `id ${id}`, `id ${liveId}`])] : []),
      ...tableDrift(object, found, address),
    ];
  }
  return differenceInWords(object, found) === null
    ? []
    : [item('different', object.kind, [address, createText(object, null), createText(found, null)])];
}

function tableDrift(recorded: Table, live: Table, address: string): readonly DriftItem[] {
  const difference = tableDifference(live, recorded);
  const column = (name: string): string => `${address}.${name}`;
  const text = (table: Table, name: string): string | null => {
    const found = columnOf(table, name);
    return found === undefined ? null : columnText(found);
  };
  const changed = [...difference.retyped, ...difference.masked].map(({ after }) => after.name);
  return [
    ...difference.added.map(({ name }) => item('missing', 'column', [column(name), text(recorded, name), null])),
    ...difference.dropped.map(({ name }) => item('unmanaged', 'column', [column(name), null, text(live, name)])),
    ...[...new Set(changed)].map((name) =>
      item('different', 'column', [column(name), text(recorded, name), text(live, name)]),
    ),
    ...(difference.key === null
      ? []
      : [item('different', 'table', [address, `key ${keyText(recorded)}`, `key ${keyText(live)}`])]),
    ...Object.entries(difference.options).map(([name, { before, after }]) =>
      item('different', 'table', [address, optionText(name, after), optionText(name, before ?? undefined)]),
    ),
  ];
}

type Facts = readonly [address: string, recorded: string | null, live: string | null];

function item(kind: DriftItem['kind'], of: DriftItem['of'], [address, recorded, live]: Facts): DriftItem {
  return { kind, of, address, recorded, live };
}
