import { setOwn } from '../kernel/own.ts';
import { RowRejected } from '../model/data.ts';
import { jsonTextOf, valueOfJsonText } from '../model/json-text.ts';
import { isJson } from './fits.ts';
import type { Properties } from './mistake.ts';
import { isSignal } from './signals.ts';

/** Turns a value into another; null where nothing has to be done. */
export type Turn = ((value: unknown) => unknown) | null;
type Direction = 'read' | 'write';

const atJson: Record<Direction, (value: unknown) => unknown> = {
  read: (value) => valueOfJsonText(String(value)),
  write: jsonTextOf,
};

/**
 * How the values of a type differ between functions and the engines because of `json` inside it: engines know text only.
 * Null and undefined pass as they are.
 */
export function jsonTurn(type: unknown, direction: Direction): Turn {
  const turn = turnOf(type as Properties, direction);
  if (turn === null) return null;
  return (value) => (value === null || value === undefined ? value : turn(value));
}

function turnOf(type: Properties, direction: Direction): Turn {
  if (isJson(type['kind'])) return atJson[direction];
  switch (type['kind']) {
    case 'frozen':
    case 'static':
    case 'masked':
    case 'pii':
      return jsonTurn(type['of'], direction);
    case 'list':
    case 'vector':
      return type['element'] === undefined ? null : each(jsonTurn(type['element'], direction));
    case 'set':
      return asSet(jsonTurn(type['element'], direction));
    case 'map':
      return asMap(jsonTurn(type['key'], direction), jsonTurn(type['value'], direction));
    case 'tuple':
      return byIndex((type['elements'] as unknown[]).map((element) => jsonTurn(element, direction)));
    case 'udt':
      return byField(type['fields'] as Properties, direction);
    default:
      return null;
  }
}

function each(turn: Turn): Turn {
  return turn && ((value) => Array.from(value as Iterable<unknown>, turn));
}
function asSet(turn: Turn): Turn {
  return turn && ((value) => new Set(Array.from(value as Iterable<unknown>, turn)));
}
function asMap(key: Turn, value: Turn): Turn {
  if (key === null && value === null) return null;
  const same = (inner: unknown): unknown => inner;
  return (map) => {
    const entries = map instanceof Map ? [...map] : Object.entries(map as object);
    return new Map(entries.map(([k, v]) => [(key ?? same)(k), (value ?? same)(v)]));
  };
}
function byIndex(turns: readonly Turn[]): Turn {
  if (turns.every((turn) => turn === null)) return null;
  return (value) =>
    (value as unknown[]).map((inner, index) => {
      const turn = turns[index] ?? null;
      return turn === null ? inner : turn(inner);
    });
}
function byField(fields: Properties, direction: Direction): Turn {
  const turns = turnsOf(fields, direction);
  return turns && ((value) => turned(value as Properties, turns));
}

/** The turns of the columns that need one; null when none does. */
export function turnsOf(
  types: Properties,
  direction: Direction,
): Readonly<Record<string, (value: unknown) => unknown>> | null {
  const turns = Object.entries(types).flatMap(([name, type]) => {
    const turn = jsonTurn(type, direction);
    return turn === null ? [] : [[name, turn] as const];
  });
  return turns.length === 0 ? null : Object.fromEntries(turns);
}

/** The row with its columns turned; the rejection names the column. */
export function turned(row: Properties, turns: Readonly<Record<string, (value: unknown) => unknown>>): Properties {
  const result: Record<string, unknown> = { ...row };
  for (const [name, turn] of Object.entries(turns)) {
    if (Object.hasOwn(row, name)) setOwn(result, name, turnedColumn(name, row[name], turn));
  }
  return result;
}

/** Signals pass as they are. */
export function turnedColumn(name: string, value: unknown, turn: (value: unknown) => unknown): unknown {
  if (isSignal(value)) return value;
  try {
    return turn(value);
  } catch (error) {
    if (error instanceof RowRejected) throw new RowRejected(`${name}: ${error.reason}`);
    throw error;
  }
}
