import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { CloudAddress } from '../backup/stores/open.ts';
import { CqlformError, exitCodes } from '../kernel/errors.ts';
import { match } from '../kernel/match.ts';
import type { Plan } from '../model/plan.ts';
import { sealPlan } from '../planner/plan-hash.ts';
import type { Project } from './project.ts';
import { type AutomaticStore, cloudNamed, storeForms } from './store-settings.ts';

export type StorePlace =
  | { readonly kind: 'cluster'; readonly keyspace: string }
  | { readonly kind: 'local'; readonly folder: string; readonly appendOnly?: boolean }
  | { readonly kind: 'cloud'; readonly address: CloudAddress; readonly appendOnly?: boolean };

/** What a place may be called in the configuration. */
export const storeName: RegExp = /^(?!cluster$)[a-z][\w-]*$/i;

/** Where automatic backups of a run go: the project's store, or the one that was asked for by name. */
export interface ChosenStore {
  /** As the ledger keeps it: `cluster:keyspace` or `local:/absolute/folder`. */
  readonly name: string;
  /** True when a flag named it, which a person did on purpose. */
  readonly byName: boolean;
}

export function chooseStore(project: Project, flag: string | undefined): ChosenStore {
  const place = flag === undefined ? placeOf(project.store, project) : parseStore(flag, project);
  return { name: nameOf(place), byName: flag !== undefined };
}

/**
 * `cluster` (the ledger's keyspace), `cluster:KEYSPACE`, `local:FOLDER`, the path of a folder, the address of a bucket, or a name of the
 * configuration. What the configuration says of a bucket holds wherever its address is named. Throws `STORE_UNKNOWN`.
 */
export function parseStore(text: string, project: Project): StorePlace {
  const at = text.indexOf(':');
  const [kind, place] = at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
  if (kind === 'cluster' && (at === -1 || place !== ''))
    return { kind, keyspace: place === '' ? project.ledgerKeyspace : place };
  if (kind === 'local' && place !== '') return configured({ kind, folder: resolve(place) }, project);
  const named = project.stores.get(text);
  if (named !== undefined) return placeOf(named, project);
  if (isFolder(text)) return configured({ kind: 'local', folder: resolve(text) }, project);
  const address = cloudNamed(text);
  if (address !== null) return configured({ kind: 'cloud', address }, project);
  const names = [...project.stores.keys()].map((name) => `\`${name}\``);
  const shown = text.replace(/\/\/.*@/, '//…@');
  throw new CqlformError('STORE_UNKNOWN', `${shown} is no place for backups that this version knows`, {
    next: `Name it as ${['`cluster`', '`cluster:KEYSPACE`', '`local:FOLDER`', ...names].join(', ')}, or ${storeForms}.`,
    exitCode: exitCodes.usage,
  });
}

/** True of what is a path whoever says it: it has a slash or begins with a dot, or there is such a folder. */
function isFolder(text: string): boolean {
  if (text.includes(':')) return false;
  return /[/\\]/.test(text) || text.startsWith('.') || (storeName.test(text) && existsSync(text));
}

/** The same place as the configuration says it. */
function configured(place: StorePlace, project: Project): StorePlace {
  const known = [project.store, ...project.stores.values()].map((one) => placeOf(one, project));
  return known.find((one) => nameOf(one) === nameOf(place)) ?? place;
}

function placeOf(store: AutomaticStore, { ledgerKeyspace }: Project): StorePlace {
  return store.kind === 'cluster' ? { kind: 'cluster', keyspace: ledgerKeyspace } : store;
}

function nameOf(place: StorePlace): string {
  return match(place, {
    cluster: ({ keyspace }) => `cluster:${keyspace}`,
    local: ({ folder }) => `local:${folder}`,
    cloud: ({ address }) => address.place.url,
  });
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
