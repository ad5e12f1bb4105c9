import { resolve } from 'node:path';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import type { Plan } from '../model/plan.ts';
import { sealPlan } from '../planner/plan-hash.ts';
import type { Project } from './project.ts';

export type StorePlace =
  | { readonly kind: 'cluster'; readonly keyspace: string }
  | { readonly kind: 'local'; readonly folder: string };

/** Where automatic backups of a run go: the project's store, or the one that was asked for by name. */
export interface ChosenStore {
  /** As the ledger keeps it: `cluster:keyspace` or `local:/absolute/folder`. */
  readonly name: string;
  /** True when a flag named it, which a person did on purpose. */
  readonly byName: boolean;
}

export function chooseStore(project: Project, flag: string | undefined): ChosenStore {
  if (flag !== undefined) return { name: storeName(parseStore(flag, project)), byName: true };
  const { store, ledgerKeyspace } = project;
  const place: StorePlace = store.kind === 'cluster' ? { kind: 'cluster', keyspace: ledgerKeyspace } : store;
  return { name: storeName(place), byName: false };
}

/** `cluster` (the ledger's keyspace), `cluster:KEYSPACE` or `local:FOLDER`. Throws `STORE_UNKNOWN`. */
export function parseStore(text: string, { ledgerKeyspace }: Project): StorePlace {
  const at = text.indexOf(':');
  const [kind, place] = at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
  if (kind === 'cluster' && (at === -1 || place !== ''))
    return { kind, keyspace: place === '' ? ledgerKeyspace : place };
  if (kind === 'local' && place !== '') return { kind, folder: resolve(place) };
  throw new CqlformError('STORE_UNKNOWN', `${text} is no place for backups that this version knows`, {
    next: 'Name it as `cluster`, `cluster:KEYSPACE` or `local:FOLDER`; a newer version of cqlform may know more.',
    exitCode: exitCodes.usage,
  });
}

function storeName(place: StorePlace): string {
  return place.kind === 'cluster' ? `cluster:${place.keyspace}` : `local:${place.folder}`;
}

/** True when the plan backs something up where it would be lost: on the disk of a CI runner that nobody asked for. */
function losesBackups(plan: Plan, store: ChosenStore): boolean {
  return store.name.startsWith('local:') && !store.byName && inCi() && backsUp(plan);
}

function backsUp(plan: Plan): boolean {
  return plan.sections.some((section) => section.steps.some((step) => step.work.kind === 'backup'));
}

function placeVanishes({ name }: ChosenStore): {
  readonly code: string;
  readonly message: string;
  readonly next: string;
} {
  return {
    code: 'BACKUP_PLACE_VANISHES',
    message: `backups would go to ${name}, and this is a CI job: its disk goes away, and with it what a rollback needs`,
    next: `Keep backups in the cluster (\`backup: { store: 'cluster' }\`, or --backup-store cluster); if the folder outlives the job, say so: --backup-store ${name}.`,
  };
}

/** Throws `BACKUP_PLACE_VANISHES`. */
export function assertPlaceStays(plan: Plan, store: ChosenStore): void {
  if (!losesBackups(plan, store)) return;
  const { code, message, next } = placeVanishes(store);
  throw new CqlformError(code, message, { next, fields: { store: store.name }, exitCode: exitCodes.blocked });
}

/** Says in the plan that applying it from here would be refused. */
export function withPlaceNotice(plan: Plan, store: ChosenStore): Plan {
  if (!losesBackups(plan, store)) return plan;
  const notice = { ...placeVanishes(store), severity: 'warning', address: plan.target.keyspace } as const;
  return sealPlan({ ...plan, notices: [...plan.notices, notice] });
}

function inCi(): boolean {
  return !['', '0', 'false'].includes((process.env['CI'] ?? '').toLowerCase());
}
