import { installedVersion, type PackageVersions } from '../analysis/installed.ts';
import type { Notice, Plan } from '../model/plan.ts';
import { listed } from '../planner/names.ts';
import { sealPlan } from '../planner/plan-hash.ts';
import type { Standing } from '../runner/standing.ts';
import type { Project } from './project.ts';

/** `slugify 1.6.6, and now 1.7.0`, for each package that is not installed as it was. */
export function packageChanges(before: PackageVersions, now: (name: string) => string | null): readonly string[] {
  return Object.entries(before).flatMap(([name, version]) => {
    const installed = now(name);
    return installed === version ? [] : [`${name} ${version}, and now ${installed ?? 'it is not installed'}`];
  });
}

/**
 * Says which applied migrations ran their rows through packages of other versions. It stands in the way of nothing:
 * what was applied is not run again.
 */
export function withPackageNotices(plan: Plan, { migrationsFolder }: Project, standing: Standing): Plan {
  const notices = standing.applied.flatMap(({ id, packages = {} }): readonly Notice[] => {
    const changes = packageChanges(packages, (name) => installedVersion(name, migrationsFolder));
    if (changes.length === 0) return [];
    return [
      {
        code: 'PACKAGE_CHANGED',
        severity: 'info',
        address: plan.target.keyspace,
        message: `${id} was applied with ${listed(changes)}`,
        next: 'Rows that are there stay as they are; a `cqlform redo` might make others of the same source.',
      },
    ];
  });
  return notices.length === 0 ? plan : sealPlan({ ...plan, notices: [...plan.notices, ...notices] });
}
