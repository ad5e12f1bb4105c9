import type { Migration } from '../model/migration.ts';
import { footprintOf, overlap } from './footprint.ts';
import { hazard } from './hazards.ts';
import type { AppliedAfter } from './input.ts';
import { listed } from './names.ts';
import type { SectionWriter } from './writer.ts';

/** Why a late file may run all the same; null when it is not late. One that may not leaves a notice. */
export function lateness(writer: SectionWriter, migration: Migration, after: readonly AppliedAfter[]): string | null {
  if (after.length === 0) return null;
  const mine = footprintOf(migration);
  for (const { migration: newer, footprint } of after) {
    const both = overlap(mine, footprint);
    if (both.length === 0) continue;
    writer.refuse('LATE_CONFLICT', '', {
      message: `${newer} is newer, applied already, and about ${listed(both)} too`,
      next: `Run \`cqlform rebase ${migration.id}\`: it gives the file a new time, so that it comes after.`,
    });
    return null;
  }
  return `it is late: ${listed(after.map((one) => one.migration))} ${after.length === 1 ? 'is' : 'are'} applied already, but about other objects`;
}

/** Said on the first step of a late section. */
export function lateHazard(address: string, late: string): ReturnType<typeof hazard> {
  return hazard('OUT_OF_ORDER', address, `Runs out of order: ${late}.`);
}
