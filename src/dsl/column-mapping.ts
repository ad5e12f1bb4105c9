import { own, setOwn } from '../kernel/own.ts';
import { converterOf, isScalarKind } from '../model/conversion.ts';
import type { ColumnMapping, JsRow, RunClock } from '../model/data.ts';
import { keyColumns, type Table } from '../model/schema.ts';
import type { CqlType } from './cql-type.ts';
import type { FromOrigin } from './data-spec.ts';
import { conversionOf, fits, isJson } from './fits.ts';
import { jsonTurn, turned, turnedColumn, turnsOf } from './json-value.ts';
import { mistake, objectOf, type Properties, shown } from './mistake.ts';
import type { TableOrigin } from './origin.ts';
import { isPromise } from './promise.ts';
import { isSignal, unset } from './signals.ts';
import type { SourceType } from './source.ts';

interface Mapped {
  readonly subject: string;
  readonly from: FromOrigin;
  readonly into: TableOrigin;
}

/**
 * Where each target column's value comes from. `complete`: columns of the same name and a fitting type map themselves,
 * and every key column must have its value; otherwise only what is given, and no key column.
 */
export function mappingsOf(
  subject: string,
  spec: Omit<Mapped, 'subject'> & { readonly given: unknown; readonly complete: boolean },
): Readonly<Record<string, ColumnMapping>> {
  const mapped = { subject, from: spec.from, into: spec.into };
  const given = objectOf(`columns of ${subject}`, spec.given ?? {});
  for (const name of Object.keys(given)) refuseUnknown(mapped, { name, complete: spec.complete });
  const mappings: Record<string, ColumnMapping> = {};
  for (const { name } of spec.into.table.columns) {
    const value = own(given, name);
    const mapping =
      value !== undefined ? givenMapping(mapped, name, value) : spec.complete ? namesake(mapped, name) : null;
    if (mapping !== null) setOwn(mappings, name, mapping);
  }
  return Object.freeze(mappings);
}

function refuseUnknown(
  { subject, into }: Mapped,
  { name, complete }: { readonly name: string; readonly complete: boolean },
): void {
  if (!Object.hasOwn(into.types, name)) {
    throw mistake('NO_SUCH_COLUMN', {
      message: `${subject}: ${into.table.name} is declared here without a column ${name}`,
      next: `Declare it, or name one of: ${Object.keys(into.types).join(', ')}.`,
      fields: { name },
    });
  }
  if (complete || !keyColumns(into.table).includes(name)) return;
  throw mistake('BACKFILL_OF_KEY', {
    message: `${subject}: ${name} stands in the key and cannot be backfilled`,
    next: 'Use `copy` or `transform` into a table with another key.',
    fields: { name },
  });
}

function givenMapping(mapped: Mapped, name: string, value: unknown): ColumnMapping {
  const { subject, from, into } = mapped;
  if (value === unset) {
    if (!keyColumns(into.table).includes(name)) return { kind: 'unset' };
    throw mistake('KEY_UNSET', {
      message: `${subject}: ${name} stands in the key and cannot be unset`,
      next: 'Give it a column or a function of the row.',
      fields: { name },
    });
  }
  if (typeof value === 'function') {
    return functionMapping(mapped, name, value as (row: JsRow, run: RunClock) => unknown);
  }
  if (typeof value !== 'string' || !Object.hasOwn(from.types, value)) {
    throw mistake('MAPPING_INVALID', {
      message: `${subject}: ${name} is mapped to ${shown(value)}`,
      next: `Give a column of the source (${Object.keys(from.types).join(', ')}), a function of the row, or \`unset\`.`,
      fields: { name },
    });
  }
  const why = misfit(mapped, name, value);
  if (why === null) return columnMapping(mapped, name, value);
  throw mistake('COLUMN_UNFIT', {
    message: `${subject}: ${name} cannot take ${value}: ${why}`,
    next: `Give a function of the row: \`${name}: (row) => …\`.`,
    fields: { name },
  });
}

function namesake(mapped: Mapped, name: string): ColumnMapping | null {
  const { subject, from, into } = mapped;
  if (!Object.hasOwn(from.types, name)) {
    if (!keyColumns(into.table).includes(name)) return null;
    throw mistake('KEY_UNMAPPED', {
      message: `${subject}: the key column ${name} has no namesake to come from`,
      next: `Say where it comes from: \`columns: { ${name}: … }\`.`,
      fields: { name },
    });
  }
  const why = misfit(mapped, name, name);
  if (why === null) return columnMapping(mapped, name, name);
  throw mistake('COLUMN_UNFIT', {
    message: `${subject}: ${name} does not fit its namesake: ${why}`,
    next: `Say where it comes from: \`columns: { ${name}: (row) => … }\`, or \`unset\`.`,
    fields: { name },
  });
}

