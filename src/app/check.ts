import type { Standing } from '../runner/standing.ts';
import type { Project } from './project.ts';

/** What `plan` checks of the files before it looks at the cluster. */
export async function checkForPlan(_project: Project, _standing: Standing): Promise<void> {}
