import { z } from 'zod';
import type { Retention } from '../backup/retention.ts';
import type { StrategyWanted } from '../backup/strategy.ts';
import { type CronSchedule, cronNamed } from './cron.ts';

/** What is done at the times of a schedule. */
export type ScheduledWork =
  | {
      readonly kind: 'backup';
      /** Empty: all. */
      readonly tables: readonly string[];
      /** Null: the project's. */
      readonly keyspaces: readonly string[] | 'all' | null;
      /** Null: as the configuration says of all. */
      readonly strategy: StrategyWanted | null;
      /** Left out: as the configuration says of all. */
      readonly writeTimes?: boolean;
      readonly label: string | null;
      readonly consistency: 'ALL' | 'QUORUM';
      /** Of this schedule's own backups; null: all are kept. */
      readonly retention: Retention | null;
    }
  /** `share`: percent of the packs. */
  | { readonly kind: 'verify'; readonly share: number }
  | { readonly kind: 'drill'; readonly tables: readonly string[] }
  /** `retention` null: the configuration's. */
  | { readonly kind: 'prune'; readonly retention: Retention | null };

export interface Hooks {
  /** The words of a command each; null: none. */
  readonly before: readonly string[] | null;
  readonly after: readonly string[] | null;
  readonly failed: readonly string[] | null;
  readonly environment: readonly string[];
  readonly timeoutMs: number;
}

/** What becomes of runs whose time has passed: one is made up for, or none. */
export type MissedPolicy = 'run-once' | 'skip';

export interface ScheduledJob {
  readonly name: string;
  readonly cron: CronSchedule;
  readonly jitterMs: number;
  /** Null: nobody has said it, which is `run-once`. */
  readonly missed: MissedPolicy | null;
  readonly hooks: Hooks;
  /** As `--store` names it; undefined: the project's. */
  readonly store: string | undefined;
  readonly work: ScheduledWork;
}

const kept = z.int().nonnegative().optional();
export const retentionSchema: z.ZodType<Retention> = z.strictObject({
  ...{ last: kept, hourly: kept, daily: kept, weekly: kept, monthly: kept, yearly: kept },
  labels: z.array(z.string().min(1)).optional(),
});

const strategies = "'full', 'incremental', or { kind: 'mixed', fullEvery: { days: 7, backups: 10 } }";
export const strategySchema: z.ZodType<StrategyWanted> = z.union(
  [
    z.enum(['full', 'incremental']),
    z.strictObject({
      kind: z.literal('mixed'),
      fullEvery: z
        .strictObject({ days: z.number().positive().optional(), backups: z.int().min(2).optional() })
        .refine(({ days, backups }) => days !== undefined || backups !== undefined),
    }),
  ],
  { error: ({ input }) => `${JSON.stringify(input)} is no strategy: say ${strategies}` },
);

const words = z.array(z.string().min(1)).min(1);
const names = z.array(z.string().min(1)).min(1);
const common = {
  cron: z.string(),
  timeZone: z.string().optional(),
  jitter: z.number().nonnegative().optional(),
  missed: z.enum(['run-once', 'skip']).optional(),
  hooks: z
    .strictObject({
      ...{ before: words.optional(), after: words.optional(), failed: words.optional() },
      environment: z.array(z.string().regex(/^\w+$/)).optional(),
      timeout: z.number().positive().optional(),
    })
    .optional(),
  store: z.string().min(1).optional(),
};
const said = z.discriminatedUnion('job', [
  z.strictObject({
    job: z.literal('backup'),
    ...common,
    tables: names.optional(),
    keyspaces: z.union([z.literal('all'), names]).optional(),
    strategy: strategySchema.optional(),
    writeTimes: z.boolean().optional(),
    label: z.string().min(1).optional(),
    consistency: z.enum(['quorum', 'all']).optional(),
    retention: retentionSchema.optional(),
  }),
  z.strictObject({ job: z.literal('verify'), ...common, sample: z.number().positive().max(100).optional() }),
  z.strictObject({ job: z.literal('drill'), ...common, tables: names.optional() }),
  z.strictObject({ job: z.literal('prune'), ...common, retention: retentionSchema.optional() }),
]);
type Said = z.infer<typeof said>;

/** `backup.schedules` of the configuration: what each name does, once it is known by it. */
export const schedulesSchema: z.ZodType<readonly ScheduledJob[]> = z
  .record(z.string().regex(/^[a-z][a-z0-9-]{0,40}$/, 'name it with small letters, digits and -'), said)
  .transform((named, context): readonly ScheduledJob[] =>
    Object.entries(named).flatMap(([name, one]) => {
      const cron = cronNamed(one.cron, one.timeZone ?? 'UTC');
      if (typeof cron !== 'string') return [jobOf(name, one, cron)];
      context.addIssue({ code: 'custom', path: [name, 'cron'], message: cron });
      return [];
    }),
  );

const usualHookSeconds = 900;

function jobOf(name: string, one: Said, cron: CronSchedule): ScheduledJob {
  const { hooks = {}, jitter = 0, missed = null, store } = one;
  return {
    name,
    cron,
    jitterMs: Math.round(jitter * 1000),
    missed,
    hooks: {
      ...{ before: hooks.before ?? null, after: hooks.after ?? null, failed: hooks.failed ?? null },
      environment: hooks.environment ?? [],
      timeoutMs: (hooks.timeout ?? usualHookSeconds) * 1000,
    },
    store,
    work: workOf(one),
  };
}

function workOf(one: Said): ScheduledWork {
  switch (one.job) {
    case 'backup':
      return {
        kind: 'backup',
        ...{ tables: one.tables ?? [], keyspaces: one.keyspaces ?? null, label: one.label ?? null },
        ...{ strategy: one.strategy ?? null, retention: one.retention ?? null },
        consistency: one.consistency === 'all' ? 'ALL' : 'QUORUM',
        ...(one.writeTimes === undefined ? {} : { writeTimes: one.writeTimes }),
      };
    case 'verify':
      return { kind: 'verify', share: one.sample ?? 100 };
    case 'drill':
      return { kind: 'drill', tables: one.tables ?? [] };
    case 'prune':
      return { kind: 'prune', retention: one.retention ?? null };
  }
}