function misfit({ from, into }: Mapped, name: string, source: string): string | null {
  const [read, written] = [typeOf(from, source), typeOf(into, name)];
  if (!fits(read, written)) {
    const lost = conversionOf(read, written)?.verdict === 'lossy' ? ', which would lose something' : '';
    return `it is ${read.kind}, and ${written.kind} is wanted${lost}`;
  }
  if (!keyColumns(into.table).includes(name) || !mayBeNull(from, source)) return null;
  return isStaticRow({ from, into }, name, source) ? null : 'it may be null, and a key may not';
}

/** Null in a clustering column means a partition's static cells alone, on both sides. */
function isStaticRow({ from, into }: Pick<Mapped, 'from' | 'into'>, name: string, source: string): boolean {
  const clusters = (table: Table, column: string): boolean =>
    table.clusteringKey.some((part) => part.column === column);
  if (from.kind === 'source' || !clusters(from.table, source) || !clusters(into.table, name)) return false;
  return into.table.columns.some((column) => column.static);
}

function typeOf(origin: FromOrigin, name: string): CqlType | SourceType {
  const types: Readonly<Record<string, CqlType | SourceType>> = origin.types;
  return own(types, name) ?? { kind: 'unknown' };
}

function mayBeNull(from: FromOrigin, name: string): boolean {
  if (from.kind === 'source') return own(from.source.columns, name)?.required !== true;
  const { table } = from;
  if (table.partitionKey.includes(name)) return false;
  if (table.clusteringKey.some(({ column }) => column === name)) return table.columns.some((column) => column.static);
  const type = table.columns.find((column) => column.name === name)?.type;
  return !(type !== undefined && (type.kind === 'set' || type.kind === 'list' || type.kind === 'map') && !type.frozen);
}

function functionMapping(
  { subject, from, into }: Mapped,
  name: string,
  given: (row: JsRow, run: RunClock) => unknown,
): ColumnMapping {
  const reads = turnsOf(from.types as unknown as Properties, 'read');
  const write = jsonTurn(typeOf(into, name), 'write');
  return {
    kind: 'function',
    value: (row, run) => {
      const result = given(reads === null ? row : turned(row, reads), run);
      if (isPromise(result)) {
        throw mistake('MAPPING_RETURNED_PROMISE', {
          message: `${subject}: the function of ${name} returned a promise`,
          next: 'Do not make it async: a row has everything that there is.',
        });
      }
      return write === null || isSignal(result) ? result : turnedColumn(name, result, write);
    },
  };
}

/** Text of one `json` column goes into another as it is; else the value is turned on its way. */
function columnMapping({ from, into }: Mapped, name: string, source: string): ColumnMapping {
  const [read, written] = [typeOf(from, source), typeOf(into, name)];
  const [reads, writes] = [jsonTurn(read, 'read'), jsonTurn(written, 'write')];
  const convert = converterFor(read, written);
  if (convert !== null) {
    const value = (row: JsRow): unknown =>
      own(row, source) === null || own(row, source) === undefined ? undefined : convert(own(row, source));
    return { kind: 'function', value, from: source };
  }
  if ((reads === null && writes === null) || (plainJson(read) && plainJson(written)))
    return { kind: 'column', from: source };
  const same = (value: unknown): unknown => value;
  const value = (row: JsRow): unknown =>
    turnedColumn(source, own(row, source), (inner) => (writes ?? same)((reads ?? same)(inner)));
  return { kind: 'function', value };
}

function converterFor(read: CqlType | SourceType, written: CqlType | SourceType): ((value: unknown) => unknown) | null {
  const domain = conversionOf(read, written)?.domain;
  const target = innermost(written).kind;
  return domain === undefined || !isScalarKind(target) ? null : converterOf(domain, target);
}

function innermost(type: CqlType | SourceType): CqlType | SourceType {
  const { of } = type as { readonly of?: CqlType };
  return of === undefined ? type : innermost(of);
}

const plainJson = (type: CqlType | SourceType): boolean => isJson(innermost(type).kind);
