import { emitDdl } from '../cql/ddl.ts';
import { dialectOf, refuseUnsupported } from '../cql/dialect.ts';
import { CqlformError } from '../kernel/errors.ts';
import { own } from '../kernel/own.ts';
import type { Ddl } from '../model/ddl.ts';
import type { Hazard } from '../model/hazard.ts';
import type { Estimate } from '../model/live.ts';
import type { Notice } from '../model/plan.ts';
import type { Reverse, Step, StepClass, Work } from '../model/step.ts';
import { waitFor } from './chain.ts';
import { ddlWork } from './conditions.ts';
import { estimateOf } from './estimates.ts';
import { irreversible } from './hazards.ts';
import type { ApplyInput } from './input.ts';
import { addressOf, freeName, slugOf } from './names.ts';
import { type ReverseContext, reverseOf } from './reverse.ts';
import { refusal } from './rules/refusal.ts';
import { afterDdl, type World } from './world.ts';

/** What a step says about itself beyond its work. */
export interface About {
  /** Below the keyspace: `users`, `users.email`; empty: the keyspace. */
  readonly object: string;
  readonly title: string;
  readonly why?: string;
  readonly class?: StepClass;
  readonly hazards?: readonly Hazard[];
  /** True: its address must be consented to; objects: those must, each by itself. */
  readonly destroys?: boolean | readonly string[];
}

export interface DdlAbout extends About {
  /** The backup that the reverse restores; without one, `noBackup` says why. */
  readonly backup?: string | null;
  readonly noBackup?: string;
  /** In the place of the compiled one. */
  readonly reverse?: Reverse;
}

export interface WorkAbout extends About {
  readonly class: StepClass;
  readonly reverse: Reverse;
  /** The table whose rows the work goes through. */
  readonly rowsOf?: string;
  /** Instead, where the rows are not in a table. */
  readonly rows?: Estimate;
}

/** What is the same, or shared, in all sections of a plan. */
export interface PlanScope {
  readonly input: ApplyInput;
  readonly labels: Set<string>;
  /** Tables that may hold rows by now, though they were empty or not there when the plan was made. */
  readonly filled: Set<string>;
  /** Tables that the plan makes, in whatever section. */
  readonly made: Set<string>;
  readonly notices: Notice[];
}

/** Writes the steps of one section while it follows what they make of the keyspace. */
export class SectionWriter {
  readonly scope: PlanScope;
  readonly migration: string;
  readonly steps: Step[] = [];
  world: World;

  constructor(scope: PlanScope, migration: string, world: World) {
    this.scope = scope;
    this.migration = migration;
    this.world = world;
  }

  address(object: string): string {
    return object === '' ? this.scope.input.live.name : addressOf(this.scope.input.live.name, object);
  }

  /** A name for a backup that no other in the plan has. */
  readonly newLabel = (slug: string): string => {
    const label = freeName(`${this.migration}-${slugOf(slug)}`, (name) => this.scope.labels.has(name));
    this.scope.labels.add(label);
    return label;
  };

  /** A statement that the server would refuse becomes a notice in the way of the whole plan, never a step. */
  ddl(ddl: Ddl, about: DdlAbout): void {
    const before = this.world;
    const refused = refusal(before, ddl);
    if (refused !== null) {
      this.refuse(refused.code, about.object, refused);
      return;
    }
    const cql = this.emit(ddl, about.object);
    if (cql === null) return;
    const after = afterDdl(before, ddl);
    const backup: ReverseContext['backup'] =
      about.backup === undefined || about.backup === null
        ? { label: null, reason: about.noBackup ?? 'no backup was taken' }
        : { label: about.backup };
    const reverse = about.reverse ?? reverseOf(ddl, { before, after, backup, newLabel: this.newLabel });
    this.world = after;
    this.push(ddlWork(ddl, before), { class: 'in-place', ...about, reverse, cql });
    if (ddl.kind === 'create-index') this.waitForIndex(ddl.index.name);
  }

  work(work: Exclude<Work, { readonly kind: 'ddl' }>, about: WorkAbout): void {
    this.push(work, { ...about, cql: '' });
  }

  /** A notice that keeps the plan from being applied. */
  refuse(code: string, object: string, words: { readonly message: string; readonly next: string }): void {
    this.notice({ code, severity: 'error', object }, words);
  }

  notice(
    {
      code,
      severity,
      object,
    }: { readonly code: string; readonly severity: Notice['severity']; readonly object: string },
    { message, next }: { readonly message: string; readonly next: string },
  ): void {
    const said = message.startsWith(`${this.migration}: `) ? message : `${this.migration}: ${message}`;
    this.scope.notices.push({ code, severity, address: this.address(object), message: said, next });
  }

  private waitForIndex(index: string): void {
    this.work(waitFor(index), {
      object: index,
      title: `wait until index ${index} is built`,
      class: 'wait',
      reverse: { kind: 'none', why: 'waiting changes nothing' },
    });
  }

  private emit(ddl: Ddl, object: string): string | null {
    const { live } = this.scope.input;
    try {
      refuseUnsupported(ddl, dialectOf(live.version));
      return emitDdl(ddl, { keyspace: live.name, tableId: null, dropTimestamp: null });
    } catch (thrown) {
      if (!(thrown instanceof CqlformError)) throw thrown;
      this.refuse(thrown.code, object, thrown);
      return null;
    }
  }

  private push(work: Work, about: WorkAbout & { readonly cql: string }): void {
    const address = this.address(about.object);
    const { reverse } = about;
    const number = String(this.steps.length + 1).padStart(2, '0');
    const hazards = [...(about.hazards ?? [])];
    if (reverse.kind === 'irreversible') hazards.push(irreversible(address, reverse.reason));
    const [consent = null, ...moreConsents] = this.consents(about);
    this.steps.push({
      id: `${this.migration}/${number}-${slugOf(about.title)}`,
      address,
      work,
      class: about.class,
      title: about.title,
      why: about.why ?? '',
      cql: about.cql,
      hazards,
      consent,
      ...(moreConsents.length === 0 ? {} : { moreConsents }),
      reverse,
      estimate: this.estimate(work, about),
    });
  }

  private consents({ object, destroys = false }: About): readonly string[] {
    if (typeof destroys === 'boolean') return destroys ? [this.address(object)] : [];
    return destroys.map((one) => this.address(one));
  }

  private estimate(work: Work, { rowsOf, rows }: Pick<WorkAbout, 'rowsOf' | 'rows'>): Step['estimate'] {
    const known = rowsOf === undefined ? rows : own(this.scope.input.live.estimates, rowsOf);
    return estimateOf(work, known);
  }
}
