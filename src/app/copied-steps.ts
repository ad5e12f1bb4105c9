import type { MigrationEntry, StepEntry } from '../model/journal.ts';
import type { LiveKeyspace } from '../model/live.ts';
import type { Plan, Section } from '../model/plan.ts';
import type { Table } from '../model/schema.ts';
import type { Step, Work } from '../model/step.ts';
import type { CopyRequest } from '../ports/engines.ts';
import { type Standing, stepsOfRun, watermarkOfStep } from '../runner/standing.ts';
import { carryingRest, floorOf } from '../runner/work/copy-request.ts';
import { passAgain, timestampOf } from '../runner/work/passes.ts';
import { dataLoader } from './data-loader.ts';
import { rowThreads } from './row-threads.ts';
import type { Session } from './session.ts';

export type DataStep = Step & { readonly work: Extract<Work, { readonly kind: 'data' }> };

/** A data step of an applied migration, and what the ledger says of it. */
export interface Copied {
  /** As planned, with the code that the migration's entry has: a replay may have amended it. */
  readonly section: Section;
  readonly step: DataStep;
  readonly entry: StepEntry | undefined;
}

export async function copiesOf(
  session: Session,
  standing: Standing,
  entry: MigrationEntry,
): Promise<readonly Copied[]> {
  const plan = (await session.journal.getDocument(entry.planHash)) as Plan;
  const planned = plan.sections.find((one) => one.migration === entry.id);
  if (planned === undefined) return [];
  const { packages: _, ...rest } = planned;
  const { codeHash, packages } = entry;
  const section = { ...rest, codeHash, ...(packages === undefined ? {} : { packages }) };
  const entries = stepsOfRun(standing, entry.run);
  return section.steps.flatMap((step) => {
    const { work } = step;
    return work.kind === 'data' ? [{ section, step: { ...step, work }, entry: entries.get(step.id) }] : [];
  });
}

/** What a data step was given when it ran, with the tables as they are now. Throws `CODE_CHANGED`. */
export async function copyAgain(
  session: Session,
  copied: {
    readonly section: Section;
    readonly step: DataStep;
    readonly from: Table | null;
    readonly into: Table;
    readonly entry: StepEntry;
    readonly standing: Standing;
    readonly live: LiveKeyspace;
    /** Left out: anew. */
    readonly load?: ReturnType<typeof dataLoader>;
  },
): Promise<Omit<CopyRequest, 'rejectsFile'>> {
  const { section, from, into, entry, standing, live } = copied;
  const { work } = copied.step;
  const load = copied.load ?? dataLoader(session.project);
  const spec = carryingRest(await load(section, work.data.index), from, into);
  const step = { migration: section.migration, index: work.data.index };
  const threads = await rowThreads(session.project, step, session.project.threads);
  const watermark = watermarkOfStep(standing, entry);
  const { since } = spec;
  return {
    spec,
    from,
    into,
    startedAt: new Date(entry.decisions.startedAt),
    timestamp: timestampOf(entry.decisions, watermark),
    floor: floorOf(standing.floors, live, into),
    ...(threads === null ? {} : { threads }),
    ...(since === undefined || watermark === undefined
      ? {}
      : { pass: passAgain(since, watermark, session.clock.micros()) }),
  };
}

/** Columns that the step read or wrote and that somebody has taken away since; the migration itself may have. */
export function goneColumns({ spec, from, into }: Pick<CopyRequest, 'spec' | 'from' | 'into'>): readonly string[] {
  const missing = (declared: Table, live: Table): readonly string[] => {
    const names = new Set(live.columns.map(({ name }) => name));
    return declared.columns.filter(({ name }) => !names.has(name)).map(({ name }) => `${live.name}.${name}`);
  };
  const read = spec.from.kind === 'table' && from !== null ? missing(spec.from.table, from) : [];
  return [...new Set([...read, ...missing(spec.into, into)])];
}
