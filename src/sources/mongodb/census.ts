import type { Document } from 'mongodb';
import { bsonType, uuidText } from './bson.ts';

/** More fields in one place are data, not columns: those beyond are not looked at. */
export const mostFields = 1000;
/** Elements of an array that are looked at. */
const elementsSeen = 100;

/** What was found in a place of documents: at the top all of them, below it what stands in one field. */
export class Census {
  /** By the names of BSON's types; binary data of the UUID subtype counts as `uuid`. */
  readonly types = new Map<string, number>();
  /** Of documents: what stands in each field. */
  readonly fields = new Map<string, Census>();
  /** Of arrays. */
  #elements: Census | null = null;
  nulls = 0;
  values = 0;
  /** Elements of the longest array. */
  longest = 0;
  /** There were more fields than are counted. */
  full = false;

  get elements(): Census {
    this.#elements ??= new Census();
    return this.#elements;
  }

  add(value: unknown): void {
    const type = typeOf(value);
    if (type === 'null') {
      this.nulls += 1;
      return;
    }
    this.values += 1;
    this.types.set(type, (this.types.get(type) ?? 0) + 1);
    if (type === 'object') this.addFields(value as Document);
    if (type !== 'array') return;
    const items = value as readonly unknown[];
    this.longest = Math.max(this.longest, items.length);
    for (const item of items.slice(0, elementsSeen)) this.elements.add(item);
  }

  addFields(document: Document): void {
    for (const [name, value] of Object.entries(document)) {
      const known = this.fields.get(name);
      if (known === undefined && this.fields.size >= mostFields) {
        this.full = true;
        continue;
      }
      const field = known ?? new Census();
      if (known === undefined) this.fields.set(name, field);
      field.add(value);
    }
  }

  /** `string 290, int 10`. */
  get text(): string {
    const counted = [...this.types].sort(([, a], [, b]) => b - a);
    return counted.map(([type, count]) => `${type} ${count}`).join(', ') || 'null';
  }
}

function typeOf(value: unknown): string {
  const type = bsonType(value);
  return type === 'binData' && uuidText(value) !== null ? 'uuid' : type;
}
