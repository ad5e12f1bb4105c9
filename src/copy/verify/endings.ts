import { cellRecord } from '../../cql/digest.ts';
import type { Cell, CellElement, CellTime, Mutation, StoredRow } from '../../model/row.ts';

/*
 * Cells that end by themselves are compared like others until their end comes near. What ends at or before a cutoff may
 * be gone from either side already, or be there for seconds still, and says nothing.
 */

/** Clocks differ, and what is left of a cell's time is counted in whole seconds, from when it is written again. */
export const marginSeconds = 5;

/** Seconds since the epoch. What ends later was there all the time until now, on both sides. */
export function cutoffAt(now: Date, longerMs = 0): number {
  return Math.ceil((now.getTime() + longerMs) / 1000) + marginSeconds;
}

/** Ends of what a copy wrote. */
export interface Ends {
  readonly nowSeconds: () => number;
  /**
   * When what is written with the table's own TTL was written at the earliest, in seconds; null: what is left of each
   * TTL was told for now.
   */
  readonly writtenSince: number | null;
}

/** When a write's cells end, at the earliest, in seconds since the epoch; null: never. */
export function endOf({ ttl }: { readonly ttl: number }, { nowSeconds, writtenSince }: Ends): number | null {
  return ttl === 0 ? null : (writtenSince ?? nowSeconds()) + ttl;
}

/** The write with what is left of its time; null: there is nothing left. */
export function stillLasting(mutation: Mutation, end: number | null, nowSeconds: number): Mutation | null {
  if (end === null || (mutation.kind !== 'insert' && mutation.kind !== 'update')) return mutation;
  return end > nowSeconds ? { ...mutation, ttl: end - nowSeconds, expiresAt: end } : null;
}

/** Two cells of one column, without what says nothing. */
export interface Comparable {
  readonly said: Cell | null;
  readonly stored: Cell | null;
  /** Parts that were left out. */
  readonly leftOut: number;
}

export function comparable(said: Cell | null, stored: Cell | null, cutoff: number): Comparable {
  if (said?.kind !== 'elements' && stored?.kind !== 'elements') {
    const out = isOut(timeOf(said), timeOf(stored), cutoff);
    return out ? { said: null, stored: null, leftOut: 1 } : { said, stored, leftOut: 0 };
  }
  const [one, other] = [elementsOf(said), elementsOf(stored)];
  const near = [...one, ...other].some((element) => isNear(element, cutoff));
  if (!near) return { said, stored, leftOut: 0 };
  // elements of lists have no names by which they could be found on the other side
  const unnamed = [...one, ...other].some(({ key }) => key === null);
  const kept = (elements: readonly CellElement[], others: readonly CellElement[]): Cell | null => {
    const byKey = new Map(others.map((element) => [nameOf(element), element]));
    const left = elements.filter((element) =>
      unnamed ? element.expiresAt === null : !isOut(element, byKey.get(nameOf(element)) ?? null, cutoff),
    );
    return left.length === 0 ? null : { kind: 'elements', elements: left };
  };
  const [saidLeft, storedLeft] = [kept(one, other), kept(other, one)];
  const leftOut = Math.max(one.length - elementsOf(saidLeft).length, other.length - elementsOf(storedLeft).length);
  return { said: saidLeft, stored: storedLeft, leftOut };
}

/** What a cell holds for ever, and what until an end that is not named; equal cells have equal bytes. Null: nothing. */
export function recordOf(cell: Cell | null): Buffer | null {
  const [lasting, ending] = [cellRecord(cell), cellRecord(endingPart(cell, Number.NEGATIVE_INFINITY))];
  if (lasting === null && ending === null) return null;
  const none = Buffer.alloc(0);
  return Buffer.concat([Buffer.of(lasting === null ? 0 : 1), lasting ?? none, ending ?? none]);
}

/** Whether anything of a cell must still be there. */
export function mustLast(cell: Cell | null, cutoff: number): boolean {
  if (cell === null) return false;
  if (cell.kind === 'elements') return cell.elements.some((element) => !isNear(element, cutoff));
  return cell.kind === 'counter' || !isNear(cell, cutoff);
}

/** What of a row ends after the cutoff, as if it stayed; null: nothing. And how many parts end before. */
export function endingsOf(row: StoredRow, cutoff: number): { readonly row: StoredRow | null; readonly near: number } {
  let near = 0;
  const cells = row.cells.map((cell) => {
    for (const part of partsOf(cell)) if (isNear(part, cutoff)) near += 1;
    return endingPart(cell, cutoff);
  });
  return { row: cells.some((cell) => cell !== null) ? { ...row, cells } : null, near };
}

function endingPart(cell: Cell | null, cutoff: number): Cell | null {
  const ends = (part: CellTime): boolean => part.expiresAt !== null && !isNear(part, cutoff);
  if (cell === null || cell.kind === 'counter') return null;
  if (cell.kind === 'value') return ends(cell) ? { ...cell, expiresAt: null } : null;
  const elements = cell.elements.filter(ends).map((element) => ({ ...element, expiresAt: null }));
  return elements.length === 0 ? null : { kind: 'elements', elements };
}

/** An end that was inferred, because the server tells none, is never relied on. */
function isNear({ writeTime, expiresAt }: CellTime, cutoff: number): boolean {
  return expiresAt !== null && (expiresAt <= cutoff || writeTime === null);
}

/** Where one side is to stay for ever, the other's end is a difference. */
function isOut(one: CellTime | null, other: CellTime | null, cutoff: number): boolean {
  if ([one, other].some((part) => part !== null && part.expiresAt === null)) return false;
  return [one, other].some((part) => part !== null && isNear(part, cutoff));
}

function timeOf(cell: Cell | null): CellTime | null {
  if (cell === null) return null;
  return cell.kind === 'value' ? cell : { writeTime: null, expiresAt: null };
}

function elementsOf(cell: Cell | null): readonly CellElement[] {
  return cell?.kind === 'elements' ? cell.elements : [];
}

function partsOf(cell: Cell | null): readonly CellTime[] {
  return cell?.kind === 'value' ? [cell] : elementsOf(cell);
}

function nameOf({ key }: CellElement): string {
  return Buffer.from(key ?? []).toString('latin1');
}
