import type { DataSummary } from './data.ts';
import type { Condition, Ddl } from './ddl.ts';
import type { Hazard } from './hazard.ts';
import type { Estimate } from './live.ts';
import type { Table } from './schema.ts';

/** What kind of work a step is, as people read it in a plan. */
export type StepClass = 'in-place' | 'rebuild' | 'copy' | 'backup' | 'verify' | 'wait';

/** How a step is taken back. `steps` run in this order, each of them recorded like any other. */
export type Reverse =
  | { readonly kind: 'none'; readonly why: string }
  | { readonly kind: 'steps'; readonly steps: readonly Work[] }
  | { readonly kind: 'irreversible'; readonly reason: string };

/** Which rows and columns of a table are meant; `columns` null is the whole table, key columns always come along. */
export interface TableScope {
  readonly table: Table;
  readonly columns: readonly string[] | null;
}

/**
 * How restored cells get their write times (the rules and their reasons stand in docs/formats.md):
 * `new-table`: the original times, into a table id that nobody has deleted from;
 * `re-added`: one microsecond after the column's drop, so that what the application writes later wins;
 * `exact`: one recorded time R for all, rows and cells that the backup does not have are deleted at R.
 */
export type RestoreMode = 'new-table' | 're-added' | 'exact';

/** One unit of work, without its place in a plan. */
export type Work =
  | { readonly kind: 'ddl'; readonly ddl: Ddl; readonly pre: readonly Condition[]; readonly post: readonly Condition[] }
  | {
      readonly kind: 'backup';
      readonly scope: TableScope;
      /** The name under which a `restore` step finds it: unique in a plan. */
      readonly label: string;
      readonly why: 'before-loss' | 'before-overwrite' | 'before-undo' | 'before-rebuild';
    }
  | {
      readonly kind: 'restore';
      readonly scope: TableScope;
      /** The label of the backup; found in the run that made it. */
      readonly label: string;
      readonly mode: RestoreMode;
      /** Backup column → column to write, where they differ. */
      readonly renamed: Readonly<Record<string, string>>;
    }
  | {
      readonly kind: 'data';
      readonly migration: string;
      readonly data: DataSummary;
      readonly from: Table | null;
      readonly into: Table;
    }
  | {
      /** Rows of one table into another of the same keyspace, no user code; write times and TTLs go along. */
      readonly kind: 'copy-table';
      readonly from: Table;
      readonly into: Table;
      /** Target column → source column. */
      readonly columns: Readonly<Record<string, string>>;
    }
  | {
      /** Compares the rows of two tables (columns as in `copy-table`), or of one with a backup's digest. */
      readonly kind: 'compare';
      readonly from: Table;
      readonly into: Table;
      readonly columns: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'wait'; readonly for: { readonly kind: 'index-queryable'; readonly index: string } };
export type WorkKind = Work['kind'];

export interface Step {
  /** `<migration>/<nn>-<slug>`; in a rollback `<migration>/undo-<nn>-<slug>`. */
  readonly id: string;
  /** What it is about: `shop.users.email`. */
  readonly address: string;
  readonly work: Work;
  readonly class: StepClass;
  /** One line for people: `add column rating int`. */
  readonly title: string;
  /** Why it stands here, e.g. `forces rebuild: type int → text`; empty when the title says it all. */
  readonly why: string;
  /** CQL as it will be sent, for reading; empty for work that is not one statement. */
  readonly cql: string;
  readonly hazards: readonly Hazard[];
  /** The address that `--allow-destructive` must name before this step may run; null when nothing is lost. */
  readonly consent: string | null;
  /** Further ones that it must name, of a step that loses several things; left out: none. */
  readonly moreConsents?: readonly string[];
  readonly reverse: Reverse;
  readonly estimate: Estimate & { readonly seconds: number | null };
}

/** All addresses that must be allowed before the step may run. */
export function consentsOfStep({ consent, moreConsents = [] }: Step): readonly string[] {
  return consent === null ? moreConsents : [consent, ...moreConsents];
}
