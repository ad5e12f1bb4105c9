import { match } from '../../kernel/match.ts';
import type { Column } from '../../model/schema.ts';
import type { CqlType } from '../../model/type.ts';
import { text } from './layout.ts';

/** Gives the name of the constant that holds a user-defined type. */
export type TypeConst = (udt: string) => string;

/** A column's type as a person writes it: `t.set(t.text())`. In a key everything is frozen by itself. */
export function columnType(column: Column, inKey: boolean, constOf: TypeConst): string {
  const bare = typeSource(column.type, inKey, constOf);
  const masked = column.mask === undefined ? bare : `t.masked(${bare}, ${text(column.mask.replace(/^system\./, ''))})`;
  return column.static ? `t.static(${masked})` : masked;
}

/** `inside`: within another type or a key, where `frozen` goes without saying. */
export function typeSource(type: CqlType, inside: boolean, constOf: TypeConst): string {
  const frozen = (bare: string, is: boolean): string => (is && !inside ? `t.frozen(${bare})` : bare);
  const inner = (one: CqlType): string => typeSource(one, true, constOf);
  return match(type, {
    scalar: ({ name }) => `t.${name}()`,
    list: (one) => frozen(`t.list(${inner(one.element)})`, one.frozen),
    set: (one) => frozen(`t.set(${inner(one.element)})`, one.frozen),
    map: (one) => frozen(`t.map(${inner(one.key)}, ${inner(one.value)})`, one.frozen),
    tuple: ({ elements }) => `t.tuple(${elements.map(inner).join(', ')})`,
    udt: (one) => frozen(constOf(one.name), one.frozen),
    vector: ({ dimension, element }) =>
      element.kind === 'scalar' && element.name === 'float'
        ? `t.vector(${dimension})`
        : `t.vector(${dimension}, ${inner(element)})`,
    custom: ({ className }) => {
      throw new TypeError(`the custom type ${className} has no source`);
    },
  });
}
