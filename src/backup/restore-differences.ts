import { own } from '../kernel/own.ts';
import type { DroppedColumn } from '../model/live.ts';
import { type Column, keyColumns, type Table } from '../model/schema.ts';
import { typeText } from '../model/type-text.ts';
import { layoutOf } from './chunk-layout.ts';
import { isWider, type TypesOfBoth, typeDifference } from './same-type.ts';

/** How a table differs from what it was at the time of a backup, column by column. */
export type RestoreDifference =
  /** The table has no such column: its cells cannot be restored. */
  | { readonly kind: 'gone'; readonly column: string; readonly type: string }
  /** Its type is another one, or of other fields, as `why` says then: its cells cannot be restored. */
  | {
      readonly kind: 'retyped';
      readonly column: string;
      readonly from: string;
      readonly to: string;
      readonly why: string | null;
    }
  /** The new type takes the old values as they are. */
  | { readonly kind: 'widened'; readonly column: string; readonly from: string; readonly to: string }
  /** The backup has no such column: what is in it stays. */
  | { readonly kind: 'added'; readonly column: string; readonly type: string }
  /** It was dropped since and added again: its cells are written after that, or they would be hidden. */
  | { readonly kind: 're-added'; readonly column: string; readonly droppedAt: string };

export interface DifferencesRequest extends TypesOfBoth {
  readonly from: Table;
  /** Of the backup; null: the whole table. */
  readonly columns: readonly string[] | null;
  readonly into: Table;
  readonly dropped: readonly DroppedColumn[];
  /** Backup column → column of the table. */
  readonly renamed: Readonly<Record<string, string>>;
}

/** Of the columns besides the key, which has to be the same. */
export function restoreDifferences(request: DifferencesRequest): readonly RestoreDifference[] {
  const { from, columns, into, renamed } = request;
  const layout = layoutOf(from, columns);
  const stored = [...layout.static, ...layout.regular];
  const found = stored.flatMap((column) => differenceOf(column, request));
  const taken = new Set(stored.map(({ name }) => own(renamed, name) ?? name));
  const keys = keyColumns(into);
  const added = into.columns
    .filter(({ name }) => columns === null && !keys.includes(name) && !taken.has(name))
    .map(({ name, type }): RestoreDifference => ({ kind: 'added', column: name, type: typeText(type) }));
  return [...found, ...added];
}

function differenceOf(column: Column, request: DifferencesRequest): readonly RestoreDifference[] {
  const { into, renamed, dropped } = request;
  const name = own(renamed, column.name) ?? column.name;
  const live = into.columns.find((one) => one.name === name);
  const from = typeText(column.type);
  if (live === undefined) return [{ kind: 'gone', column: column.name, type: from }];
  const to = typeText(live.type);
  const why = typeDifference(column.type, live.type, { ...request, key: false });
  if (column.static !== live.static || why !== null) {
    const shown = (text: string, isStatic: boolean): string => (isStatic ? `${text} static` : text);
    const said = { from: shown(from, column.static), to: shown(to, live.static) };
    return [{ kind: 'retyped', column: column.name, ...said, why: said.from === said.to ? why : null }];
  }
  const wider: readonly RestoreDifference[] = isWider(column.type, live.type)
    ? [{ kind: 'widened', column: column.name, from, to }]
    : [];
  const drop = dropped.find((one) => one.name === name);
  if (drop === undefined) return wider;
  const droppedAt = new Date(Number(BigInt(drop.droppedAt) / 1000n)).toISOString();
  return [...wider, { kind: 're-added', column: column.name, droppedAt }];
}

/** By live column, in microseconds: earlier cells of it are hidden, because it was dropped then. */
export function floorsOf(into: Table, dropped: readonly DroppedColumn[]): Readonly<Record<string, bigint>> {
  const names = new Set(into.columns.map(({ name }) => name));
  return Object.fromEntries(
    dropped.filter(({ name }) => names.has(name)).map(({ name, droppedAt }) => [name, BigInt(droppedAt) + 1n]),
  );
}

/** True when its cells cannot be restored, which somebody has to consent to. */
export function isLost({ kind }: RestoreDifference): boolean {
  return kind === 'gone' || kind === 'retyped';
}
