import { CqlformError } from '../../kernel/errors.ts';
import type { ForeignSource } from '../../model/data.ts';
import type { SourceNote } from '../../ports/source.ts';

export function tableMissing(declared: ForeignSource): CqlformError {
  return new CqlformError('SOURCE_TABLE_MISSING', `source ${declared.connection} has no table ${declared.place}`, {
    next: 'Correct its name or its `schema`, or grant the right to read it.',
    fields: { connection: declared.connection, table: declared.place },
  });
}

export function unknownType(system: string, column: string, type: string): CqlformError {
  return new CqlformError('UNKNOWN_SOURCE_TYPE', `column ${column}: ${system} has no type ${type}`, {
    next: 'Use the types that the import of this system has.',
    fields: { column, type },
  });
}

/** Times without a zone are read in one that somebody has to know of. */
export function zoneNotes(declared: ForeignSource, local: string): readonly SourceNote[] {
  if (declared.settings['zone'] !== undefined) return [];
  const names = Object.entries(declared.columns).flatMap(([name, { type }]) => (type === local ? [name] : []));
  if (names.length === 0) return [];
  return [
    {
      code: 'SOURCE_ZONE_ASSUMED',
      severity: 'info',
      message: `${declared.place}: ${names.join(', ')} ${names.length === 1 ? 'has' : 'have'} no time zone and ${names.length === 1 ? 'is' : 'are'} read in UTC`,
      next: "Say `zone: 'UTC'`, or the zone that they were written in.",
    },
  ];
}

export function viewNote(declared: ForeignSource, right: string): SourceNote {
  return {
    code: 'SOURCE_READ_BY_ONE',
    severity: 'info',
    message: `${declared.place}: the user may not lock tables for a moment, so one connection reads all of it in one view`,
    next: `Grant ${right} to read it over several connections at once.`,
  };
}

/** Declared columns that the table does not have. */
export function missingNotes(declared: ForeignSource, real: readonly string[]): readonly SourceNote[] {
  const missing = missingFrom(declared, real);
  if (missing.length === 0) return [];
  const { code, message, next } = columnsMissing(declared, missing, real);
  return [{ code, severity: 'error', message, next }];
}

/** Throws `SOURCE_COLUMNS_MISSING`. */
export function refuseMissing(declared: ForeignSource, real: readonly string[]): void {
  const missing = missingFrom(declared, real);
  if (missing.length > 0) throw columnsMissing(declared, missing, real);
}

function missingFrom(declared: ForeignSource, real: readonly string[]): readonly string[] {
  return Object.values(declared.columns).flatMap(({ field }) => (real.includes(field) ? [] : [field]));
}

function columnsMissing(declared: ForeignSource, missing: readonly string[], real: readonly string[]): CqlformError {
  return new CqlformError('SOURCE_COLUMNS_MISSING', `${declared.place} has no column ${missing.join(', ')}`, {
    next: `It has: ${real.join(', ')}. Correct the declared columns and \`fields\`.`,
    fields: { source: declared.place, missing },
  });
}

/** The catalogue has another type than is declared. */
export function typeDiffers(severity: 'warning' | 'error', message: string, next: string): SourceNote {
  return { code: 'SOURCE_TYPE_DIFFERS', severity, message, next };
}

export function typeUnsupported(what: string, next: string): SourceNote {
  return { code: 'SOURCE_TYPE_UNSUPPORTED', severity: 'error', message: `${what}, a type that cannot be read`, next };
}

export function labelsDiffer(column: string, strangers: readonly string[]): SourceNote {
  return {
    code: 'SOURCE_LABELS_DIFFER',
    severity: 'warning',
    message: `${column} also has the labels ${strangers.map((one) => `'${one}'`).join(', ')}, which are not declared`,
    next: 'Declare them; rows that have them are rejected.',
  };
}
