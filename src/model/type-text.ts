import { match } from '../kernel/match.ts';
import { quotedType, textLiteral } from './identifier.ts';
import type { CqlType } from './type.ts';

/** The type as the server states it, which CREATE and ALTER accept. Reading it gives the same type again. */
export function typeText(type: CqlType): string {
  return match(type, {
    scalar: ({ name }) => name,
    list: ({ element, frozen }) => frozenText(`list<${typeText(element)}>`, frozen),
    set: ({ element, frozen }) => frozenText(`set<${typeText(element)}>`, frozen),
    map: ({ key, value, frozen }) => frozenText(`map<${typeText(key)}, ${typeText(value)}>`, frozen),
    tuple: ({ elements }) => frozenText(`tuple<${elements.map(typeText).join(', ')}>`, true),
    udt: ({ name, frozen }) => frozenText(quotedType(name), frozen),
    vector: ({ element, dimension }) => `vector<${typeText(element)}, ${dimension}>`,
    custom: ({ className }) => textLiteral(className),
  });
}

function frozenText(text: string, frozen: boolean): string {
  return frozen ? `frozen<${text}>` : text;
}
